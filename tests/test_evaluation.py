import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import NAME, toy_corpus

from embeddings.article import Article
from embeddings.errors import BadArticle, BadRequest
from embeddings.readers import Record, Refusal
from service.answers import Evaluation, JudgedRow, JudgedSummary
from service.cli import main
from service.evaluation.entrants import given as given_summaries
from service.evaluation.entrants import parallax, plain
from service.evaluation.evaluate import Tally, evaluate
from service.evaluation.rows import Budget, Length, Row, row_of

HARBOUR = (
    "The harbour of Lindmark was closed on Monday after a crane fell into the water. "
    "The crane had been built in 1962 and was used for coal.\n\n"
    "Photo: Anna Berg / Lindmark Post\n\n"
    "The mayor of Lindmark came to see the damage in the afternoon. "
    "He wants a report on the crane by Friday."
)
COUNCIL = (
    "The council of Lindmark voted for a new crane in the harbour on Tuesday. "
    "The new crane is to cost 4 million crowns."
)
REFERENCE = "A crane fell into the harbour of Lindmark, and a new one is to cost 4 million crowns."


def row(*articles: str, **fields: object) -> Row:
    record = {"articles": list(articles), **fields}
    return row_of(Record("rows.jsonl, line 1", 1, record))


def judged(summary: str, *articles: str, references: Sequence[str] = ()) -> JudgedSummary:
    """Judge a summary of others."""
    one = row(*articles, references=list(references), summaries={"other": summary})
    (found,) = evaluate([one], [given_summaries], Budget())
    assert isinstance(found, JudgedRow)
    return found.summaries["other"]


def tallied(rows: Sequence[Row | Refusal], budget: Budget | None = None) -> Evaluation:
    tally = Tally(keep_rows=True)
    for item in evaluate(rows, [plain, given_summaries], budget or Budget()):
        tally.add(item)
    return tally.result()


def test_a_sentence_dangles_unless_what_it_leans_on_stands_directly_before_it() -> None:
    mayor = "The mayor of Lindmark came to see the damage in the afternoon."
    he = "He wants a report on the crane by Friday."
    other = "The council of Lindmark voted for a new crane in the harbour on Tuesday."

    together = judged(f"{mayor} {he}", HARBOUR)
    alone = judged(he, HARBOUR)
    parted = judged(f"{mayor} {other} {he}", HARBOUR, COUNCIL)

    assert together.dangling == []
    for found in (alone, parted):
        assert [one.text for one in found.dangling] == [he]
        assert "He" in found.dangling[0].reason


def test_furniture_is_told_with_its_label() -> None:
    found = judged("Photo: Anna Berg / Lindmark Post", HARBOUR)

    assert [one.text for one in found.furniture] == ["Photo: Anna Berg / Lindmark Post"]
    assert found.furniture[0].reason.startswith("credit: ")
    assert found.dangling == []


def test_what_stands_in_no_article_is_told() -> None:
    found = judged(f"{COUNCIL} Geese flew south over the hills.", HARBOUR, COUNCIL)

    assert found.unknown == ["Geese flew south over the hills."]
    assert found.sources == 0.5


def test_redundancy_is_that_of_the_two_sentences_most_alike() -> None:
    said = "The council of Lindmark voted for a new crane in the harbour on Tuesday."

    twice = judged(f"{said} Geese flew south. {said}", COUNCIL)
    once = judged(said, COUNCIL)

    assert twice.redundancy == 1.0
    assert once.redundancy == 0.0


def test_of_several_references_the_closest_counts() -> None:
    exact = judged(COUNCIL, COUNCIL, references=[REFERENCE, COUNCIL, "Geese flew south."])

    assert exact.rouge is not None
    assert list(exact.rouge.to_dict().values()) == [100.0, 100.0, 100.0]


def test_the_plain_methods_take_the_text_as_it_is() -> None:
    found = plain(row(HARBOUR), Length(100, None))

    assert list(found) == ["lead", "lexrank", "textrank"]
    assert "Photo: Anna Berg / Lindmark Post" in [one.text for one in found["lead"]]


