import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import NAME, toy_corpus

from embeddings.article import Article, checksum
from embeddings.errors import BadRequest
from service.answers import ArticleState, QuoteState, Summary, SummaryArticle
from service.claims import Claim, read_claims
from service.cli import main
from service.corpus import Corpus
from service.reading import Ref
from service.verification import verify

HARBOUR = (
    "The harbour of Lindmark was closed on Monday after a crane fell into the water. "
    "The crane had been built in 1962 and was used for coal. "
    "Nobody was hurt, the port authority said."
)
COUNCIL = (
    "The council of Lindmark voted for a new crane in the harbour on Tuesday. "
    "The new crane is to cost 4 million crowns."
)

WORDS = st.sampled_from(
    ["crane", "harbour", "port", "council", "vote", "mayor", "report", "14", "naïve", "🚢", "он"]
)
SENTENCES = st.lists(
    st.lists(WORDS, min_size=5, max_size=10).map(lambda found: " ".join(found).capitalize() + "."),
    min_size=1,
    max_size=5,
)
STORIES = st.lists(SENTENCES, min_size=1, max_size=4)


def stories(libraries: list[list[str]]) -> list[Article]:
    """Make articles; each sentence bears the number of its article, so no two are copies."""
    return [
        Article(" ".join(f"{text[:-1]} {number}." for text in texts), id=f"story {number}")
        for number, texts in enumerate(libraries)
    ]


def summarised(articles: list[Article], words: int, query: str | None) -> tuple[Summary, Any]:
    """Summarise articles of a library, and tell what becomes of the summary in it."""
    with TemporaryDirectory() as folder:
        corpus = toy_corpus(Path(folder))
        list(corpus.add(articles))
        refs = [Ref(id=article.id) for article in articles]
        summary = corpus.summarize(refs if query is None else (), words=words, query=query)
        found = corpus.verify([summary])
        corpus.close()
    return summary, found


@settings(max_examples=40)
@given(STORIES, st.integers(5, 60), st.sampled_from([None, "crane harbour", "mayor report"]))
def test_every_quote_of_every_summary_holds(
    libraries: list[list[str]], words: int, query: str | None
) -> None:
    articles = stories(libraries)

    summary, found = summarised(articles, words, query)

    assert found.holds
    assert (found.findings, found.problems) == ([], [])
    assert found.held == found.quotes
    assert found.quotes == sum(1 + len(one.also_in) for one in summary.sentences) + len(
        summary.left_out
    )
    assert {article.state for article in found.articles} <= {ArticleState.UNCHANGED}
    texts = {article.id: article.text for article in articles}
    for one in summary.articles:
        assert one.sha256 == checksum(texts[one.id])


def quotes_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    quotes: list[dict[str, Any]] = []
    for sentence in content["sentences"]:
        quotes += [sentence, *sentence["also_in"]]
    quotes += content["left_out"]
    return quotes


@settings(max_examples=40)
@given(STORIES, st.data())
def test_any_one_change_of_a_quote_is_found(
    libraries: list[list[str]], data: st.DataObject
) -> None:
    articles = stories(libraries)
    content = summarised(articles, 40, None)[0].model_dump()
    quotes = quotes_of(content)
    if not quotes:
        return
    quote = data.draw(st.sampled_from(quotes))
    field = data.draw(st.sampled_from(["text", "start", "end", "article_id"]))
    other: st.SearchStrategy[Any] = {
        "text": st.text(max_size=60) | st.just(quote["text"][:-1]) | st.just(quote["text"] + " "),
        "article_id": st.sampled_from([article.id for article in articles]) | st.text(max_size=3),
    }.get(field, st.integers() | st.none() | st.floats() | st.booleans() | st.text(max_size=2))
    quote[field] = data.draw(other.filter(lambda value: value != quote[field]))

    texts = {article.id: [article.text] for article in articles}
    found = verify([Claim.model_validate(content)], lambda name: texts.get(name, []))

    assert not found.holds
    assert len(found.findings) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "Something else."}, "not the quoted sentences in their order, from sentence 1"),
        ({"words": 3}, "The words are said to be 3, but the sentences have "),
        ({"articles": [{"id": "other"}]}, "The articles listed are other; quoted are harbour"),
    ],
)
def test_what_is_made_of_the_quotes_is_checked_too(change: dict[str, Any], message: str) -> None:
    content = summarised([Article(HARBOUR, id="harbour")], 20, None)[0].model_dump()

    found = verify([Claim.model_validate(content | change)], lambda _: [HARBOUR])

    assert not found.holds
    assert found.findings == []
    assert message in found.problems[0].message


