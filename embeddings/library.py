"""The open library: the store, the cache and the index, kept in step with one another."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

import numpy as np
from filelock import FileLock, Timeout

from embeddings.article import Article
from embeddings.cache import CachedEncoder, EmbeddingCache
from embeddings.encoder import Passage
from embeddings.errors import LibraryBusy, LibraryUnwritable, MissingVectors
from embeddings.finder import Finder
from embeddings.index import EXACT_UP_TO, VectorIndex, load_snapshot, rows_to_train
from embeddings.ingest import Ingest, Preparer, Result, check_article
from embeddings.postings import WordScores
from embeddings.readers import Refusal
from embeddings.sketches import Rows, rows_of, sketched
from embeddings.snapshot import SnapshotHead, snapshot_generation
from embeddings.store import Filters, Ids, Store, StoredChunk
from embeddings.vectors import Matrix

# How long a writer waits for another one before it says who holds the library.
_WAIT_SECONDS = 10.0

# How many chunks' vectors are brought into the index at a time; searches wait for one step.
_CHUNKS_A_STEP = 512

# How long a search waits for the index to follow the store before it takes it as it is. A small
# change is brought in at once; a great one should not stop what can be answered without it.
_PATIENCE_SECONDS = 1.0

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
        exact_up_to: int = EXACT_UP_TO,
    ) -> None:
        """Put the parts together; `service.corpus.Corpus.open` builds them.

        Args:
            folder: Where everything lies.
            store: The articles.
            cache: The vectors.
            encoder: What embeds, through the cache.
            wait_seconds: How long to wait for another writer before saying that it is busy.
            exact_up_to: With more chunks than this the index is an approximate one.
        """
        self.folder = folder
        self.store = store
        self.cache = cache
        self.encoder = encoder
        self._wait_seconds = wait_seconds
        self._preparer = Preparer(encoder)
        self._finder = Finder(folder, store, encoder)
        self._index: VectorIndex | None = None
        self._behind = 0  # Chunks that came or went since the snapshot was written.
        self._exact_up_to = exact_up_to
        self._following = Lock()
        self._renewing = Lock()

    def add(
        self,
        items: Iterable[Article | Refusal],
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> Iterator[Result]:
        """Add or update articles; see `Ingest.add`.

        Raises:
            LibraryBusy: Another process is writing.
            LibraryUnwritable: The library is read-only, or the disk is full.
        """
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
            Cosines by chunk id, highest first; ties go to the lower id. In a large library they
            are near the truth, and a few of the nearest may be missing; see `VectorIndex`.
        """
        among = self.store.passing(filters) if filters else None
        return self._current_index().search(vector, k, among=among)

    def word_scores(self, words: Sequence[str]) -> WordScores:
        """Score all chunks by the words of a question: BM25, as `Store.match` gives it."""
        return self._finder.word_scores(words)

    def words_in(self, words: Sequence[str], chunk_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return for each of the chunks which of the words its text holds; see `Store.words_in`."""
        return self._finder.words_in(words, chunk_ids)

    def rough_rows(self, chunk_ids: Sequence[int]) -> Rows:
        """Return for each of the chunks about the vectors of its sentences and its title.

        A cosine with one of them differs from the exact one by less than `sketches.ERROR`.

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
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
        return self._finder.words().articles_of(chunk_ids)

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
        prepared = self._preparer.prepare(article)
        return prepared.article, [
            StoredChunk(
                number, article.id, chunk.span, chunk.span.of(article.text), chunk.sentences
            )
            for number, chunk in enumerate(prepared.chunks)
        ]

    def sync(self) -> str:
        """Bring the index up to date now, and its snapshot if that is far behind.

        A library that has outgrown the form of its index gets another one, made beside the one in
        use: searches go on meanwhile.

        Returns:
            What kind of index it is, in words.
        """
        with self._following:
            index = self._opened()
        if index is not None and not index.fits(self.store.chunk_count()):
            with suppress(MissingVectors):  # What is at hand answers all the same, if slower.
                self._renew()
        with self._following:
            index = self._follow()
            if self._behind > _STALE_SHARE * len(index):
                # Reading goes on without a snapshot; it only saves time.
                with suppress(OSError):
                    index.save(self._snapshot_path(), self._head(index.generation))
                    self._behind = 0
                    # In its file a large one takes less memory than one that grew here.
                    self._index = self._loaded() or index
        self._finder.sync()
        return index.form

    def close(self) -> None:
        """Close the files."""
        self._finder.close()
        self.store.close()
        self.cache.close()

    def _current_index(self) -> VectorIndex:
        """Return the index after bringing it in step with the store, if that is soon done."""
        index = self._index
        if index is not None and self.store.generation() == index.generation:
            return index
        soon = self._following.acquire(timeout=-1 if index is None else _PATIENCE_SECONDS)
        if index is not None and not soon:
            return index
        try:
            return self._follow()
        finally:
            self._following.release()

    def _follow(self) -> VectorIndex:
        """Bring the index in step with the store; call under `_following`."""
        index = self._opened()
        generation = self.store.generation()
        if index is None:
            index = self._begun()
        if generation != index.generation:
            self._behind += self._bring_in(index)
            index.generation = generation
        self._index = index
        return index

    def _opened(self) -> VectorIndex | None:
        """Return the index as it is at hand, if it is; call under `_following`."""
        at_hand = -1 if self._index is None else self._index.generation
        # Another process may have brought in meanwhile what it added, or made the index anew.
        if (snapshot_generation(self._snapshot_path()) or 0) > at_hand:
            loaded = self._loaded()
            if loaded is not None:
                self._index, self._behind = loaded, 0
        return self._index

    def _loaded(self) -> VectorIndex | None:
        return load_snapshot(
            self._snapshot_path(),
            self._head(self.store.generation()),
            self.encoder.profile.dim,
            exact_up_to=self._exact_up_to,
        )

    def _renew(self) -> None:
        """Make an index of the form that fits the store, beside the one in use."""
        if not self._renewing.acquire(blocking=False):
            return  # Another thread is at it.
        try:
            index = self._begun()
            self._bring_in(index)
            with self._following:
                generation = self.store.generation()
                self._bring_in(index)  # What came and went while it was made.
                index.generation = generation
                self._index, self._behind = index, len(index)
        finally:
            self._renewing.release()

    def _begun(self) -> VectorIndex:
        """Return an empty index of the form that fits the store."""
        ids = self.store.chunk_ids()
        index = VectorIndex(self.encoder.profile.dim, exact_up_to=self._exact_up_to)
        if index.fits(len(ids)):
            return index
        # Evenly spread, so that the same library makes the same index.
        count = min(len(ids), rows_to_train(len(ids)))
        sample = ids[np.linspace(0, len(ids) - 1, count).astype(np.int64)]
        rows = np.concatenate([rows for _, rows in self._rows(sample)])
        return VectorIndex.trained(rows, len(ids), exact_up_to=self._exact_up_to)

    def _bring_in(self, index: VectorIndex) -> int:
        """Take out of an index what went and put in what came; return how much that was."""
        gone, new = self.store.chunk_changes(index.ids())
        changed = index.remove(gone)
        for keys, rows in self._rows(new):
            index.add(keys, rows)
            changed += len(keys)
        return changed

    def _rows(self, chunk_ids: Ids) -> Iterator[tuple[list[int], Matrix]]:
        """Give chunks' own vectors, some at a time; of those of the chunks that are there."""
        for start in range(0, len(chunk_ids), _CHUNKS_A_STEP):
            found = self.store.chunks(chunk_ids[start : start + _CHUNKS_A_STEP].tolist())
            if found:
                matrices = self.vectors(list(found.values()))
                yield list(found), np.stack([matrix[0] for matrix in matrices])

    def _snapshot_path(self) -> Path:
        return self.folder / f"index-{self.encoder.fingerprint[:16]}.faiss"

    def _head(self, generation: int) -> SnapshotHead:
        return SnapshotHead(self.store.identity(), self.encoder.fingerprint, generation)

    def _drop_later_snapshots(self) -> None:
        """Remove snapshots of what is yet to come: the store was restored from a copy.

        From here on it gives the same ids and generations again, to other chunks.
        """
        generation = self.store.generation()
        self._finder.drop_later(generation)
        for path in self.folder.glob("index-*.faiss"):
            if (snapshot_generation(path) or 0) > generation:
                path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, of all threads and processes."""
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