def test_ours_answers_the_query_and_knows_a_title_for_what_it_is(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    title = "Crane falls into the harbour of Lindmark."
    article = {"title": title, "text": f"{title}\n\n{HARBOUR}\n\n{COUNCIL}"}
    asked = row_of(
        Record("", 1, {"articles": [article], "query": "What is the new crane to cost?"})
    )
    untold = row_of(Record("", 1, {"articles": [article]}))

    *_, cost = parallax(corpus.library)(asked, Length(25, None))["parallax"]
    told = [one.text for one in parallax(corpus.library)(untold, Length(200))["parallax"]]

    assert cost.text == "The new crane is to cost 4 million crowns."
    assert len(told) >= 3
    assert title not in told


@pytest.mark.parametrize(
    ("budget", "length"),
    [
        (Budget(), Length(100, None)),
        (Budget(words=7), Length(7, None)),
        (Budget(sentences=2), Length(10_000, 2)),
        (Budget(words=7, sentences=2), Length(7, 2)),
        (Budget(at_reference_length=True), Length(4, None)),
    ],
)
def test_a_budget_says_how_long_summaries_are(budget: Budget, length: Length) -> None:
    assert (
        budget.of(row(COUNCIL, references=["Three words here.", "Five words stand here now."]))
        == length
    )


def test_without_references_nothing_says_how_long_they_are() -> None:
    with pytest.raises(BadArticle, match="no references"):
        Budget(at_reference_length=True).of(row(COUNCIL))


@pytest.mark.parametrize(
    "budget",
    [Budget(words=0), Budget(sentences=0), Budget(words=9, at_reference_length=True)],
)
def test_a_budget_that_cannot_be_is_refused(budget: Budget) -> None:
    with pytest.raises(BadRequest):
        list(evaluate([], [], budget))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["a text"], "no object"),
        ({"text": "An article."}, "no articles"),
        ({"articles": []}, "no articles"),
        ({"articles": "A text."}, "its articles are no list"),
        ({"articles": ["A text.", " "]}, "article 2: its text is empty"),
        ({"articles": [7]}, "article 1: its text is a number"),
        ({"articles": ["A text."], "references": "One."}, "its references are no list"),
        ({"articles": ["A text."], "references": [""]}, "holds an empty text"),
        ({"articles": ["A text."], "references": [None]}, "holds null; expected a text"),
        ({"articles": ["A text."], "query": 3}, "'query' holds a number"),
        ({"articles": ["A text."], "summaries": ["One."]}, "its summaries are no object"),
        ({"articles": ["A text."], "summaries": {"other": "\ud800"}}, "half a character"),
    ],
)
def test_a_row_that_is_none_is_refused_with_a_reason(value: object, reason: str) -> None:
    with pytest.raises(BadArticle, match=reason):
        row_of(Record("rows.jsonl, line 3", 3, value))


def test_a_summary_may_not_bear_the_name_of_a_method() -> None:
    (found,) = evaluate(
        [row(COUNCIL, summaries={"lead": COUNCIL})], [plain, given_summaries], Budget()
    )

    assert isinstance(found, Refusal)
    assert found.origin == "rows.jsonl, line 1"
    assert "'lead'" in found.reason


def test_a_method_that_is_not_in_all_rows_is_counted_by_its_own() -> None:
    found = tallied([row(HARBOUR), row(COUNCIL, references=[REFERENCE], summaries={"other": ""})])

    assert found.count == 2
    assert (found.methods["lead"].summaries, found.methods["lead"].referenced) == (2, 1)
    other = found.methods["other"]
    assert (other.summaries, other.words, other.dangling, other.sources) == (1, 0, 0, 0)


