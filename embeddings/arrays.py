"""Arrays in one snapshot, mapped from where they lie or read part by part."""

import json
import math
import os
from collections.abc import Collection, Mapping, Sequence
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any, Protocol
from weakref import finalize

import numpy as np
import numpy.typing as npt

from embeddings.errors import LibraryDamaged
from embeddings.snapshot import SnapshotHead, read_head, write_snapshot

Arrays = Mapping[str, npt.NDArray[Any]]

# So that numbers of any size can be read where they lie.
_ALIGNED = 64


class Parts(Protocol):
    """What rows that stand one after the other are asked of: an array, or one in a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> npt.NDArray[Any]: ...


class StoredArray:
    """An array that stays in its file: rows of it are read when they are asked for.

    Of a file that is mapped the system maps what lies around each row too, and all that was ever
    looked at counts as memory of the process.
    """

    def __init__(
        self, file: BufferedReader, dtype: np.dtype[Any], start: int, shape: tuple[int, ...]
    ) -> None:
        """Say where it lies.

        Args:
            file: What it is in; it may be closed.
            dtype: Of a number.
            start: Where it begins, in bytes.
            shape: Of the array; it is read by its first dimension.
        """
        self._dtype = dtype
        self._start = start
        self._size, *self._row = shape
        self._path = file.name
        self._file = os.dup(file.fileno())
        finalize(self, os.close, self._file)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._size

    def __getitem__(self, part: slice, /) -> npt.NDArray[Any]:
        """Read rows that stand one after the other.

        Raises:
            LibraryDamaged: The file has become shorter.
            ValueError: Some between them are left out.
        """
        first, last, step = part.indices(self._size)
        if step != 1:
            raise ValueError(f"Expected rows that stand one after the other, got {part}.")
        found = np.empty((max(0, last - first), *self._row), self._dtype)
        left = found.reshape(-1).view(np.uint8).data
        place = self._start + first * self._dtype.itemsize * math.prod(self._row)
        while left:
            read = os.preadv(self._file, [left], place)
            if not read:
                raise LibraryDamaged(
                    f"{self._path} ends at byte {place}, and more was written to it. It is made "
                    "anew when Parallax is started again."
                )
            left, place = left[read:], place + read
        return found


def write_arrays(path: Path, head: SnapshotHead, arrays: Arrays) -> None:
    """Write arrays, whole or not at all.

    Raises:
        OSError: They cannot be written.
    """

    def write(file: BufferedRandom) -> None:
        specs = [[name, one.dtype.str, *one.shape] for name, one in arrays.items()]
        line = json.dumps(specs).encode()
        file.write(line + b" " * (-(file.tell() + len(line) + 1) % _ALIGNED) + b"\n")
        for array in arrays.values():
            raw = np.ascontiguousarray(array).tobytes()
            file.write(raw + bytes(-len(raw) % _ALIGNED))

    write_snapshot(path, head, write)


def read_arrays(
    path: Path, head: SnapshotHead, *, by_parts: Collection[str] = ()
) -> dict[str, Any] | None:
    """Map arrays that can be used; see `snapshot.read_head`.

    Args:
        path: The file.
        head: What they must have been made from.
        by_parts: Those of them that are to stay in the file, if the system can read parts of it;
            see `Parts`.

    Returns:
        The arrays by name, not to be written to; None if there is no such file.
    """
    try:
        with path.open("rb") as file:
            if read_head(file, head) is None:
                return None
            specs = json.loads(file.readline())
            return _found(file, specs, by_parts if hasattr(os, "preadv") else ())
    except (OSError, ValueError, TypeError):
        return None


def _found(
    file: BufferedReader, specs: Sequence[Sequence[Any]], by_parts: Collection[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    start = file.tell()
    for name, kind, *shape in specs:
        dtype = np.dtype(kind)
        size = dtype.itemsize * math.prod(shape)
        if not size:  # It cannot be mapped.
            found[name] = np.zeros(shape, dtype)
        elif name in by_parts:
            found[name] = StoredArray(file, dtype, start, tuple(shape))
        else:
            found[name] = np.memmap(file, dtype, "r", start, tuple(shape))
        start += size + -size % _ALIGNED
    return found