@given(st.data())
def test_a_text_that_is_not_its_sentences_is_found(data: st.DataObject) -> None:
    sentences = ["The crane fell.", "Nobody was hurt."]
    quotes = [
        {"article_id": "a", "start": 0, "end": 15, "text": sentences[0]},
        {"article_id": "a", "start": 16, "end": 32, "text": sentences[1]},
    ]
    whole = " ".join(sentences)
    place = data.draw(st.integers(0, len(whole)))
    removed = data.draw(st.integers(0, 5))
    text = whole[:place] + data.draw(st.text(max_size=5)) + whole[place + removed :]
    claim = {"text": text, "words": 6, "sentences": quotes}

    found = verify([Claim.model_validate(claim)], lambda _: [whole])

    told = text.startswith(sentences[0]) and text.endswith(sentences[1])
    between = text[len(sentences[0]) : -len(sentences[1])]
    long_enough = len(text) > sum(map(len, sentences))
    assert found.holds == (told and long_enough and between.isspace())


def claim_of(text: str, start: object, words: str, end: object = None) -> Claim:
    """Claim that words stand at a place of an article which had that text."""
    end = start + len(words) if end is None and isinstance(start, int) else end
    return Claim.model_validate(
        {
            "text": words,
            "words": len(words.split()),
            "sentences": [{"article_id": "a", "start": start, "end": end, "text": words}],
            "articles": [{"id": "a", "sha256": checksum(text)}],
        }
    )


def test_of_a_quote_that_moved_the_nearest_place_is_told() -> None:
    words = "The crane fell."
    claim = claim_of(f"{words} And so on.", 0, words)

    found = verify([claim], lambda _: [f"So it was. {words} Again. {words}"])

    (finding,) = found.findings
    assert finding.now is not None
    assert (finding.state, finding.now.start, finding.now.end) == (QuoteState.MOVED, 11, 26)
    assert found.articles[0].state == ArticleState.CHANGED


def test_of_a_quote_that_is_gone_the_closest_sentence_is_told() -> None:
    claim = claim_of(HARBOUR, 80, "The crane had been built in 1962 and was used for coal.")
    changed = HARBOUR.replace("1962", "1926")

    (finding,) = verify([claim], lambda _: [changed]).findings
    (other,) = verify([claim], lambda _: [COUNCIL]).findings

    assert (finding.state, other.state) == (QuoteState.GONE, QuoteState.GONE)
    assert finding.now is not None
    assert finding.now.text == "The crane had been built in 1926 and was used for coal."
    assert changed[finding.now.start : finding.now.end] == finding.now.text
    assert finding.now.score == pytest.approx(11 / 12, abs=1e-6)
    assert other.now is None


def test_of_an_article_that_got_shorter_a_quote_is_gone_and_not_malformed() -> None:
    claim = claim_of("One two three. Four.", 15, "Four.")

    assert verify([claim], lambda _: ["One."]).findings[0].state == QuoteState.GONE


@pytest.mark.parametrize(
    ("start", "end"),
    [(-15, 0), (0, 14), (0, 16), (0, "15"), (0.0, 15), (False, 15), (None, None), (15, 0)],
)
def test_what_is_no_place_of_the_words_is_malformed(start: object, end: object) -> None:
    words = "The crane fell."

    (finding,) = verify([claim_of(words, start, words, end)], lambda _: [words]).findings

    assert finding.state == QuoteState.MALFORMED
    assert finding.now is not None
    assert finding.now.start == 0


def test_words_of_no_length_are_no_quote() -> None:
    assert verify([claim_of("A.", 0, "")], lambda _: ["A."]).findings[0].state == "malformed"


def test_of_an_article_that_is_not_there_all_quotes_are_missing() -> None:
    found = verify([claim_of(HARBOUR, 0, HARBOUR[:10])], lambda _: [])

    assert [one.state for one in found.findings] == [QuoteState.MISSING]
    assert [one.state for one in found.articles] == [ArticleState.MISSING]


def test_quotes_of_an_article_that_changed_elsewhere_hold() -> None:
    claim = claim_of(HARBOUR, 0, "The harbour of Lindmark")

    found = verify([claim], lambda _: [f"{HARBOUR} More."])

    assert found.holds
    assert found.articles[0].state == ArticleState.CHANGED


def test_of_two_texts_of_one_name_the_one_that_was_quoted_counts() -> None:
    claim = claim_of(HARBOUR, 0, "The harbour of Lindmark")

    found = verify([claim], lambda _: [COUNCIL, HARBOUR])

    assert found.holds
    assert found.articles[0].state == ArticleState.UNCHANGED


