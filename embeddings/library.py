"""The open library: the store, the cache and the index, kept in step with one another."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar
from weakref import finalize

import numpy as np

from embeddings.article import Article
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.checks import check_article
from embeddings.encoder import Passage
from embeddings.errors import LibraryChanged, LibraryDamaged, ParallaxError
from embeddings.language import open_model
from embeddings.outliner import Outliner
from embeddings.served import LibraryState, ServedModel
from embeddings.snapshot import snapshot_generation
from embeddings.states import Outdated
from embeddings.store import Store
from embeddings.stored import Filters, Ids, StoredChunk
from embeddings.vectors import Matrix

# What reads articles and what searches vectors take long to import, and most commands need
# only one of them or neither; so each is imported where it is used.
if TYPE_CHECKING:
    from embeddings.finder import Finder
    from embeddings.following import FollowingIndex
    from embeddings.index import VectorIndex
    from embeddings.ingest import Result
    from embeddings.postings import WordScores
    from embeddings.preparer import Preparer
    from embeddings.readers import Refusal
    from embeddings.sketches import Rows

T = TypeVar("T")

# How long a writer waits for another one before it says who holds the library.
WAIT_SECONDS = 10.0

MARK = "restoring"
"""A file that lies in a library's folder while a damaged one of it is exchanged."""

# Says how many changes there were: SQLite would not miss the last one.
_LAST_CHANGE = "last-change"

# So many times an answer is begun before nobody else may bring the index in step for its sake.
_TRIES = 4


