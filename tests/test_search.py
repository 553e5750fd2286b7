from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.encoder import Passage, Role
from embeddings.errors import BadRequest
from embeddings.stored import Filters
from service.corpus import Corpus
from service.retrieval.mode import Mode

PIECES = st.sampled_from(
    ["The harbour ", "of Lindmark ", "fell. ", "He said ", '"Why?" ', "😀 ", "é ", "\n\n", "\n"]
)
TEXTS = st.lists(PIECES, min_size=3, max_size=60).map("".join).filter(lambda text: text.strip())


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = toy_corpus(tmp_path)
    texts = {
        "votes": "The council voted for a bridge. The vote was close.",
        "bridge": "A bridge was built over the river. Bridges are built of steel.",
        "river": "The river rose in spring. Nobody was hurt in the flood.",
    }
    list(corpus.add(Article(text, id=name) for name, text in texts.items()))
    return corpus


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_everything_quoted_stands_where_it_is_said_to(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    corpus = toy_corpus(tmp_path_factory.mktemp("library"))
    list(corpus.add(Article(text, id=str(number)) for number, text in enumerate(texts)))

    answer = corpus.search("harbour of Lindmark", k=50, summary_words=50)

    for hit in answer.hits:
        assert corpus.article(hit.article_id).text[hit.start : hit.end] == hit.text
        for quote in hit.sentences:
            assert corpus.article(quote.article_id).text[quote.start : quote.end] == quote.text
            assert hit.start <= quote.start < quote.end <= hit.end
    assert answer.summary is not None
    for sentence in answer.summary.sentences:
        text = corpus.article(sentence.article_id).text
        assert text[sentence.start : sentence.end] == sentence.text


@pytest.mark.parametrize("mode", list(Mode))
def test_hits_come_best_first_with_the_parts_of_their_mode(corpus: Corpus, mode: Mode) -> None:
    hits = corpus.search("bridges built", mode=mode).hits

    assert hits[0].article_id == "bridge"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all((hit.dense is None) == (mode is Mode.LEXICAL) for hit in hits)
    assert all((hit.lexical is None) == (mode is Mode.DENSE) for hit in hits)


def test_terms_are_found_by_their_stem(corpus: Corpus) -> None:
    hits = {hit.article_id: hit for hit in corpus.search("voting bridges").hits}

    assert hits["votes"].terms == ["voting", "bridges"]
    assert hits["bridge"].terms == ["bridges"]
    assert hits["river"].terms == []


def test_by_words_alone_only_what_holds_one_is_found(corpus: Corpus) -> None:
    hits = corpus.search("steel flood", mode=Mode.LEXICAL).hits

    assert {hit.article_id for hit in hits} == {"bridge", "river"}


def test_by_words_alone_no_vector_is_needed(corpus: Corpus, tmp_path: Path) -> None:
    offline = toy_corpus(tmp_path, offline=True)

    hits = offline.search("flood in spring", mode=Mode.LEXICAL).hits

    assert hits[0].article_id == "river"
    assert hits[0].sentences[0].text == "The river rose in spring."


def test_a_word_that_most_passages_hold_still_ranks_them(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    texts = [
        "One harbour among many other things in a town.",
        "The harbour opens.",
        "Harbour harbour.",
    ]
    list(corpus.add(Article(text, id=str(number)) for number, text in enumerate(texts)))

    hits = corpus.search("harbour", mode=Mode.LEXICAL).hits

    assert [hit.article_id for hit in hits] == ["2", "1", "0"]
    assert all(hit.lexical for hit in hits)


def test_two_articles_are_ranked_by_words_though_half_of_them_hold_each(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(
        corpus.add(
            [
                Article("A ferry sank.", id="ferry"),
                Article("The harbour of Lindmark was calm.", id="harbour"),
            ]
        )
    )

    hits = corpus.search("ferry in Lindmark harbour").hits

    assert [hit.article_id for hit in hits] == ["harbour", "ferry"]
    assert 0 < (hits[1].lexical or 0) < (hits[0].lexical or 0) <= 1


def test_equal_scores_come_in_the_order_of_ids(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(Article("The very same story.", id=name) for name in "dbca"))

    assert [hit.article_id for hit in corpus.search("same story").hits] == list("abcd")


@pytest.mark.parametrize("query", ["", "   ", "?!", "\ud800 harbour", "x" * 10_001])
def test_a_question_that_cannot_be_asked_is_refused(corpus: Corpus, query: str) -> None:
    with pytest.raises(BadRequest, match="The query"):
        corpus.search(query)


@pytest.mark.parametrize("query", ['"', 'a" OR "b', "NEAR(a b)", "text:bridge", "- x", "a*", "^a"])
def test_a_question_is_words_whatever_it_looks_like(corpus: Corpus, query: str) -> None:
    if any(character.isalnum() for character in query):
        corpus.search(query)
    else:
        with pytest.raises(BadRequest):
            corpus.search(query)


@pytest.mark.parametrize("k", [0, -1, 1001, 10_000])
def test_k_out_of_range_is_named(corpus: Corpus, k: int) -> None:
    with pytest.raises(BadRequest, match=f"k is {k}; expected a number from 1 to 1000"):
        corpus.search("bridge", k=k)


def test_an_empty_library_gives_no_hits(tmp_path: Path) -> None:
    answer = toy_corpus(tmp_path).search("bridge", summary_words=50)

    assert answer.hits == []
    assert answer.summary is not None
    assert answer.summary.sentences == []


def test_a_score_is_the_mean_of_its_parts_and_between_0_and_1(corpus: Corpus) -> None:
    for query in ("bridges built of steel", "bridge", "volcano", "The river rose in spring."):
        for hit in corpus.search(query).hits:
            assert hit.dense is not None
            assert hit.lexical is not None
            assert hit.score == pytest.approx((hit.dense + hit.lexical) / 2, abs=2e-6)
            assert 0 <= hit.score <= 1


def test_a_score_does_not_depend_on_how_many_are_asked_for(corpus: Corpus) -> None:
    def scores(k: int) -> list[tuple[str, float]]:
        return [(hit.article_id, hit.score) for hit in corpus.search("bridge of steel", k=k).hits]

    assert scores(1) == scores(3)[:1]
    assert len(scores(3)) == 3


def test_a_question_that_is_answered_better_scores_higher(corpus: Corpus) -> None:
    good = corpus.search("nobody was hurt in the flood").hits[0]
    poor = corpus.search("nobody sold an aeroplane in winter").hits[0]

    assert good.article_id == poor.article_id == "river"
    assert good.score > 2 * poor.score


def test_where_words_tell_nothing_meaning_decides(corpus: Corpus) -> None:
    # The toy knows small words, which are no evidence.
    hits = corpus.search("over the volcano").hits

    assert [hit.lexical for hit in hits] == [0, 0, 0]
    assert hits[0].article_id == "bridge"


def test_words_of_the_title_and_of_the_rest_of_the_article_count_for_a_passage(
    tmp_path: Path,
) -> None:
    corpus = toy_corpus(tmp_path)
    filler = " ".join(["Nothing of it stands in this long sentence here."] * 12)
    list(
        corpus.add(
            [
                Article("The mayor opened it.", id="titled", title="New ferry for Lindmark"),
                Article("The mayor opened it.", id="untitled"),
                Article(f"The mayor opened it. {filler}\n\nA ferry came.", id="apart"),
                *(Article(f"Story {number} of the day.", id=f"x{number}") for number in range(9)),
            ]
        )
    )

    hits = corpus.search("mayor ferry", k=50, mode=Mode.LEXICAL).hits
    best = {hit.article_id: hit for hit in reversed(hits)}

    assert best["titled"].lexical == max(hit.lexical or 0 for hit in hits)
    assert best["titled"].terms == ["mayor"]
    assert best["untitled"].terms == ["mayor"]
    assert len([hit for hit in hits if hit.article_id == "apart"]) == 2
    assert "x0" not in best


def test_a_title_that_says_what_was_asked_is_found_by_its_meaning(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    texts = {"a": "Work began.", "b": "Work went on."}
    titles = {"b": "Ferry for Lindmark"}
    list(
        corpus.add(
            Article(text, id=name, title=titles.get(name, "")) for name, text in texts.items()
        )
    )

    hits = corpus.search("ferry for lindmark", mode=Mode.DENSE).hits

    assert hits[0].article_id == "b"
    assert (hits[0].dense or 0) > 0.5 > (hits[0].sentences[0].dense or 0)


@pytest.mark.parametrize("offline", [True, False])
def test_titles_of_a_library_from_before_they_were_embedded(tmp_path: Path, offline: bool) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add([Article("Work began.", id="a", title="Ferry for Lindmark")]))
    query = "ferry for lindmark"
    with_title = corpus.search(query, mode=Mode.DENSE).hits[0].dense
    corpus.library.cache.close()
    with corpus.library.cache._database.writing() as connection:
        connection.execute(
            "DELETE FROM entries WHERE length(vectors) = (SELECT 4 * dim FROM models)"
        )
    toy_corpus(tmp_path).library.encoder.encode([Passage(query, role=Role.QUERY)])

    hit = toy_corpus(tmp_path, offline=offline).search(query, mode=Mode.DENSE).hits[0]

    assert hit.article_id == "a"
    assert (hit.dense == with_title) is not offline


def test_the_question_moves_towards_its_first_hits(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    texts = {
        "first": "Ferry sank near Lindmark harbour.",
        "follows": "Salvage of wreck near Lindmark harbour.",
        "other": "Council of Arden votes.",
    }
    list(corpus.add(Article(text, id=name) for name, text in texts.items()))

    hits = {hit.article_id: hit for hit in corpus.search("ferry sank", mode=Mode.DENSE).hits}

    assert hits["follows"].sentences[0].dense == hits["other"].sentences[0].dense == 0
    assert (hits["follows"].dense or 0) > (hits["other"].dense or 0)


# Quotes and exclusions


@pytest.fixture
def treaties(tmp_path: Path) -> Corpus:
    corpus = toy_corpus(tmp_path)
    texts = {
        "signed": "The peace treaty was signed in Geneva.",
        "rare": "Peace treaties are rare. A treaty of peace is a rare thing.",
        "russia": "Russia refused the peace treaty.",
        "sea": "The sea was calm all day.",
    }
    days = {"signed": "2021-11-26", "russia": "2021-11-28"}
    list(
        corpus.add(Article(text, id=name, published=days.get(name)) for name, text in texts.items())
    )
    return corpus


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('a "peace treaty"', {"signed", "russia"}),
        ("a “peace treaty” -Russia", {"signed"}),
        ('"peace" -"peace treaty"', {"rare"}),
        ('"was" "the"', {"signed", "sea"}),
        ('peace "signed in geneva"', {"signed"}),
    ],
)
def test_quotes_hold_in_every_hit_and_exclusions_in_none(
    treaties: Corpus, mode: Mode, query: str, expected: set[str]
) -> None:
    answer = treaties.search(query, mode=mode)

    assert {hit.article_id for hit in answer.hits} == expected
    assert answer.notes == []


@pytest.mark.parametrize("mode", list(Mode))
def test_what_quotes_allow_is_found_however_far_down_it_would_stand(
    tmp_path: Path, mode: Mode
) -> None:
    corpus = toy_corpus(tmp_path)
    many = [Article("Bridge bridge bridge.", id=f"many-{number}") for number in range(250)]
    far = Article("Nothing about it in this long text, a footnote on a bridge apart.", id="far")
    list(corpus.add([*many, far]))

    quoted = corpus.search('bridge "footnote on"', k=1, mode=mode)
    unwanted = corpus.search('bridge -"bridge bridge"', k=1, mode=mode)

    assert [hit.article_id for hit in quoted.hits] == ["far"]
    assert [hit.article_id for hit in unwanted.hits] == ["far"]


def test_quotes_and_filters_hold_together(treaties: Corpus) -> None:
    answer = treaties.search('"peace treaty"', filters=Filters(since="2021-11-27"))

    assert [hit.article_id for hit in answer.hits] == ["russia"]


def test_an_answer_says_what_was_understood(treaties: Corpus) -> None:
    answer = treaties.search('treaty "was signed" -Russia -"the sea"')

    assert answer.required == ["was signed"]
    assert answer.excluded == ["Russia", "the sea"]
    assert answer.hits[0].terms == ["treaty", "signed", "was"]


@pytest.mark.parametrize(
    ("query", "filters", "note"),
    [
        ('"peace conference"', Filters(), 'No passage holds "peace conference"; try without'),
        ('"calm" "signed"', Filters(), 'No passage holds "calm" and "signed"; try without'),
        ('"sea"', Filters(until="2021-11-30"), 'No passage that the filters let through holds "s'),
        ('"sea" -calm', Filters(), 'Every passage that fits otherwise holds "calm"; try without'),
    ],
)
def test_if_quotes_leave_nothing_that_is_said(
    treaties: Corpus, query: str, filters: Filters, note: str
) -> None:
    answer = treaties.search(query, filters=filters, summary_words=50)

    assert answer.hits == []
    assert len(answer.notes) == 1
    assert answer.notes[0].startswith(note)


def test_if_not_for_the_quotes_nothing_was_found_they_are_not_blamed(treaties: Corpus) -> None:
    assert treaties.search('"sea"', filters=Filters(source="nobody")).notes == []
    assert treaties.search("volcano -sea", mode=Mode.LEXICAL).notes == []


def test_a_summary_of_passages_keeps_to_the_quotes(treaties: Corpus) -> None:
    for summary in (
        treaties.summarize(query='treaty "peace treaty" -Russia'),
        treaties.search('treaty "peace treaty" -Russia', summary_words=100).summary,
    ):
        assert summary is not None
        assert {one.article_id for one in summary.sentences} == {"signed"}


def test_marks_are_no_part_of_what_is_embedded(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)

    corpus.search('the "peace treaty" -Russia')

    assert encoder.seen[-1].text == "the peace treaty"


QUESTIONS = st.text("ab -\"“”„«»*:()^\0'\n\ud800é", max_size=30)


@given(QUESTIONS)
def test_any_question_is_answered_or_refused(
    tmp_path_factory: pytest.TempPathFactory, query: str
) -> None:
    corpus = toy_corpus(tmp_path_factory.mktemp("library"))
    list(corpus.add([Article("A b. Ab: a-b, éa.", id="one")]))

    with suppress(BadRequest):
        answer = corpus.search(query)
        assert set(answer.required) | set(answer.excluded) or answer.notes == []
