from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import NAME, ToyEncoder, counted, toy_corpus

from embeddings.article import Article
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Passage
from embeddings.library import Library
from embeddings.store import Store
from embeddings.stored import Filters
from embeddings.vectors import Matrix, unit
from service.corpus import Corpus

BOUND = 12
QUERY = unit(counted("the harbour was closed")[None])[0]


def stories(numbers: range) -> list[Article]:
    return [
        Article(f"The harbour of town{number} was closed after storm{number % 5}.", id=str(number))
        for number in numbers
    ]


def small(folder: Path, encoder: ToyEncoder | None = None) -> Corpus:
    return toy_corpus(folder, encoder, exact_up_to=BOUND)


def best(corpus: Corpus, number: int) -> str:
    return corpus.search(f"harbour of town{number}").hits[0].article_id


def found(library: Library) -> dict[int, float]:
    return library.nearest(QUERY, 50, Filters())


def test_a_library_that_outgrows_exact_search_gets_an_approximate_index(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    list(corpus.add(stories(range(BOUND))))
    assert corpus.library.sync() == "exact"

    list(corpus.add(stories(range(BOUND, 30))))

    assert corpus.library.sync() == "approximate, 16 lists, 8 bits a number"
    assert [best(corpus, number) for number in (3, 29)] == ["3", "29"]
    corpus.remove(["3"])
    assert best(corpus, 29) == "29"
    assert len(found(corpus.library)) == 29


def test_an_approximate_index_is_read_back_as_it_was(tmp_path: Path) -> None:
    corpus, encoder = small(tmp_path), ToyEncoder()
    list(corpus.add(stories(range(30))))
    before = found(corpus.library)

    reopened = small(tmp_path, encoder).library

    assert found(reopened) == before
    assert (reopened.sync(), encoder.seen) == (corpus.library.sync(), [])


def test_a_large_library_without_a_snapshot_gets_it_at_once(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    list(corpus.add(stories(range(30))))
    before = found(corpus.library)
    for path in tmp_path.glob("*.faiss"):
        path.unlink()

    reopened = small(tmp_path).library

    assert found(reopened) == pytest.approx(before, abs=0.01)
    assert reopened.sync() == "approximate, 16 lists, 8 bits a number"


def test_a_snapshot_of_the_exact_form_is_used_and_then_turned(tmp_path: Path) -> None:
    list(toy_corpus(tmp_path).add(stories(range(30))))
    exact = found(toy_corpus(tmp_path).library)
    library = small(tmp_path).library

    assert found(library) == exact

    assert library.sync().startswith("approximate")
    assert found(library) == pytest.approx(exact, abs=0.01)
    assert small(tmp_path).library.sync().startswith("approximate")


def test_a_library_that_shrinks_is_searched_exactly_again(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    list(corpus.add(stories(range(30))))

    corpus.remove([str(number) for number in range(4, 30)])

    assert corpus.library.sync() == "exact"
    assert len(found(corpus.library)) == 4


def test_one_that_grew_manifold_is_trained_anew(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    list(corpus.add(stories(range(BOUND + 1))))
    assert corpus.library.sync() == "approximate, 10 lists, 8 bits a number"

    list(corpus.add(stories(range(BOUND + 1, 80))))

    assert corpus.library.sync() == "approximate, 26 lists, 8 bits a number"


@settings(max_examples=10)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(1, 20)), max_size=6))
def test_after_any_changes_the_same_is_found_as_by_exact_search(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[bool, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    corpus = small(folder)
    for adds, first, count in changes:
        if adds:
            list(corpus.add(stories(range(first, first + count))))
            continue
        there = {article.id for article in corpus.articles().articles}
        gone = there & {str(number) for number in range(first, first + count)}
        corpus.remove(sorted(gone))

    kept = found(corpus.library)

    for path in folder.glob("*.faiss"):
        path.unlink()
    assert kept == pytest.approx(found(toy_corpus(folder).library), abs=0.01)


def test_what_another_one_made_anew_is_taken_over(tmp_path: Path) -> None:
    corpus, other = small(tmp_path), small(tmp_path)
    list(corpus.add(stories(range(5))))
    assert len(found(other.library)) == 5

    list(corpus.add(stories(range(5, 30))))

    assert len(found(other.library)) == 30
    assert other.library._index._index is not None
    assert other.library._index._index.form.startswith("approximate")


class HeldUp(CachedEncoder):
    """One that waits to be let go on before it gives vectors of the library, once told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(EmbeddingCache(folder / "cache.sqlite3"), NAME, ToyEncoder())
        self.waits, self.waiting, self.go_on = False, Event(), Event()

    def encode(
        self,
        passages: Sequence[Passage],
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> list[Matrix]:
        if self.waits and passages:
            self.waiting.set()
            self.go_on.wait(20)
        return super().encode(passages, on_passages=on_passages)


def held_up(folder: Path) -> tuple[Library, HeldUp]:
    encoder = HeldUp(folder)
    store = Store(folder / "library.sqlite3")
    cache = EmbeddingCache(folder / "cache.sqlite3")
    return Library(folder, store, cache, encoder, exact_up_to=BOUND), encoder


def test_searches_go_on_while_an_index_is_made_and_see_what_came_meanwhile(tmp_path: Path) -> None:
    list(toy_corpus(tmp_path).add(stories(range(30))))
    library, encoder = held_up(tmp_path)
    exact = found(library)
    encoder.waits, forms = True, list[str]()
    making = Thread(target=lambda: forms.append(library.sync()))
    making.start()
    assert encoder.waiting.wait(20)

    assert found(library) == exact
    encoder.waits = False
    list(toy_corpus(tmp_path).add(stories(range(30, 32))))  # Leaves a later snapshot, an exact one.
    encoder.go_on.set()
    making.join()

    assert forms == ["approximate, 16 lists, 8 bits a number"]
    assert len(found(library)) == 32


def test_a_search_waits_for_what_another_thread_brings_in_and_sees_all_of_it(
    tmp_path: Path,
) -> None:
    list(toy_corpus(tmp_path).add(stories(range(6))))
    library, encoder = held_up(tmp_path)
    assert len(found(library)) == 6
    list(library.add(stories(range(6, 8))))
    encoder.waits, counts = True, list[int]()
    bringing = Thread(target=library.sync)
    searching = Thread(target=lambda: counts.append(len(found(library))))
    bringing.start()
    assert encoder.waiting.wait(20)

    searching.start()
    encoder.go_on.set()
    bringing.join()
    searching.join()

    assert counts == [8]


@given(changes=st.lists(st.integers(0, 7), max_size=4))
@settings(max_examples=20)
def test_changes_of_chunks_are_told_from_what_was_known(
    tmp_path_factory: pytest.TempPathFactory, changes: list[int]
) -> None:
    corpus = toy_corpus(tmp_path_factory.mktemp("library"))
    store = corpus.library.store
    list(corpus.add(stories(range(6))))
    before = store.chunk_ids()
    for number in changes:
        there = {article.id for article in corpus.articles().articles}
        if str(number) in there:
            corpus.remove([str(number)])
        else:
            list(corpus.add(stories(range(number, number + 1))))

    gone, new = store.chunk_changes(before)

    now = store.chunk_ids()
    assert gone.tolist() == np.setdiff1d(before, now).tolist()
    assert new.tolist() == np.setdiff1d(now, before).tolist()
    assert store.chunk_count() == len(now)


def test_an_index_that_cannot_be_made_anew_offline_is_used_as_it_is(tmp_path: Path) -> None:
    list(toy_corpus(tmp_path).add(stories(range(30))))
    corpus = toy_corpus(tmp_path, offline=True, exact_up_to=BOUND)
    with corpus.library.cache._database.writing() as connection:
        connection.execute("UPDATE entries SET checksum = 0")

    assert corpus.library.sync() == "exact"
    assert len(found(corpus.library)) == 30
