"""Gives back memory that a model needed for a while."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_DONTNEED = 4  # MADV_DONTNEED of Linux.


def give_back(path: Path) -> None:
    """Give back what a runtime took to load a file and has put in order elsewhere since.

    Also what was read of it where it lies: pages of a mapped file that are asked for again come
    back from the file by themselves. And memory that is free.

    Args:
        path: The file, which the runtime of the caller has mapped and keeps so.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # Another C library; then it stays as it is.
        library = ctypes.CDLL(None)
        places = _places(path)
        # Of several, another thread may just take one away, and put something else in its place.
        if len(places) == 1:
            start, end = places[0]
            library.madvise(
                ctypes.c_void_p(start), ctypes.c_size_t(end - start), ctypes.c_int(_DONTNEED)
            )
        library.malloc_trim(ctypes.c_size_t(0))


def _places(path: Path) -> list[tuple[int, int]]:
    """Return from where to where a file is mapped that is only read."""
    found = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        if line.endswith(f" {path}"):
            place, rights, *_ = line.split()
            start, _, end = place.partition("-")
            if rights == "r--s":
                found.append((int(start, 16), int(end, 16)))
    return found