def test_a_summary_without_checksums_is_checked_by_its_quotes() -> None:
    content = claim_of(HARBOUR, 0, "The harbour").model_dump() | {"articles": []}

    found = verify([Claim.model_validate(content)], lambda _: [HARBOUR])

    assert found.holds
    assert found.articles[0].state == ArticleState.UNRECORDED


# What the library tells of the articles


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    opened = toy_corpus(tmp_path)
    articles = [
        Article(HARBOUR, id="harbour", title="Crane falls", source="Lindmark Post"),
        Article(COUNCIL, id="council", url="https://coast.example/1", published="2024-03-12"),
    ]
    list(opened.add(articles))
    yield opened
    opened.close()


def test_a_summary_tells_of_the_articles_it_quotes_in_the_order_it_does(corpus: Corpus) -> None:
    summary = corpus.summarize([Ref(id="council"), Ref(id="harbour")], words=100)
    searched = corpus.search("crane harbour", summary_words=100).summary

    told = {
        "council": SummaryArticle(
            id="council",
            title="",
            published="2024-03-12",
            url="https://coast.example/1",
            sha256=checksum(COUNCIL),
        ),
        "harbour": SummaryArticle(
            id="harbour", title="Crane falls", source="Lindmark Post", sha256=checksum(HARBOUR)
        ),
    }
    assert searched is not None
    for one in (summary, searched):
        ids = dict.fromkeys(quote["article_id"] for quote in quotes_of(one.model_dump()))
        assert one.articles == [told[article_id] for article_id in ids]
    assert summary.articles[0].id == "council"


def test_a_text_of_ones_own_is_checked_against_what_is_given(corpus: Corpus) -> None:
    text = "A ferry ran aground near Velm at night. All passengers were saved by fishermen."
    summary = corpus.summarize([Ref(text=text, name="ferry")])

    alone = corpus.verify([summary])
    given = corpus.verify([summary], [Article(text, origin="/elsewhere/ferry.txt")])
    changed = corpus.verify([summary], [Article(text.replace("saved", "found"), id="ferry")])

    assert {finding.state for finding in alone.findings} == {QuoteState.MISSING}
    assert given.holds
    assert [one.state for one in changed.articles] == [ArticleState.CHANGED]
    assert not changed.holds


# The command

Lines = list[str]


@pytest.fixture
def made(corpus: Corpus, tmp_path: Path) -> Path:
    """A summary of the library as `parallax summarize --json` prints it."""
    summary = corpus.summarize([Ref(id="harbour"), Ref(id="council")], words=60)
    path = tmp_path / "summary.json"
    path.write_text(summary.model_dump_json(indent=2))
    return path


def run(tmp_path: Path, *arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    common = ["--library", str(tmp_path), "--model", NAME, "--offline"]
    return CliRunner().invoke(main, ["verify", *map(str, arguments), *common], input=stdin)


def test_that_all_holds_is_one_line_and_code_0(made: Path, tmp_path: Path) -> None:
    result = run(tmp_path, made)

    assert result.exit_code == 0
    assert result.stdout == "5 quotes of 2 articles hold, byte for byte.\n"


def test_after_an_article_changed_it_says_what_holds_no_more(
    corpus: Corpus, made: Path, tmp_path: Path
) -> None:
    list(corpus.add([Article(f"On Monday. {HARBOUR.replace('1962', '1926')}", id="harbour")]))

    result = run(tmp_path, made)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "moved sentence 3 (harbour 0:79): the same words stand at 11:90 now",
        'gone sentence 4 (harbour 80:135): "The crane had been built in 1962 and was used for '
        'coal." stands there no more; closest is 91:146 now: "The crane had been built in 1926 '
        'and was used for coal."',
        "moved sentence 5 (harbour 136:177): the same words stand at 147:188 now",
        "changed harbour since it was quoted",
        "2 of 5 quotes hold, 3 do not.",
    ]


def test_json_is_the_whole_verification(made: Path, tmp_path: Path) -> None:
    content = json.loads(made.read_text())
    content["sentences"][0]["start"] += 1

    result = run(tmp_path, "-", "--json", stdin=json.dumps(content))

    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["holds"], answer["held"], answer["quotes"]) == (False, 4, 5)
    assert answer["findings"][0]["state"] == "malformed"
    assert answer["findings"][0]["now"]["start"] == 0


