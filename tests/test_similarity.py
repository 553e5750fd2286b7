import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import reading
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import BadRequest
from embeddings.vectors import Matrix
from service.comparison.similarity import article_score, similarity
from service.corpus import Corpus, read_filters
from service.reading import Reading, Ref

STORIES = {
    "ferry-1": "The ferry to Holm sank in a storm. Nine sailors of the ferry were saved.",
    "ferry-2": "A storm sank the ferry off Holm. All nine sailors were saved by a boat.",
    "opera-1": "The opera in Lund opens with Verdi. Tickets for the opera are dear.",
    "opera-2": "Verdi opens the season of the opera in Lund. Its tickets are all sold.",
}
published = st.sampled_from([None, "", "2021-11-26", "2021-11-28T10:00:00+02:00", "2021-99-99"])
sentences = st.lists(st.text("ab AB1.", min_size=1, max_size=12), min_size=1, max_size=6)


def dated(
    name: str, texts: list[str], published: str | None, vectors: Matrix | None = None
) -> Reading:
    one = reading(name, texts, vectors)
    return replace(one, article=replace(one.article, published=published))


@given(sentences, sentences)
def test_the_score_does_not_depend_on_the_order(left: list[str], right: list[str]) -> None:
    a, b = reading("a", left), reading("b", right)
    assert similarity(a, b).score == similarity(b, a).score
    assert -1 <= similarity(a, b).score <= 1


@given(sentences, sentences, published, published)
def test_parts_are_in_range_and_do_not_depend_on_the_order(
    left: list[str], right: list[str], day: str | None, other: str | None
) -> None:
    a, b = dated("a", left, day), dated("b", right, other)
    parts = similarity(a, b).parts
    assert parts == similarity(b, a).parts
    assert -1 <= parts.sentences <= 1
    for part in (parts.words, parts.names, parts.time):
        assert part is None or 0 <= part <= 1
    assert similarity(a, b).score == article_score(parts)


@given(sentences, published)
def test_the_same_text_is_the_same_on_any_day(texts: list[str], day: str | None) -> None:
    rows = np.eye(len(texts), dtype=np.float32)  # Else a text of one letter has no direction.
    a, b = (dated(name, texts, on, rows) for name, on in (("a", day), ("b", "1999-01-01")))
    assert similarity(a, b).score == 1


def test_names_are_told_apart_from_other_words() -> None:
    one = reading("a", ["The mayor Anna Berg opened 3 bridges."])
    by_name = similarity(one, reading("b", ["On Monday Anna Berg sold 3 boats."])).parts
    by_words = similarity(one, reading("b", ["The mayor of Lund opened bridges."])).parts
    assert by_name.names == pytest.approx(3 / math.sqrt(3 * 4), abs=1e-5)
    assert by_name.words == 0
    assert by_words.names == 0
    assert by_words.words == 1


def test_where_neither_names_anything_names_have_no_say() -> None:
    found = similarity(reading("a", ["a ferry sank"]), reading("b", ["a ferry sank"]))
    assert (found.score, found.parts.names) == (1, None)


def test_articles_of_distant_days_are_a_little_less_alike() -> None:
    texts = ["The ferry to Holm sank."], ["A ferry sank off Holm."]
    scores = [
        similarity(dated("a", texts[0], "2021-11-26"), dated("b", texts[1], day)).score
        for day in (None, "2021-11-26T20:00:00", "2021-11-29", "2023-11-26", "someday")
    ]
    assert scores[0] == scores[1] == scores[4]
    assert scores[1] > scores[2] > scores[3] > 0.9 * scores[0]


def test_closeness_in_time_is_told_where_both_days_are_known() -> None:
    times = [
        similarity(dated("a", ["x"], "2021-11-26"), dated("b", ["y"], day)).parts.time
        for day in (None, "2021-11-26", "2021-11-29", "2031-11-26")
    ]
    assert times == [None, 1, pytest.approx(math.exp(-0.5), abs=1e-5), 0]


def test_an_article_is_entirely_like_itself() -> None:
    one = reading("a", ["The ferry to Holm sank.", "Nine sailors were saved."])
    found = similarity(one, one)
    assert found.score == 1
    assert [(pair.a.text, pair.b.text, pair.score) for pair in found.pairs] == [
        ("The ferry to Holm sank.", "The ferry to Holm sank.", 1),
        ("Nine sailors were saved.", "Nine sailors were saved.", 1),
    ]


def test_an_article_without_sentences_is_like_none() -> None:
    assert similarity(reading("a", []), reading("b", ["The ferry sank."])).score == 0


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = toy_corpus(tmp_path)
    list(made.add(Article(text, id=name, title=name) for name, text in STORIES.items()))
    return made


def test_similar_articles_come_closest_first_and_never_the_article_itself(corpus: Corpus) -> None:
    found = corpus.similar(Ref(id="ferry-1")).articles
    assert found[0].id == "ferry-2"
    assert sorted(one.id for one in found) == ["ferry-2", "opera-1", "opera-2"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_similar_articles_bear_the_score_of_similarity(corpus: Corpus) -> None:
    for one in corpus.similar(Ref(id="ferry-1")).articles:
        assert one.score == corpus.similarity(Ref(id=one.id), Ref(id="ferry-1")).score


def test_a_text_of_ones_own_has_similar_articles(corpus: Corpus) -> None:
    found = corpus.similar(Ref(text="They play Verdi at the opera in Lund this week."), k=2)
    assert {one.id for one in found.articles} == {"opera-1", "opera-2"}


def test_equally_similar_articles_come_by_their_ids(corpus: Corpus) -> None:
    text = STORIES["ferry-1"]
    list(corpus.add([Article(text, id="copy-b"), Article(text, id="copy-a")]))
    found = corpus.similar(Ref(id="ferry-1"), k=2).articles
    assert [(one.id, one.score) for one in found] == [("copy-a", 1), ("copy-b", 1)]


def test_filters_hold_before_candidates_are_cut(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    many = [
        Article(STORIES["ferry-1"], id=f"many-{number:03}", published="2021-11-26")
        for number in range(250)
    ]
    few = [
        Article(STORIES["opera-1"], id="opera", source="Lund Post", published="2021-12-01"),
        Article(STORIES["ferry-2"], id="ferry", source="lund post", published="2021-12-03"),
    ]
    list(corpus.add([*many, *few]))

    def found(*filters: str | None) -> list[str]:
        ref = Ref(text=STORIES["ferry-1"])
        return [one.id for one in corpus.similar(ref, k=5, filters=read_filters(*filters)).articles]

    assert found("LUND POST") == ["ferry", "opera"]
    assert found(None, "2021-12-01", "2021-12-02") == ["opera"]
    assert found(None, "2021-12-04") == []
    assert found(None, None, "2021-11-30") == [f"many-{number:03}" for number in range(5)]


@pytest.mark.parametrize("k", [0, 1001])
def test_a_count_out_of_range_is_refused(corpus: Corpus, k: int) -> None:
    with pytest.raises(BadRequest, match="1 to 1000"):
        corpus.similar(Ref(id="ferry-1"), k=k)
