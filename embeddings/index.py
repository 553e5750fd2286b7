"""Nearest-neighbour search over chunk vectors. The only module that imports FAISS."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import faiss
import numpy as np

from embeddings.store import Ids
from embeddings.vectors import Matrix

_MAGIC = b"parallax-index-1\n"


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """What a snapshot was made from; one that was made from something else is not used.

    Attributes:
        library: Identity of the library.
        fingerprint: Of the model whose vectors it holds.
        generation: Of the library, when it was made.
    """

    library: str
    fingerprint: str
    generation: int


class VectorIndex:
    """Exact search by cosine over unit vectors, each under an id of its own.

    Searching while another thread changes the index is the caller's to prevent.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))

    def __len__(self) -> int:
        """Return how many vectors there are."""
        return int(self._index.ntotal)

    def ids(self) -> Ids:
        """Return the ids there are, in no order."""
        found: Ids = faiss.vector_to_array(self._index.id_map).astype(np.int64)
        return found

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
        self.remove(keys)  # FAISS would keep both.
        if len(keys):
            self._index.add_with_ids(np.ascontiguousarray(rows, dtype=np.float32), keys)

    def remove(self, ids: Sequence[int] | Ids) -> int:
        """Take vectors out; return how many there were."""
        keys = np.asarray(ids, dtype=np.int64)
        if not len(keys) or not len(self):
            return 0
        return int(self._index.remove_ids(faiss.IDSelectorBatch(keys)))

    def search(self, query: Matrix, k: int, *, among: Ids | None = None) -> dict[int, float]:
        """Find the nearest vectors.

        Args:
            query: Unit vector, shape (dim,).
            k: The most to return.
            among: Only these ids count, if given.

        Returns:
            Cosines by id, highest first; ties go to the lower id.

        Raises:
            ValueError: The query has another length.
        """
        if query.shape != (self.dim,):
            raise ValueError(f"Expected a query of shape ({self.dim},), got {query.shape}.")
        if not len(self) or k <= 0:
            return {}
        selector = None if among is None else faiss.IDSelectorBatch(among)
        scores, ids = self._index.search(
            query[np.newaxis].astype(np.float32),
            # One more than asked for would not settle ties at the edge; all of them does, but
            # costs. Ties of cosines of different texts do not occur in practice.
            min(k, len(self)),
            params=None if selector is None else faiss.SearchParameters(sel=selector),  # type: ignore[call-arg]
        )
        # FAISS pads a short answer with the id -1.
        pairs = [
            (int(key), float(min(1.0, max(-1.0, score))))
            for key, score in zip(ids[0], scores[0], strict=True)
            if key >= 0
        ]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def save(self, path: Path, head: SnapshotHead) -> None:
        """Write a snapshot, whole or not at all.

        Raises:
            OSError: It cannot be written.
        """
        body = faiss.serialize_index(self._index).tobytes()
        facts = {
            "library": head.library,
            "fingerprint": head.fingerprint,
            "generation": head.generation,
            "sha256": sha256(body).hexdigest(),
        }
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                file.write(_MAGIC + json.dumps(facts).encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def snapshot_generation(path: Path) -> int | None:
    """Return the generation a snapshot says it was made from; None if there is no saying."""
    try:
        with path.open("rb") as file:
            if file.readline() != _MAGIC:
                return None
            return int(json.loads(file.readline())["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_snapshot(path: Path, head: SnapshotHead, dim: int) -> VectorIndex | None:
    """Read a snapshot of the same library and model, of this generation or an earlier one.

    Args:
        path: The file.
        head: What the snapshot must have been made from.
        dim: Length of the vectors.

    Returns:
        The index; None if there is no such snapshot or it is not what was written.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start, _, rest = data.partition(b"\n")
    facts_line, _, body = rest.partition(b"\n")
    if start + b"\n" != _MAGIC:
        return None
    try:
        facts = json.loads(facts_line)
        same = (facts["library"], facts["fingerprint"]) == (head.library, head.fingerprint)
        earlier = facts["generation"] <= head.generation
        sound = facts["sha256"] == sha256(body).hexdigest()
    except (ValueError, KeyError, TypeError):
        return None
    if not (same and earlier and sound):
        return None
    try:
        loaded = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
    except RuntimeError:  # Written by a FAISS whose form this one does not know.
        return None
    if not isinstance(loaded, faiss.IndexIDMap2) or loaded.d != dim:
        return None
    index = VectorIndex(dim)
    index._index = loaded
    return index