def test_searches_and_many_summaries_a_line_are_read_too(made: Path, tmp_path: Path) -> None:
    summary = json.loads(made.read_text())
    line = json.dumps(summary | {"id": "harbour", "request": {"words": 60}})
    failure = json.dumps({"id": "x", "error": "The text is empty."})

    searched = run(tmp_path, "-", stdin=json.dumps({"hits": [], "summary": summary}))
    lines = run(tmp_path, "-", stdin=f"{line}\n{failure}\n\n{line}\n")
    listed = run(tmp_path, "-", stdin=f"[{line}, {line}]".encode("utf-16"))

    assert searched.stdout == "5 quotes of 2 articles hold, byte for byte.\n"
    assert lines.stdout == listed.stdout == "10 quotes of 2 articles hold, byte for byte.\n"


def test_of_many_summaries_the_wrong_one_is_told(made: Path, tmp_path: Path) -> None:
    summary = json.loads(made.read_text())
    wrong = summary | {"words": 1}

    result = run(tmp_path, "-", stdin=f"{json.dumps(summary)}\n{json.dumps(wrong)}")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("wrong summary 2, The words are said to be 1")
    assert result.stdout.splitlines()[1].endswith("byte for byte; 1 other thing wrong.")


def test_a_summary_of_files_is_checked_against_them(corpus: Corpus, tmp_path: Path) -> None:
    file = tmp_path / "ferry.txt"
    file.write_text("A ferry ran aground near Velm at night. All passengers were saved.")
    summary = corpus.summarize([Ref(text=file.read_text(), name="ferry")]).model_dump_json()

    held = run(tmp_path, "-", file, stdin=summary)
    alone = run(tmp_path, "-", stdin=summary)
    file.write_text("Nothing of the kind.")
    changed = run(tmp_path, "-", file, "harbour", stdin=summary)

    assert (held.exit_code, alone.exit_code, changed.exit_code) == (0, 1, 1)
    assert "the library has no such article; name its file" in alone.stdout
    assert "stands there no more" in changed.stdout


def test_an_empty_summary_has_nothing_that_could_not_hold(tmp_path: Path) -> None:
    empty = Summary(text="", words=0, sentences=[], left_out=[]).model_dump_json()

    result = run(tmp_path, "-", stdin=empty)

    assert (result.exit_code, result.stdout) == (0, "There is no quote to be checked.\n")


GOOD = json.dumps({"text": "", "words": 0, "sentences": []})


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        ("", "standard input holds no summary; expected what parallax summarize --json prints"),
        ("The crane fell.", "standard input is not JSON: Expecting value"),
        ("[" * 100_000, "standard input is not JSON: it is nested too deep"),
        ("9" * 10_000, "standard input is not JSON: Exceeds the limit"),
        ("3", "standard input is no summary; expected"),
        ("[[]]", "standard input is no summary; expected"),
        ("{}", "standard input is no summary: it has no text; expected"),
        ('{"text": "", "words": 0}', "is no summary: it has no sentences"),
        ('{"text": "", "words": "0", "sentences": []}', "words should be a valid integer"),
        ('{"text": "\\ud800", "words": 0, "sentences": []}', "text should be whole characters"),
        (
            '{"text": "", "words": 0, "sentences": [{"article_id": 3, "start": 0, "end": 1, '
            '"text": "a", "also_in": []}]}',
            "sentences.0.article_id should be a valid string",
        ),
        ('{"hits": []}', "is a search without a summary; ask with --summary WORDS"),
        ('{"id": "x", "error": "empty"}', "holds no summary"),
        (f"{GOOD}\n{{broken", "standard input, line 2 is not JSON: Expecting property name"),
        (b"\xff\xfe\xff", "standard input is not text in UTF-8"),
    ],
)
def test_what_is_no_summary_gets_a_line_and_code_2(
    stdin: str | bytes, message: str, tmp_path: Path
) -> None:
    result = run(tmp_path, "-", stdin=stdin)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "nowhere.json cannot be read: No such file or directory."),
        (["/"], "/ cannot be read: Is a directory."),
        (["a\0b"], "cannot be read: embedded null byte."),
        (["-", "-"], "can be read only once"),
        (["-", "/nowhere"], "/nowhere: no such file"),
    ],
)
def test_what_cannot_be_read_gets_a_line_and_code_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    result = run(tmp_path, *arguments, stdin=GOOD)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_what_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.claims.MOST_BYTES", 10)

    with pytest.raises(BadRequest, match=r"x\.json is larger than 10 bytes; check it in parts"):
        next(read_claims(GOOD.encode(), "x.json"))
