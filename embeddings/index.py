"""Nearest-neighbour search over chunk vectors. The only module that imports FAISS."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from embeddings.locks import SharedLock
from embeddings.snapshot import SnapshotHead, read_head, write_snapshot
from embeddings.stored import Ids
from embeddings.vectors import Matrix

EXACT_UP_TO = 20_000
"""So many vectors of 384 numbers are compared one by one in 2 ms; see benchmarks/index.py."""

# An approximate index has so many lists, by the square root of how many vectors there are when it
# is trained, and so many of them are searched, by the square root of how many there are: 19 % of
# 100,000 vectors, 11 % of a million.
_LISTS = 3.0
_PROBES = 6.0

# Of neighbours that are asked for in great numbers so many times as many vectors are looked at.
_SEEN_A_HIT = 20

# More rows to train on or more rounds give hardly better lists.
_ROWS_A_LIST = 40
_ROUNDS = 8
_SEED = 1

# Grown to so many times the size it was trained for, an index has lists that are too long.
_GROWTH = 4

_BY_ID = 0  # FAISS: `InvertedLists.SUBSET_TYPE_ID_RANGE`.


class VectorIndex:
    """Search by cosine over unit vectors, each under an id of its own.

    There are two forms. The exact one keeps the vectors as they are and compares all of them. The
    approximate one (`trained`) keeps each number of a vector in 8 bits and the vectors in lists,
    of which a search looks through those that are nearest to the query; it is for more vectors
    than `exact_up_to`. Its cosines are off by less than a thousandth, as a rule, and about 1 of
    100 nearest neighbours is missed. The same calls in the same order give the same answers. Which
    neighbours the approximate form misses depends on what it was trained on: an index that grew may
    miss others than one that was made at once of the same vectors.

    Several threads may search it while one changes it.
    """

    def __init__(self, dim: int, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """Make an empty index of the exact form.

        Args:
            dim: Length of the vectors.
            exact_up_to: How many vectors the exact form is for.
        """
        self.dim = dim
        self._exact_up_to = exact_up_to
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
        self.generation = -1
        """Of the library, when the index was in step with it; kept by who keeps it so."""
        self._mapped: object = None  # The file that the lists lie in until they are changed.
        self._lock = SharedLock()

    @classmethod
    def trained(cls, rows: Matrix, size: int, *, exact_up_to: int = EXACT_UP_TO) -> "VectorIndex":
        """Make an empty index of the approximate form.

        Args:
            rows: Unit rows like those to come, shape (n, dim); `rows_to_train` says how many.
            size: How many are to come.
            exact_up_to: How many vectors the exact form is for.

        Raises:
            ValueError: There are too few rows.
        """
        lists = _lists(size)
        if len(rows) < lists:
            raise ValueError(f"Expected at least {lists} rows to train on, got {len(rows)}.")
        index = cls(rows.shape[1], exact_up_to=exact_up_to)
        means = faiss.Kmeans(
            index.dim,
            lists,
            niter=_ROUNDS,
            seed=_SEED,
            spherical=True,
            min_points_per_centroid=1,
            max_points_per_centroid=_ROWS_A_LIST,
        )
        given = np.ascontiguousarray(rows, dtype=np.float32)
        faiss.omp_set_num_threads(os.cpu_count() or 1)  # Of this thread; see `search`.
        means.train(given)
        index._index = _in_lists(np.asarray(means.centroids))
        index._index.train(given)
        return index

    def __len__(self) -> int:
        """Return how many vectors there are."""
        return int(self._index.ntotal)

    @property
    def form(self) -> str:
        """What kind of index it is, in words."""
        return f"approximate, {self._lists:,} lists, 8 bits a number" if self._lists else "exact"

    def fits(self, count: int) -> bool:
        """Tell whether its form is the one for so many vectors."""
        if not self._lists:
            return count <= self._exact_up_to
        # What shrinks a little and grows again is not to be made anew each time.
        return self._exact_up_to // 2 < count <= _GROWTH * (self._lists / _LISTS + 1) ** 2

    def ids(self) -> Ids:
        """Return the ids there are, in no order."""
        with self._lock.shared():
            if not self._lists:
                found: Ids = faiss.vector_to_array(self._index.id_map).astype(np.int64)
                return found
            lists = self._index.invlists
            return np.concatenate(
                [
                    faiss.rev_swig_ptr(lists.get_ids(number), lists.list_size(number)).copy()
                    for number in range(self._lists)
                    if lists.list_size(number)
                ]
                or [np.zeros(0, np.int64)]
            )

    def add(self, ids: Sequence[int] | Ids, rows: Matrix) -> None:
        """Put vectors in, in place of those with the same ids.

        Args:
            ids: One a row, no id twice.
            rows: Unit rows, shape (n, dim).

        Raises:
            ValueError: The shape does not fit, an id occurs twice, or a number is not finite.
        """
        keys = np.asarray(ids, dtype=np.int64)
        if rows.shape != (len(keys), self.dim):
            raise ValueError(f"Expected rows of shape {(len(keys), self.dim)}, got {rows.shape}.")
        if len(np.unique(keys)) != len(keys):
            raise ValueError("An id occurs twice.")
        if not np.isfinite(rows).all():
            raise ValueError("A vector holds a number that is not finite.")
        if not len(keys):
            return
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        self._leave_file()
        with self._lock.alone():
            self._remove(keys)  # FAISS would keep both.
            self._index.add_with_ids(np.ascontiguousarray(rows, dtype=np.float32), keys)

    def remove(self, ids: Sequence[int] | Ids) -> int:
        """Take vectors out; return how many there were."""
        keys = np.asarray(ids, dtype=np.int64)
        if not len(keys) or not len(self):
            return 0
        self._leave_file()
        with self._lock.alone():
            return self._remove(keys)

    def search(self, query: Matrix, k: int, *, among: Ids | None = None) -> dict[int, float]:
        """Find the nearest vectors.

        Args:
            query: Unit vector, shape (dim,).
            k: The most to return.
            among: Only these ids count, if given. The fewer they are, the more lists the
                approximate form looks through, so that no more of them is missed than without.

        Returns:
            Cosines by id, highest first; ties go to the lower id.

        Raises:
            ValueError: The query has another length.
        """
        if query.shape != (self.dim,):
            raise ValueError(f"Expected a query of shape ({self.dim},), got {query.shape}.")
        if k <= 0 or (among is not None and not len(among)):
            return {}
        # Several threads for one vector are slower than one, and stand in the way of other
        # searches. FAISS keeps this for each thread that calls it.
        faiss.omp_set_num_threads(1)
        with self._lock.shared():
            if not len(self):
                return {}
            scores, ids = self._index.search(
                query[np.newaxis].astype(np.float32),
                # One more than asked for would not settle ties at the edge; all of them does,
                # but costs. Ties of cosines of different texts do not occur in practice.
                min(k, len(self)),
                params=self._parameters(k, among),
            )
        # FAISS pads a short answer with the id -1.
        keys, cosines = ids[0][ids[0] >= 0], np.clip(scores[0][ids[0] >= 0], -1.0, 1.0)
        order = np.lexsort((keys, -cosines))
        return dict(zip(keys[order].tolist(), cosines[order].tolist(), strict=True))

    def save(self, path: Path, head: SnapshotHead) -> None:
        """Write a snapshot, whole or not at all.

        Raises:
            OSError: It cannot be written.
        """
        with self._lock.shared():
            # FAISS's own way of giving the bytes would hold them in memory twice.
            write_snapshot(
                path,
                head,
                lambda file: faiss.write_index(
                    self._index,
                    faiss.PyCallbackIOWriter(file.write),  # type: ignore[attr-defined]
                ),
            )

    @property
    def _lists(self) -> int:
        """How many lists there are; none in the exact form."""
        return int(getattr(self._index, "nlist", 0))

    def _leave_file(self) -> None:
        """Copy what is mapped into memory: FAISS cannot change it where it lies."""
        if self._mapped is None:
            return
        with self._lock.shared():
            copy = _copied(self._index)
        with self._lock.alone():
            self._index, self._mapped = copy, None

    def _remove(self, keys: Ids) -> int:
        return int(self._index.remove_ids(faiss.IDSelectorBatch(keys)))

    def _parameters(self, k: int, among: Ids | None) -> faiss.SearchParameters | None:
        if not self._lists:
            if among is None:
                return None
            return faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]
        share = max(_PROBES / math.sqrt(self._lists), _SEEN_A_HIT * k / len(self))
        if among is None:
            return faiss.SearchParametersIVF(nprobe=self._probes(share))  # type: ignore[call-arg]
        # As many vectors that count are to be looked at as without a choice.
        share *= len(self) / len(among)
        probes = self._probes(share)
        return faiss.SearchParametersIVF(nprobe=probes, sel=_bits(among))  # type: ignore[call-arg]

    def _probes(self, share: float) -> int:
        return min(self._lists, math.ceil(share * self._lists))


def rows_to_train(size: int) -> int:
    """Return how many rows an approximate index for so many vectors is trained on, at the most."""
    return _lists(size) * _ROWS_A_LIST


def load_snapshot(
    path: Path, head: SnapshotHead, dim: int, *, exact_up_to: int = EXACT_UP_TO
) -> VectorIndex | None:
    """Read a snapshot of the same library and model, of this generation or an earlier one.

    The lists of an approximate index stay in the file and are read where they are searched.

    Args:
        path: The file.
        head: What the snapshot must have been made from.
        dim: Length of the vectors.
        exact_up_to: How many vectors the exact form is for; one of more is read all the same.

    Returns:
        The index; None if there is no such snapshot or it is not what was written.
    """
    try:
        with path.open("rb") as file:
            generation = read_head(file, head)
            if generation is None:  # FAISS may crash on bytes that it did not write.
                return None
            # Of the file that was looked at: there may be another one of its name by now.
            body = np.memmap(file, np.uint8, "r", offset=file.tell())
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(body), body.nbytes)  # type: ignore[attr-defined]
        loaded = faiss.read_index(reader)
    except (OSError, ValueError, RuntimeError):
        return None  # Nothing there, or written by a FAISS whose form this one does not know.
    if loaded.d != dim:
        return None
    index = VectorIndex(dim, exact_up_to=exact_up_to)
    if isinstance(loaded, faiss.IndexIDMap2):
        index._index = _copied(loaded)  # All of it is read by every search.
    elif isinstance(loaded, faiss.IndexIVFScalarQuantizer):
        index._index, index._mapped = loaded, body
    else:
        return None
    index.generation = generation
    return index


def _lists(size: int) -> int:
    return max(1, int(_LISTS * math.sqrt(size)))


def _in_lists(means: Matrix) -> faiss.IndexIVFScalarQuantizer:
    """Make an index with a list around each of the means."""
    lists, dim = means.shape
    coarse = faiss.IndexFlatIP(dim)
    coarse.add(means)
    return faiss.IndexIVFScalarQuantizer(
        coarse,
        dim,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # Of vectors, not of what is left of them without the means: as near, and plainer.
    )


def _copied(index: faiss.IndexIDMap2 | faiss.IndexIVFScalarQuantizer) -> faiss.Index:
    """Copy an index out of the file it lies in."""
    if isinstance(index, faiss.IndexIDMap2):
        exact = faiss.IndexIDMap2(faiss.IndexFlatIP(index.d))
        rows = index.index.reconstruct_n(0, index.ntotal)
        exact.add_with_ids(rows, faiss.vector_to_array(index.id_map).astype(np.int64))
        return exact
    copy = _in_lists(index.quantizer.reconstruct_n(0, index.nlist))
    copy.sq, copy.is_trained = index.sq, True
    index.copy_subset_to(copy, _BY_ID, 0, np.iinfo(np.int64).max)
    return copy


def _bits(among: Ids) -> faiss.IDSelectorBitmap:
    """Select ids by one bit each: the fastest where every vector of a list is asked for."""
    chosen = np.zeros(int(among.max()) + 1, np.bool_)
    chosen[among] = True
    bits = np.packbits(chosen, bitorder="little")
    return faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
