"""Arrays in one snapshot, mapped from where they lie."""

import json
from collections.abc import Mapping, Sequence
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.snapshot import SnapshotHead, read_head, write_snapshot

Arrays = Mapping[str, npt.NDArray[Any]]

# So that numbers of any size can be read where they lie.
_ALIGNED = 64


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


def read_arrays(path: Path, head: SnapshotHead) -> dict[str, npt.NDArray[Any]] | None:
    """Map arrays that can be used; see `snapshot.read_head`.

    Args:
        path: The file.
        head: What they must have been made from.

    Returns:
        The arrays by name, not to be written to; None if there is no such file.
    """
    try:
        with path.open("rb") as file:
            if read_head(file, head) is None:
                return None
            specs = json.loads(file.readline())
            return _mapped(file, specs)
    except (OSError, ValueError, TypeError):
        return None


def _mapped(file: BufferedReader, specs: Sequence[Sequence[Any]]) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    start = file.tell()
    for name, kind, *shape in specs:
        dtype = np.dtype(kind)
        size = dtype.itemsize * int(np.prod(shape))
        # An empty array cannot be mapped.
        found[name] = (
            np.memmap(file, dtype, "r", start, tuple(shape)) if size else np.zeros(shape, dtype)
        )
        start += size + -size % _ALIGNED
    return found
