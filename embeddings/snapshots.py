"""Arrays kept in one file beside a library, whole or not at all, and read where they lie.

What is derived from the truth is kept like this to save the time of deriving it again. A file
that is damaged, of another form or of another library is as good as none.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

_ALIGNED = 64
_MOST_OF_LAST_LINE = 40
_BYTES_A_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """What arrays were made from.

    Attributes:
        kind: What they are, and in which form.
        library: Identity of the library.
        generation: Of the library, when they were made.
    """

    kind: str
    library: str
    generation: int


def write_arrays(path: Path, head: Head, arrays: Arrays) -> None:
    """Write arrays.

    Raises:
        OSError: They cannot be written.
    """
    checksum, size = 0, 0
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            for array in arrays.values():
                raw = np.ascontiguousarray(array).tobytes()
                raw += bytes(-len(raw) % _ALIGNED)
                file.write(raw)
                checksum, size = crc32(raw, checksum), size + len(raw)
            facts = {
                "kind": head.kind,
                "library": head.library,
                "generation": head.generation,
                "arrays": [[name, one.dtype.str, *one.shape] for name, one in arrays.items()],
                "crc32": checksum,
                "bytes": size,
            }
            # At the end, since only there all of it is known; the last line is its place.
            line = json.dumps(facts).encode() + b"\n"
            file.write(line + f"{size} {crc32(line)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_arrays(path: Path, head: Head) -> dict[str, npt.NDArray[Any]] | None:
    """Map arrays that were made from the same library, at this generation or an earlier one.

    Args:
        path: The file.
        head: What they must have been made from.

    Returns:
        The arrays by name, not to be written to; None if there is no such file.
    """
    facts = _facts(path)
    if facts is None:
        return None
    try:
        same = (facts["kind"], facts["library"]) == (head.kind, head.library)
        if not same or facts["generation"] > head.generation:
            return None
        if _checksum(path, facts["bytes"]) != facts["crc32"]:
            return None
        return _mapped(path, facts["arrays"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def generation_of(path: Path) -> int | None:
    """Return the generation that arrays were made from; None if there is no saying."""
    facts = _facts(path)
    generation = None if facts is None else facts.get("generation")
    return generation if isinstance(generation, int) else None


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            file.seek(-min(_MOST_OF_LAST_LINE, path.stat().st_size), os.SEEK_END)
            *_, last, end = file.read().split(b"\n")
            place, checksum = map(int, last.split())
            file.seek(place)
            line = file.readline()
            if end or crc32(line) != checksum:
                return None
            facts = json.loads(line)
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _checksum(path: Path, size: int) -> int:
    # Read, not mapped: what is mapped and touched counts as the process's memory.
    checksum = 0
    with path.open("rb") as file:
        while size > 0 and (raw := file.read(min(size, _BYTES_A_READ))):
            checksum, size = crc32(raw, checksum), size - len(raw)
    return checksum


def _mapped(path: Path, specs: list[list[Any]]) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    start = 0
    for name, kind, *shape in specs:
        dtype = np.dtype(kind)
        size = dtype.itemsize * int(np.prod(shape))
        # An empty array cannot be mapped.
        found[name] = (
            np.memmap(path, dtype, "r", start, tuple(shape)) if size else np.zeros(shape, dtype)
        )
        start += size + -size % _ALIGNED
    return found
