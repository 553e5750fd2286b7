from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import reading
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import BadRequest
from service.corpus import Corpus, read_filters
from service.reading import Ref
from service.similarity import similarity

STORIES = {
    "ferry-1": "The ferry to Holm sank in a storm. Nine sailors of the ferry were saved.",
    "ferry-2": "A storm sank the ferry off Holm. All nine sailors were saved by a boat.",
    "opera-1": "The opera in Lund opens with Verdi. Tickets for the opera are dear.",
    "opera-2": "Verdi opens the season of the opera in Lund. Its tickets are all sold.",
}
sentences = st.lists(st.text("ab AB1.", min_size=1, max_size=12), min_size=1, max_size=6)


@given(sentences, sentences)
def test_the_score_does_not_depend_on_the_order(left: list[str], right: list[str]) -> None:
    a, b = reading("a", left), reading("b", right)
    assert similarity(a, b).score == similarity(b, a).score
    assert -1 <= similarity(a, b).score <= 1


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