WORDS = st.sampled_from(
    ["crane", "harbour", "port", "council", "vote", "he", "it", "but", "mayor", "report", "geese"]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(
    lambda found: " ".join(found).capitalize() + "."
)
TEXT = st.lists(SENTENCE, min_size=1, max_size=6).map(" ".join)
ROWS = st.builds(
    lambda articles, references, summary: row(
        *articles, references=references, summaries={"other": summary}
    ),
    st.lists(TEXT | st.text("aB .\n", min_size=1).filter(str.strip), min_size=1, max_size=3),
    st.lists(TEXT, max_size=2),
    TEXT | st.just(""),
)


@settings(max_examples=50)
@given(ROWS, st.integers(1, 40))
def test_shares_are_shares_and_no_budget_is_passed(one: Row, words: int) -> None:
    found = tallied([one], Budget(words=words))

    for name, figures in found.methods.items():
        for share in ("dangling", "furniture", "unknown", "redundancy", "sources"):
            assert 0 <= getattr(figures, share) <= 1
        assert (figures.rouge is None) == (not one.references)
        for score in figures.rouge.to_dict().values() if figures.rouge else ():
            assert 0 <= score <= 100
        if name != "other":
            assert figures.words <= words
            assert figures.unknown == 0
    objected = [
        *found.rows[0].summaries["other"].dangling,
        *found.rows[0].summaries["other"].furniture,
    ]
    assert len(objected) <= found.rows[0].summaries["other"].sentences


@settings(max_examples=25)
@given(st.lists(ROWS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(rows: list[Row], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert tallied(shuffled).methods == tallied(rows).methods


@given(st.lists(WORDS, min_size=2, max_size=30).map(" ".join))
def test_a_summary_that_is_the_reference_has_all_of_rouge(text: str) -> None:
    found = judged(text, "Geese flew south.", references=[text])

    assert found.rouge is not None
    assert set(found.rouge.to_dict().values()) == {100.0}


@given(st.lists(SENTENCE, min_size=1, max_size=8, unique=True))
def test_a_whole_article_as_its_summary_is_known_and_its_own_source(sentences: list[str]) -> None:
    found = judged(" ".join(sentences), " ".join(sentences))

    assert found.unknown == []
    assert found.sources == 1.0


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Evaluate a file offline with a library that has the vectors of two articles."""
    corpus = toy_corpus(tmp_path)
    list(corpus.add([Article(HARBOUR, id="harbour"), Article(COUNCIL, id="council")]))
    corpus.close()

    def run(*lines: object, arguments: Sequence[str] = (), stdin: bool = False) -> Result:
        text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
        path = tmp_path / "rows.jsonl"
        path.write_text(text)
        common = ["--library", str(tmp_path), "--model", NAME, "--offline"]
        command = ["evaluate", "-" if stdin else str(path), *arguments, *common]
        return CliRunner().invoke(main, command, input=text)

    return run


GOOD = {"articles": [HARBOUR, COUNCIL], "references": [REFERENCE]}


@pytest.mark.parametrize("stdin", [False, True])
def test_the_methods_stand_side_by_side(run: Run, stdin: bool) -> None:
    result = run(GOOD, {"articles": [HARBOUR]}, arguments=["--words", "40"], stdin=stdin)

    assert result.exit_code == 0
    first, heads, *lines = result.stdout.splitlines()
    assert first == "2 rows, 1 with references"
    assert heads.split() == [
        "R-1",
        "R-2",
        "R-L",
        "dangling",
        "loose",
        "furniture",
        "repeats",
        "sources",
        "words",
    ]
    assert [line.split()[0] for line in lines] == ["parallax", "lead", "lexrank", "textrank"]
    assert all(len(line.split()) == 10 for line in lines)
    assert max(map(len, [heads, *lines])) <= 80
    assert "\x1b" not in result.stdout


def test_bad_rows_are_told_by_line_and_skipped(run: Run) -> None:
    result = run(GOOD, "{broken", "", {"articles": []}, {"articles": ["Never embedded."]}, GOOD)

    assert result.exit_code == 1
    assert result.stdout.startswith("2 rows, 2 with references")
    told = [line for line in result.stderr.splitlines() if line.startswith("refused")]
    assert [line.partition(": ")[0].rpartition(", ")[2] for line in told] == [
        "line 2",
        "line 4",
        "line 5",
    ]
    assert "cache lacks the vectors of 1 text" in told[2]


def test_json_holds_all_figures_and_a_row_each(run: Run) -> None:
    other = {**GOOD, "id": "one", "summaries": {"other tool": "Geese flew south."}}
    result = run(other, "{broken", arguments=["--json", "--sentences", "1"])

    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["count"] == 1
    assert list(found["methods"]) == ["parallax", "lead", "lexrank", "textrank", "other tool"]
    assert found["methods"]["other tool"]["unknown"] == 1.0
    (one,) = found["rows"]
    assert (one["id"], one["line"], one["articles"]) == ("one", 1, 2)
    assert one["summaries"]["parallax"]["sentences"] == 1
    assert one["summaries"]["other tool"]["unknown"] == ["Geese flew south."]
    (refused,) = found["refused"]
    assert refused["origin"].endswith("rows.jsonl, line 2")


def test_foreign_summaries_get_a_column_of_what_no_article_says(run: Run) -> None:
    other = {"articles": [COUNCIL], "summaries": {"a tool of a long name": "Geese flew south."}}
    result = run(GOOD, other)

    lines = result.stdout.splitlines()
    assert "unknown" in lines[1]
    assert max(map(len, lines)) <= 80
    assert "100.0%" in lines[6]
    assert lines[-1] == "a tool of a long name: in 1 of 2 rows only"


@pytest.mark.parametrize(
    ("lines", "arguments", "code", "message"),
    [
        ([], [], 1, "holds no row that can be evaluated"),
        ([GOOD], ["--words", "0"], 2, "words is 0"),
        ([GOOD], ["--words", "9", "--at-reference-length"], 2, "give one of the two"),
        ([{"articles": [COUNCIL]}], ["--at-reference-length"], 1, "line 1: no references"),
    ],
)
def test_a_mistake_gets_a_line_that_names_it(
    run: Run, lines: list[object], arguments: list[str], code: int, message: str
) -> None:
    result = run(*lines, arguments=arguments)

    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    arguments = ["evaluate", "/nowhere", "--library", str(tmp_path), "--offline"]

    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 1
    assert "refused /nowhere: no such file" in result.stderr
