"""The open library: the store, the cache and the index, kept in step with one another."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from embeddings.article import Article
from embeddings.cache import CachedEncoder, EmbeddingCache
from embeddings.encoder import Passage
from embeddings.errors import LibraryBusy, LibraryUnwritable
from embeddings.store import Filters, Ids, Store, StoredChunk
from embeddings.vectors import Matrix

# What reads articles and what searches vectors take long to import, and most commands need
# only one of them or neither; so each is imported where it is used.
if TYPE_CHECKING:
    from embeddings.index import SnapshotHead, VectorIndex
    from embeddings.ingest import Preparer, Result
    from embeddings.readers import Refusal

# How long a writer waits for another one before it says who holds the library.
_WAIT_SECONDS = 10.0

# How many chunks' vectors are brought into the index at a time.
_CHUNKS_A_STEP = 2048

# A snapshot is written again when more than this share of it is out of date; until then it
# is cheaper to bring it up to date on opening.
_STALE_SHARE = 0.02


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
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        """Put the parts together; `service.corpus.Corpus.open` builds them.

        Args:
            folder: Where everything lies.
            store: The articles.
            cache: The vectors.
            encoder: What embeds, through the cache.
            wait_seconds: How long to wait for another writer before saying that it is busy.
        """
        self.folder = folder
        self.store = store
        self.cache = cache
        self.encoder = encoder
        self._wait_seconds = wait_seconds
        self._index: VectorIndex | None = None
        self._generation = -1
        self._behind = 0  # Chunks that came or went since the snapshot was written.
        self._lock = Lock()  # FAISS must not be searched while it is changed.

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

        with self._writing():
            yield from Ingest(
                self.store, self.encoder, self._preparer, on_passages=on_passages
            ).add(items)

    def remove(self, article_ids: Sequence[str]) -> None:
        """Remove articles: all or, if one is not there, none.

        Raises:
            UnknownArticle: One of them is not there.
            LibraryBusy: Another process is writing.
        """
        with self._writing():
            self.store.remove(article_ids)

    def nearest(self, vector: Matrix, k: int, filters: Filters) -> dict[int, float]:
        """Find the chunks nearest to a vector.

        Args:
            vector: Unit vector, shape (dim,).
            k: The most to return.
            filters: Which chunks count.

        Returns:
            Cosines by chunk id, highest first; ties go to the lower id.
        """
        among = self.store.passing(filters) if filters else None
        with self._lock:
            return self._current_index().search(vector, k, among=among)

    @contextmanager
    def opening_index(self) -> Iterator[None]:
        """Open the index, unless it is open, while the caller does something else.

        An error of it is met again, and raised, by what searches the index.
        """
        if self._index is not None:
            yield
            return
        thread = Thread(target=self._open_index)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _open_index(self) -> None:
        with suppress(Exception), self._lock:
            self._current_index()

    def vectors(self, chunks: Sequence[StoredChunk]) -> list[Matrix]:
        """Return for each chunk its vector and then its sentences', shape (1 + sentences, dim).

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
        return self.encoder.encode([chunk.passage for chunk in chunks])

    def title_vectors(self, titles: Iterable[str]) -> dict[str, Matrix]:
        """Return the vectors of titles, each embedded by itself, shape (dim,), by title.

        An article's title is embedded when it is added. Of an article added before that was so,
        it is embedded now, or left out where there is no model: it is one more sentence to be
        found by, not one that must be there.
        """
        wanted = [title for title in dict.fromkeys(titles) if title.strip()]
        found = self.encoder.encode_known([Passage(title) for title in wanted])
        return {
            title: matrix[0]
            for title, matrix in zip(wanted, found, strict=True)
            if matrix is not None
        }

    def read(self, article: Article) -> tuple[Article, list[StoredChunk]]:
        """Read an article as if it were added, without adding it.

        Returns:
            The article with what its own text tells of it, and its chunks in text order; they
            are not kept, so their ids only count them.

        Raises:
            BadArticle: It could not be added either.
        """
        from embeddings.ingest import check_article

        check_article(article)
        prepared = self._preparer.prepare(article)
        return prepared.article, [
            StoredChunk(
                number, article.id, chunk.span, chunk.span.of(article.text), chunk.sentences
            )
            for number, chunk in enumerate(prepared.chunks)
        ]

    def sync(self) -> None:
        """Bring the index up to date now, and its snapshot if that is far behind."""
        with self._lock:
            index = self._current_index()
            if self._behind > _STALE_SHARE * len(index):
                # Reading goes on without a snapshot; it only saves time.
                with suppress(OSError):
                    index.save(self._snapshot_path(), self._head(self._generation))
                    self._behind = 0

    def close(self) -> None:
        """Close the files."""
        self.store.close()
        self.cache.close()

    @cached_property
    def _preparer(self) -> "Preparer":
        from embeddings.ingest import Preparer

        return Preparer(self.encoder)

    def _current_index(self) -> "VectorIndex":
        """Return the index after bringing it in step with the store; call under the lock."""
        from embeddings.index import VectorIndex, load_snapshot

        generation = self.store.generation()
        if self._index is None:
            dim = self.encoder.profile.dim
            loaded = load_snapshot(self._snapshot_path(), self._head(generation), dim)
            self._index = loaded or VectorIndex(dim)
        if generation != self._generation:
            self._follow(self._index, self.store.chunk_ids())
            self._generation = generation
        return self._index

    def _follow(self, index: "VectorIndex", wanted: Ids) -> None:
        # An id is never used twice, so what differs is what came and what went.
        there = index.ids()
        self._behind += index.remove(np.setdiff1d(there, wanted))
        new = np.setdiff1d(wanted, there)
        for start in range(0, len(new), _CHUNKS_A_STEP):
            found = self.store.chunks(new[start : start + _CHUNKS_A_STEP].tolist())
            rows = [matrix[0] for matrix in self.vectors(list(found.values()))]
            if rows:
                index.add(list(found), np.stack(rows))
            self._behind += len(rows)

    def _snapshot_path(self) -> Path:
        return self.folder / f"index-{self.encoder.fingerprint[:16]}.faiss"

    def _head(self, generation: int) -> "SnapshotHead":
        from embeddings.index import SnapshotHead

        return SnapshotHead(self.store.identity(), self.encoder.fingerprint, generation)

    def _drop_later_snapshots(self) -> None:
        """Remove snapshots of what is yet to come: the store was restored from a copy.

        From here on it gives the same ids and generations again, to other chunks.
        """
        from embeddings.index import snapshot_generation

        generation = self.store.generation()
        for path in self.folder.glob("index-*.faiss"):
            if (snapshot_generation(path) or 0) > generation:
                path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, of all threads and processes."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "write.lock", timeout=self._wait_seconds)
        note = self.folder / "writer"
        try:
            lock.acquire()
        except Timeout as error:
            holder = note.read_text() if note.exists() else "unknown"
            raise LibraryBusy(
                f"Process {holder} has been writing to {self.folder} for over "
                f"{self._wait_seconds:.0f} seconds; try again when it is done."
            ) from error
        except OSError as error:
            raise LibraryUnwritable(
                f"{self.folder} cannot be written: {error.strerror}. Change its permissions, or "
                "choose another folder with --library."
            ) from error
        try:
            with suppress(OSError):  # Only a help for those who wait.
                note.write_text(str(os.getpid()))
            self._drop_later_snapshots()
            yield
        finally:
            lock.release()
