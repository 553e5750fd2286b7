"""What is promised of the two seed articles, with the real model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from embeddings.readers import read_paths
from service.answers import Quote
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings

pytestmark = pytest.mark.model

SEEDS = Path(__file__).parent.parent / "seeds"
A, B = "000_7573ae577f9bc9ce", "001_34786e7d47949747"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    corpus = Corpus.open(read_settings(library=tmp_path_factory.mktemp("library")))
    assert [result.status for result in corpus.add(read_paths([SEEDS]))] == ["added", "added"]
    yield corpus
    corpus.close()


def is_verbatim(corpus: Corpus, quote: Quote) -> bool:
    return corpus.article(quote.article_id).text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize("article_id", [A, B])
def test_what_stands_in_the_furniture_becomes_fields(corpus: Corpus, article_id: str) -> None:
    noted = yaml.safe_load((SEEDS / f"{article_id}.yaml").read_text(encoding="utf-8"))
    found = corpus.article(article_id)

    assert found.title == noted["title"]
    assert found.source == noted["source"]
    assert found.published == noted["published"]
    assert found.url == noted.get("url")


@pytest.mark.parametrize("ids", [[A], [B], [A, B], [B, A]], ids=["A", "B", "A+B", "B+A"])
def test_no_summary_of_any_length_holds_furniture(corpus: Corpus, ids: list[str]) -> None:
    body = {
        (article_id, start, end)
        for article_id in ids
        for start, end, _ in yaml.safe_load(
            (SEEDS / f"{article_id}.yaml").read_text(encoding="utf-8")
        )["sentences"]
    }

    for words in range(30, 201):
        summary = corpus.summarize([Ref(id=one) for one in ids], words=words)

        assert summary.words <= words
        assert {(one.article_id, one.start, one.end) for one in summary.sentences} <= body
        assert all(is_verbatim(corpus, one) for one in summary.sentences)


def test_a_peace_treaty_is_found_in_both_articles(corpus: Corpus) -> None:
    hits = corpus.search("What was said about a peace treaty?", k=3).hits

    said = {hit.article_id: hit.sentences[0].text for hit in reversed(hits)}
    assert "peace treaty to put an end to confrontation" in said[A]
    assert "on the peace treaty as a matter of urgency" in said[B]


def test_everything_quoted_stands_where_it_is_said_to(corpus: Corpus) -> None:
    search = corpus.search("fighting at the border", summary_words=100)
    comparison = corpus.compare(Ref(id=A), Ref(id=B))
    similarity = corpus.similarity(Ref(id=A), Ref(id=B))
    quotes: list[Quote] = [*search.hits, *comparison.only_a, *comparison.only_b]
    quotes += [sentence for hit in search.hits for sentence in hit.sentences]
    for pair in [*comparison.shared, *comparison.unsure, *similarity.pairs]:
        quotes += [pair.a, pair.b]
    for shared in comparison.shared:
        quotes += [quote for differs in shared.differs for quote in (differs.a, differs.b)]
    assert search.summary is not None
    for sentence in search.summary.sentences:
        quotes += [sentence, *sentence.also_in]

    assert all(is_verbatim(corpus, quote) for quote in quotes)


def test_each_article_is_like_the_other_and_never_like_itself(corpus: Corpus) -> None:
    assert [one.id for one in corpus.similar(Ref(id=A)).articles] == [B]
    assert [one.id for one in corpus.similar(Ref(id=B)).articles] == [A]