class Library:
    """Articles that can be added, removed, and found by vectors.

    The store is the truth. The index is derived from it and from the cache, follows it by
    itself, and is never trusted over it.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        cache: EmbeddingCache,
        encoder: CachedEncoder,
        *,
        state: LibraryState | None = None,
        wait_seconds: float = WAIT_SECONDS,
        exact_up_to: int | None = None,
    ) -> None:
        """Put the parts together; `service.corpus.Corpus.open` builds them.

        Args:
            folder: Where everything lies.
            store: The articles.
            cache: The vectors.
            encoder: What embeds, through the cache.
            state: What the store said of itself when the encoder was chosen; if not given, what
                it says now.
            wait_seconds: How long to wait for another writer before saying that it is busy.
            exact_up_to: With more chunks than this the index is an approximate one.
        """
        self.folder = folder
        self.store = store
        self.cache = cache
        self.encoder = encoder
        self._wait_seconds = wait_seconds
        self._exact_up_to = exact_up_to
        self._state = state or store.state()
        self._is_open = False

    @property
    def is_current(self) -> bool:
        """Whether the store still is what was opened, and serves the model that it served then."""
        state = self.store.state()
        if not self._is_edition(state):
            return False
        # One that does not say it yet serves what it was found to serve when it was opened; and
        # a model may bear another name by now.
        return state.served is None or (
            self._state.served is not None
            and state.served.fingerprint == self._state.served.fingerprint
        )

    @property
    def serves(self) -> ServedModel | None:
        """The model that it served when it was opened; None if that was none yet."""
        return self._state.served

    def check_model(self) -> None:
        """See that the model that was asked for is the one that the library serves.

        It is not loaded for that; whether its files have changed is seen before it embeds.

        Raises:
            ModelChanged: It is another one.
            ModelUnavailable: It is not on this machine.
        """
        if self._state.served is not None:
            _ = self.encoder.fingerprint

    def check_canary(self) -> None:
        """See that the model can be asked, and that it gives what it gave; see `CachedEncoder`.

        Raises:
            ModelUnavailable: The model cannot be loaded.
            ModelChanged: It is not the one that the library serves, or gives other numbers.
        """
        self.encoder.check()

    def check_edition(self) -> None:
        """See that the store still is what was opened, and cut for the same model.

        Raises:
            LibraryChanged: It was restored or cut for another model since.
        """
        if not self._is_edition(self.store.state()):
            raise LibraryChanged

    def _is_edition(self, state: LibraryState) -> bool:
        """Tell whether what was opened, and is held in memory, is of what the store is now."""
        if state.edition != self._state.edition:
            return False
        if self._state.served is None and state.served is not None:
            # Somebody has begun it meanwhile, perhaps with another model than is at hand here.
            if state.served.fingerprint != self.encoder.fingerprint:
                return False
            self._state = state
        return True

    def add(
        self,
        items: "Iterable[Article | Refusal]",
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> "Iterator[Result]":
        """Add or update articles; see `Ingest.add`.

        Raises:
            LibraryBusy: Another process is writing.
            LibraryUnwritable: The library is read-only, or the disk is full.
        """
        from embeddings.ingest import Ingest

        with self.writing():
            yield from Ingest(
                self.store, self.encoder, self._preparer, on_passages=on_passages
            ).add(items)

    def remove(self, article_ids: Sequence[str]) -> None:
        """Remove articles: all or, if one is not there, none.

        Raises:
            UnknownArticle: One of them is not there.
            LibraryBusy: Another process is writing.
        """
        with self.writing():
            self.store.remove(article_ids)

    def mend_words(self) -> None:
        """Make anew, from the articles, the words by which they are searched.

        Raises:
            LibraryBusy: Another process is writing.
        """
        with self.writing():
            self.store.mend_words()

    def nearest(self, vector: Matrix, k: int, filters: Filters) -> dict[int, float]:
        """Find the chunks nearest to a vector.

        Args:
            vector: Unit vector, shape (dim,).
            k: The most to return.
            filters: Which chunks count.

        Returns:
            Cosines by chunk id, highest first; ties go to the lower id. In a large library they
            are near the truth, and a few of the nearest may be missing; see `VectorIndex`.
        """

        def found() -> dict[int, float]:
            among = self.store.passing(filters) if filters else None
            return self._index.nearest(vector, k, among=among)

        return self.at_one_state(found)

    def chunks(self, chunk_ids: Sequence[int]) -> list[StoredChunk]:
        """Return chunks that were found at the state that is being read, all of them.

        Raises:
            LibraryDamaged: One that was found is not there.
        """
        found = self.store.chunks(chunk_ids)
        if len(found) < len(chunk_ids) and self.store.is_reading:
            missing = next(one for one in chunk_ids if one not in found)
            raise LibraryDamaged(
                f"The library is damaged: the index knows a passage {missing} that is not there. "
                "Restore the library from a copy; `parallax doctor` says what else is affected."
            )
        return list(found.values())

    def word_scores(self, words: Sequence[str]) -> "WordScores":
        """Score all chunks by the words of a question: BM25, as `Store.match` gives it."""
        return self.at_one_state(lambda: self._finder.word_scores(words))

    def words_in(self, words: Sequence[str], chunk_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return for each of the chunks which of the words its text holds; see `Store.words_in`."""
        return self.at_one_state(lambda: self._finder.words_in(words, chunk_ids))

    def rough_rows(self, chunk_ids: Sequence[int]) -> "Rows":
        """Return for each of the chunks about the vectors of its sentences and its title.

        A cosine with one of them differs from the exact one by less than `sketches.ERROR`.

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
        return self.at_one_state(lambda: self._rough_rows(chunk_ids))

    def _rough_rows(self, chunk_ids: Sequence[int]) -> "Rows":
        from embeddings.sketches import rows_of, sketched

        found = self._finder.rough(chunk_ids)
        if len(found) < len(chunk_ids):  # They could not be written here: then the exact ones.
            others = list(
                self.store.chunks([one for one in chunk_ids if one not in found]).values()
            )
            headers = self.store.headers([one.article_id for one in others])
            rows, titles = self.vectors_with_titles(others, headers)
            found.update(
                (chunk.id, sketched(np.vstack([own[1:], title])))
                for chunk, own, title in zip(others, rows, titles, strict=True)
            )
        return rows_of([found.get(one, b"") for one in chunk_ids], self.encoder.profile.dim)

    def articles_of(self, chunk_ids: Ids) -> Ids:
        """Return for each of the chunks a number that it shares with those of its article."""
        return self.at_one_state(lambda: self._finder.words().articles_of(chunk_ids))

    def at_one_state(self, answer: Callable[[], T]) -> T:
        """Give an answer from one state of the library, the latest there is.

        Other threads and processes may change it meanwhile: the answer is from before that or
        from after it, never from both, and nobody waits for anybody.

        Args:
            answer: Makes the answer; it is made again if the index went on to a later state.

        Raises:
            LibraryChanged: The library was restored or cut for another model since it was opened.
        """
        if self.store.is_reading:  # It is a part of an answer.
            return answer()
        for _ in range(_TRIES):
            with suppress(Outdated), self.store.reading():
                self.check_edition()
                return answer()
        # The library changes faster than it is asked, or was restored from an earlier copy.
        with self._index.standing(), self._finder.standing(), self.store.reading():
            self.check_edition()
            generation = self.store.generation()
            self._index.forget_later(generation)
            self._finder.forget_later(generation)
            return answer()

    @property
    def index_at_hand(self) -> "VectorIndex | None":
        """The index as it is in memory, to be looked at; None before it is first needed."""
        if "_index" not in self.__dict__:  # To look is not to open.
            return None
        return self._index.at_hand

    @contextmanager
    def opening_index(self) -> Iterator[None]:
        """Open what a question needs besides the model, while the caller does something else.

        That is the index, the words, and what knows the question's language; once they are open
        there is nothing to do. An error of it is met again, and raised, by what uses them.
        """
        if self._is_open:
            yield
            return
        self._is_open = True
        thread = Thread(target=self._open_index)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _open_index(self) -> None:
        with suppress(Exception):
            self._index.current()
            self._finder.words()
            if self.encoder.profile.languages:
                open_model()

    def vectors(self, chunks: Sequence[StoredChunk]) -> list[Matrix]:
        """Return for each chunk its vector and then its sentences', shape (1 + sentences, dim).

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
        return self.encoder.encode([chunk.passage for chunk in chunks])

    def vectors_with_titles(
        self, chunks: Sequence[StoredChunk], headers: Mapping[str, Article]
    ) -> tuple[list[Matrix], list[Matrix]]:
        """Return the `vectors` of chunks, and those of their titles as far as they are known.

        Args:
            chunks: Passages.
            headers: Their articles by id.

        Returns:
            For each chunk its matrix, and its title's, shape (1, dim) or no row.

        Raises:
            MissingVectors: Offline, and the cache lacks some of the chunks'.
        """
        titles = [headers[chunk.article_id].title for chunk in chunks]
        unique = [title for title in dict.fromkeys(titles) if title.strip()]
        passages = [chunk.passage for chunk in chunks]
        found = self.encoder.encode_known([*passages, *map(Passage, unique)])
        of_titles = dict(zip(unique, found[len(chunks) :], strict=True))
        rows = [matrix for matrix in found[: len(chunks)] if matrix is not None]
        if len(rows) < len(chunks):
            rows = self.encoder.encode(passages)
        none = np.zeros((0, self.encoder.profile.dim), np.float32)
        kept = (of_titles.get(title) for title in titles)
        return rows, [none if matrix is None else matrix for matrix in kept]

    def read(self, article: Article) -> tuple[Article, list[StoredChunk]]:
        """Read an article as if it were added, without adding it.

        Returns:
            The article with what its own text tells of it, and its chunks in text order; they
            are not kept, so their ids only count them.

        Raises:
            BadArticle: It could not be added either.
        """
        check_article(article)
        outline = self._outliner.outline(article)
        spans = [chunk.span for chunk in outline.chunks]
        return outline.fill(article), [
            StoredChunk(number, article.id, span, span.of(article.text), chunk.sentences)
            for number, (span, chunk) in enumerate(zip(spans, outline.chunks, strict=True))
        ]

    def sync(self) -> str:
        """Bring the index up to date now, and its snapshot if that is far behind.

        A library that has outgrown the form of its index gets another one, made beside the one in
        use: searches go on meanwhile.

        Returns:
            What kind of index it is, in words.
        """
        form = self._index.sync()
        self._finder.sync()
        return form

    def seen_by(self, encoder: CachedEncoder, state: LibraryState) -> "Library":
        """Return the same library with what is derived from another model's vectors.

        It shares the store and the cache with this one; see `release`.
        """
        return Library(
            self.folder,
            self.store,
            self.cache,
            encoder,
            state=state,
            wait_seconds=self._wait_seconds,
            exact_up_to=self._exact_up_to,
        )

    def release(self) -> None:
        """Close the files that this one does not share; see `seen_by`."""
        if "_finder" in self.__dict__:
            self._finder.close()

    def close_when_unused(self) -> None:
        """Close the files as soon as nobody holds this any more."""
        own = [self._finder] if "_finder" in self.__dict__ else []
        finalize(self, _close_all, [self.store, self.cache, *own])

    def close(self) -> None:
        """Close the files."""
        self.release()
        self.store.close()
        self.cache.close()

    @cached_property
    def _index(self) -> "FollowingIndex":
        from embeddings.following import FollowingIndex

        return FollowingIndex(
            self.folder,
            self.store,
            self._state.edition,
            self.encoder,
            exact_up_to=self._exact_up_to,
        )

    @cached_property
    def _finder(self) -> "Finder":
        from embeddings.finder import Finder

        return Finder(self.folder, self.store, self._state.edition, self.encoder)

    @cached_property
    def _preparer(self) -> "Preparer":
        from embeddings.preparer import Preparer

        return Preparer(self.encoder)

    @cached_property
    def _outliner(self) -> Outliner:
        return Outliner(self.cache, self.encoder)

    def lost_changes(self) -> str | None:
        """Say whether there were changes later than the last one that is known; None if not."""
        identity = self.store.identity()
        derived = [*self.folder.glob("index-*.faiss"), *self.folder.glob("words.index")]
        seen = [snapshot_generation(one, identity) or 0 for one in derived]
        with suppress(OSError, ValueError):  # A torn note says nothing.
            library, generation = (self.folder / _LAST_CHANGE).read_text().split()
            seen += [int(generation)] * (library == identity)
        known = self.store.generation()
        if max(seen, default=0) <= known:
            return None
        return (
            f"{self.folder}: {max(seen)} changes were made to the articles, but only {known} are "
            "known. Others were lost with a damaged file, or an earlier copy was put in place; "
            "add again what is missing."
        )

    def _drop_later(self) -> None:
        """Remove what was derived from what is yet to come: the store was restored from a copy.

        From here on it gives the same ids and generations again, to other chunks.
        """
        generation = self.store.generation()
        self._finder.drop_later(generation)
        self._index.drop_later(generation)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, of all threads and processes.

        Raises:
            LibraryBusy: Another process is writing.
            LibraryUnwritable: The library is read-only.
            LibraryChanged: It was restored, or serves another model than when it was opened.
        """
        from embeddings.writer import only_writer

        with only_writer(self.folder, self._wait_seconds):
            if not self.is_current:
                raise LibraryChanged
            self._drop_later()
            try:
                yield
            finally:
                self._note_last_change()

    def _note_last_change(self) -> None:
        with suppress(OSError, ParallaxError):
            last = f"{self.store.identity()} {self.store.generation()}"
            (self.folder / _LAST_CHANGE).write_text(last)


def check_whole(folder: Path) -> None:
    """See that no restore was broken off in a library where that leaves it without its articles.

    Raises:
        LibraryDamaged: One was.
    """
    mark, noted = folder / MARK, ""
    if mark.exists():
        with suppress(OSError, UnicodeDecodeError):
            noted = mark.read_text(encoding="utf-8").strip()
        raise LibraryDamaged(
            f"{folder} is half restored: the restore was broken off. Finish it with `parallax "
            f"restore {noted or 'FILE'} --replace`."
        )


class _Closeable(Protocol):
    def close(self) -> None: ...


def _close_all(parts: Sequence[_Closeable]) -> None:
    for part in parts:
        part.close()
