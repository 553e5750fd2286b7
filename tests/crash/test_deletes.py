"""What is removed or put anew leaves nothing behind, and takes nothing else along."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from toy import ToyEncoder, toy_corpus

from crash.inspection import faults
from crash.stories import NAMES, story
from embeddings.article import Article
from embeddings.encoder import Passage
from embeddings.vectors import Matrix
from service.corpus import Corpus
from service.retrieval.mode import Mode


def chunk_ids(corpus: Corpus) -> set[int]:
    return set(corpus.library.store.chunk_ids().tolist())


def test_after_all_was_removed_and_it_was_reopened_no_id_comes_again(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(story(name, 1) for name in NAMES))
    seen = chunk_ids(corpus)
    corpus.remove(NAMES)
    corpus.close()

    again = toy_corpus(tmp_path)
    list(again.add(story(name, 2) for name in NAMES[:3]))

    assert not chunk_ids(again) & seen
    assert {hit.article_id for hit in again.search("storm harbour", k=50).hits} <= {*NAMES[:3]}
    again.close()
    assert faults(tmp_path) == []


def test_an_article_put_again_and_again_leaves_nothing_of_what_it_was(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(story(name, 1) for name in NAMES[:4]))
    for version in range(2, 16):
        list(corpus.add([story(NAMES[0], version)]))

    found = corpus.search("number1 number2 number8 number14", mode=Mode.LEXICAL, k=50).hits
    assert {hit.article_id for hit in found} == {*NAMES[1:4]}  # Those of version 1 alone.
    assert len(corpus.library._finder.words().ids) < 3 * len(chunk_ids(corpus))
    corpus.close()
    assert faults(tmp_path) == []


def test_articles_added_one_by_one_in_a_loop_are_all_there(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    for name in NAMES:
        list(corpus.add([story(name, 1)]))

    assert [one.id for one in corpus.articles().articles] == NAMES
    corpus.close()
    assert faults(tmp_path) == []


class BrokenAtTimes(ToyEncoder):
    """Fails the first time that it is asked for the last article."""

    broken = False

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        if not self.broken and any("town519" in passage.text for passage in passages):
            self.broken = True
            raise RuntimeError("The model is out of memory.")
        return super().encode(passages)


def test_a_model_that_fails_once_loses_nothing_and_is_not_passed_over(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path, BrokenAtTimes())
    articles = [
        Article(f"The harbour of town{number}.", id=f"{number:03}", language="en")
        for number in range(520)
    ]
    told = []

    with pytest.raises(RuntimeError, match="out of memory"):
        told += [result.id for result in corpus.add(iter(articles))]

    there = [one.id for one in corpus.articles(limit=1000).articles]
    assert there == [one.id for one in articles[:512]]

    statuses = [result.status for result in corpus.add(articles)]

    assert statuses == ["unchanged"] * 512 + ["added"] * 8
    assert corpus.search("harbour of town519").hits[0].article_id == "519"
    assert corpus.library.store.damages() == []
    ids = corpus.library._index.current().ids()
    assert np.array_equal(np.sort(ids), corpus.library.store.chunk_ids())
