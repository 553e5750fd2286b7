"""Vectors of sentences at a byte a number: enough to choose whose exact ones are to be read.

A question is compared with every sentence of some hundred passages. Their exact vectors are
megabytes that lie far apart; these are a quarter of it, side by side, found by the passage's id.
They are derived and can be thrown away at any time; no score that is shown comes from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from embeddings.database import Database, in_batches
from embeddings.errors import LibraryChanged, ParallaxError
from embeddings.stored import Ids
from embeddings.vectors import Matrix

_SCHEMA = """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL);
    CREATE TABLE sketches (
        chunk INTEGER PRIMARY KEY,
        rows BLOB NOT NULL,  -- each: dim numbers of a byte, then what a step of them is
        checksum INTEGER NOT NULL
    );
"""

_STEPS = 127
_SCALE_BYTES = 4

ERROR = 0.004
"""A cosine from a sketch differs from the exact one by less than this."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors of several passages, one passage after the other.

    Attributes:
        vectors: Their rows, shape (n, dim).
        counts: How many rows each passage has.
    """

    vectors: Matrix
    counts: Ids

    def closest(self, query: Matrix) -> npt.NDArray[np.float64]:
        """Return each passage's highest cosine with a query; -1 for one without a row."""
        best = np.full(len(self.counts), -1.0)
        own = self.counts > 0
        if own.any():
            starts = (np.cumsum(self.counts) - self.counts)[own]
            # Not BLAS: for so few numbers its threads wait longer for each other than they work.
            cosines = np.einsum("ij,j->i", self.vectors, query)
            best[own] = np.maximum.reduceat(cosines, starts)
        return np.clip(best, -1.0, 1.0, out=best)


class Sketches:
    """Rough vectors by passage, in one SQLite file; what is damaged there is as good as absent."""

    def __init__(self, path: Path, dim: int) -> None:
        """Open the file, make it if it is not there.

        Raises:
            LibraryDamaged: It is none of ours.
            LibraryUnwritable: It is not there and cannot be made.
        """
        self._dim = dim
        self._database = Database(path, [_SCHEMA], durable=False)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def fact(self, name: str) -> str | None:
        """Return what was noted under a name."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def generation(self) -> int:
        """Return the generation of the library that was noted last; 0 if none was."""
        return int(self.fact("generation") or 0)

    def ids(self) -> Ids:
        """Return the ids of the passages there are, rising."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT chunk FROM sketches ORDER BY chunk").fetchall()
        return np.fromiter((row[0] for row in rows), np.int64, len(rows))

    def change(
        self,
        library: str,
        *,
        put: Iterable[tuple[int, Matrix]] = (),
        drop: Iterable[int] = (),
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Keep and remove passages' rows and note facts, in one transaction.

        Args:
            library: The identity of the library that the passages are of.
            put: Rows of passages by their ids.
            drop: Ids of passages.
            facts: What is noted under names.

        Raises:
            LibraryChanged: What is there is of another library: one that was restored meanwhile.
        """
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO facts VALUES ('library', ?)", (library,))
            noted = connection.execute("SELECT value FROM facts WHERE name = 'library'").fetchone()
            if noted[0] != library:
                raise LibraryChanged
            connection.executemany("DELETE FROM sketches WHERE chunk = ?", ((one,) for one in drop))
            connection.executemany(
                "INSERT OR REPLACE INTO sketches VALUES (?, ?, ?)",
                (
                    (chunk, blob, crc32(blob, chunk))
                    for chunk, rows in put
                    for blob in [sketched(rows)]
                ),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (facts or {}).items()
            )

    def clear(self, library: str | None = None) -> None:
        """Remove all there is, as from a new file; who has it open sees that.

        Args:
            library: The identity of the library that it is of from then on, if that is another.
        """
        with self._database.writing() as connection:
            connection.execute("DELETE FROM sketches")
            connection.execute("DELETE FROM facts")
            if library is not None:
                connection.execute("INSERT INTO facts VALUES ('library', ?)", (library,))

    def read(self, chunk_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the sketches of those of the passages that have one; see `rows_of`."""
        size = self._dim + _SCALE_BYTES
        with self._database.reading() as connection:
            return {
                chunk: blob
                for marks, batch in in_batches(chunk_ids)
                for chunk, blob, checksum in connection.execute(
                    f"SELECT chunk, rows, checksum FROM sketches WHERE chunk IN ({marks})", batch
                )
                if isinstance(blob, bytes)
                and len(blob) % size == 0
                and crc32(blob, chunk) == checksum
            }


def sketched(rows: Matrix) -> bytes:
    """Write rows at a byte a number."""
    steps = np.abs(rows).max(axis=1, initial=0.0, keepdims=True).astype("<f4") / _STEPS
    numbers = np.divide(rows, steps, out=np.zeros_like(rows), where=steps > 0)
    codes = np.rint(numbers).astype(np.int8)
    return np.concatenate([codes.view(np.uint8), steps.view(np.uint8)], axis=1).tobytes()


def rows_of(sketches: Sequence[bytes], dim: int) -> Rows:
    """Read what `sketched` wrote of several passages."""
    size = dim + _SCALE_BYTES
    counts = np.array([len(one) // size for one in sketches], np.int64)
    raw = np.frombuffer(b"".join(sketches), np.uint8).reshape(-1, size)
    steps = np.ascontiguousarray(raw[:, dim:]).view("<f4")
    vectors: Matrix = raw[:, :dim].view(np.int8) * steps
    return Rows(vectors, counts)


def clear_later(path: Path, generation: int) -> None:
    """Empty a file of sketches that was made at a later generation of the library."""
    with suppress(ParallaxError):  # One that is damaged is made anew by who reads it.
        sketches = Sketches(path, 1)
        try:
            if sketches.generation() > generation:
                sketches.clear()
        finally:
            sketches.close()
