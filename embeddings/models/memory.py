"""Gives back memory that was only needed to load a model."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_DONTNEED = 4  # MADV_DONTNEED of Linux.


def give_back(path: Path) -> None:
    """Give back what a runtime took to load a file and has put in order elsewhere since.

    Pages of a mapped file that are asked for again come back from the file by themselves.

    Args:
        path: The file, which the runtime has mapped.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # Another C library; then it stays as it is.
        library = ctypes.CDLL(None)
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
            places, rights, *_ = line.split()
            if line.endswith(f" {path}") and rights == "r--s":
                start, end = (int(place, 16) for place in places.split("-"))
                library.madvise(
                    ctypes.c_void_p(start), ctypes.c_size_t(end - start), ctypes.c_int(_DONTNEED)
                )
        library.malloc_trim(ctypes.c_size_t(0))
