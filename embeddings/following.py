"""The vector index of a library, kept in step with its articles."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock

import numpy as np

from embeddings.cached_encoder import CachedEncoder
from embeddings.errors import MissingVectors
from embeddings.index import EXACT_UP_TO, VectorIndex, load_snapshot, rows_to_train
from embeddings.served import Edition, index_path
from embeddings.snapshot import SnapshotHead, snapshot_generation
from embeddings.states import Outdated
from embeddings.store import Store
from embeddings.stored import Ids
from embeddings.vectors import Matrix

# How many chunks' vectors are read at a time.
_CHUNKS_A_STEP = 512

# So many are read before the first of them is brought in: until then the index is what it was,
# and can be searched. More would take too much memory.
_CHUNKS_AT_ONCE = 8192

# The generation of an index that is being changed: it is in step with none.
_CHANGING = -1

# A snapshot is written again when more than this share of it is out of date; until then it
# is cheaper to bring it up to date on opening.
_STALE_SHARE = 0.02


class FollowingIndex:
    """An index of all chunks' vectors, derived from the store and the cache, that follows them."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        edition: Edition,
        encoder: CachedEncoder,
        *,
        exact_up_to: int | None = None,
    ) -> None:
        """Say what it follows; it is opened when it is needed.

        Args:
            folder: Where its snapshot lies.
            store: The chunks.
            edition: Of the store, when the library was opened.
            encoder: What knows their vectors.
            exact_up_to: With more chunks than this it is an approximate one.
        """
        self._folder = folder
        self._store = store
        # What it holds is of this one: ids mean something else in a library that was restored,
        # and to embed passages that were cut for another model is not what a search waits for.
        self._edition = edition
        self._encoder = encoder
        self._index: VectorIndex | None = None
        self._behind = 0  # Chunks that came or went since the snapshot was written.
        self._exact_up_to = EXACT_UP_TO if exact_up_to is None else exact_up_to
        self._following = RLock()
        self._renewing = Lock()

    @property
    def at_hand(self) -> VectorIndex | None:
        """The index as it is in memory, perhaps behind the store; None before it is needed."""
        return self._index

    def nearest(self, vector: Matrix, k: int, *, among: Ids | None = None) -> dict[int, float]:
        """Search the index as it is at the state of the store that is being read.

        Args:
            vector: Unit vector, shape (dim,).
            k: The most to return.
            among: Only these ids count, if given.

        Returns:
            See `VectorIndex.search`.

        Raises:
            Outdated: It is in step with a later state.
            LibraryChanged: The store is another one by now, or cut for another model.
        """
        generation = self._store.generation(self._edition)
        index = self._index
        if index is not None and index.generation == generation:
            found = index.search(vector, k, among=among)
            # No generation comes twice: if it is the same, nothing was changed meanwhile.
            if index.generation == generation:
                return found
        with self._following:
            return self._follow().search(vector, k, among=among)

    def current(self) -> VectorIndex:
        """Return the index after bringing it in step with the store.

        Raises:
            Outdated: It is in step with a later state than the one that is being read.
        """
        with self._following:
            return self._follow()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let nobody else bring it in step with another state."""
        with self._following:
            yield

    def forget_later(self, generation: int) -> None:
        """Forget an index of a later generation than the last: the store was restored."""
        with self._following:
            if self._index is not None and self._index.generation > generation:
                self._index = None

    def sync(self) -> str:
        """Bring it up to date now, and its snapshot if that is far behind; say what kind it is.

        If the library has outgrown its form another one is made beside it: searches go on
        meanwhile.
        """
        with self._following:
            index = self._opened()
        if index is not None and not index.fits(self._store.chunk_count()):
            with suppress(MissingVectors):  # What is at hand answers all the same, if slower.
                self._renew()
        with self._following, self._store.reading():
            self.forget_later(self._store.generation(self._edition))
            index = self._follow()
            if self._behind > _STALE_SHARE * len(index):
                # Reading goes on without a snapshot; it only saves time.
                with suppress(OSError):
                    index.save(self._snapshot_path(), self._head(index.generation))
                    self._behind = 0
                    # In its file a large one takes less memory than one that grew here.
                    self._index = self._loaded() or index
        return index.form

    def drop_later(self, generation: int) -> None:
        """Remove snapshots of later generations: the store was restored from a copy."""
        for path in self._folder.glob("index-*.faiss"):
            if (snapshot_generation(path) or 0) > generation:
                path.unlink(missing_ok=True)

    def _follow(self) -> VectorIndex:
        """Bring the index in step with the store; call under `_following`."""
        with self._store.reading():
            index = self._opened()
            generation = self._store.generation(self._edition)
            if index is None:
                index = self._begun()
            if index.generation > generation:  # To go back would take it from others.
                raise Outdated
            if index.generation < generation:
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
            self._head(self._store.generation(self._edition)),
            self._encoder.profile.dim,
            exact_up_to=self._exact_up_to,
        )

    def _renew(self) -> None:
        """Make an index of the form that fits the store, beside the one in use."""
        if not self._renewing.acquire(blocking=False):
            return  # Another thread is at it.
        try:
            index = self._begun()
            self._bring_in(index)
            with self._following, self._store.reading():
                generation = self._store.generation(self._edition)
                self._bring_in(index)  # What came and went while it was made.
                index.generation = generation
                self._index, self._behind = index, len(index)
        finally:
            self._renewing.release()

    def _begun(self) -> VectorIndex:
        """Return an empty index of the form that fits the store."""
        ids = self._store.chunk_ids()
        index = VectorIndex(self._encoder.profile.dim, exact_up_to=self._exact_up_to)
        if index.fits(len(ids)):
            return index
        # Evenly spread, so that the same library makes the same index.
        count = min(len(ids), rows_to_train(len(ids)))
        sample = ids[np.linspace(0, len(ids) - 1, count).astype(np.int64)]
        rows = np.concatenate([rows for _, rows in self._rows(sample)])
        return VectorIndex.trained(rows, len(ids), exact_up_to=self._exact_up_to)

    def _bring_in(self, index: VectorIndex) -> int:
        """Take out of an index what went and put in what came; return how much that was."""
        gone, new = self._store.chunk_changes(index.ids())
        parts: Iterable[tuple[list[int], Matrix]] = self._rows(new)
        if len(new) <= _CHUNKS_AT_ONCE:
            parts = list(parts)
        index.generation = _CHANGING
        changed = index.remove(gone)
        for keys, rows in parts:
            index.add(keys, rows)
            changed += len(keys)
        return changed

    def _rows(self, chunk_ids: Ids) -> Iterator[tuple[list[int], Matrix]]:
        """Give chunks' own vectors, some at a time; of those of the chunks that are there."""
        for start in range(0, len(chunk_ids), _CHUNKS_A_STEP):
            found = self._store.chunks(chunk_ids[start : start + _CHUNKS_A_STEP].tolist())
            if found:
                matrices = self._encoder.encode([chunk.passage for chunk in found.values()])
                yield list(found), np.stack([matrix[0] for matrix in matrices])

    def _snapshot_path(self) -> Path:
        return index_path(self._folder, self._encoder.fingerprint)

    def _head(self, generation: int) -> SnapshotHead:
        return SnapshotHead(self._edition.identity, self._encoder.fingerprint, generation)
