"""The machine that this runs on."""

import ctypes
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

_ARENA_MAX = -8  # M_ARENA_MAX of glibc.
_ARENAS = 2

# Lines of /proc/cpuinfo that are the same whenever they are read; on ARM there are other ones.
_TELLING = (
    *("vendor_id", "cpu family", "model", "stepping", "flags"),
    *("CPU implementer", "CPU part", "CPU variant", "CPU revision", "Features"),
)


def processors() -> int:
    """Return how many processors this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def instructions() -> str:
    """Name the processor and what it can do, so that no other kind of it is named so."""
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        # Of the first one; the others are like it.
        lines = takewhile(str.strip, file)
        return "".join(one for one in lines if one.startswith(_TELLING))
    return f"{platform.machine()} {platform.processor()}"


def keep_few_arenas() -> None:
    """Let threads that come later share the memory that they use and give back.

    Else glibc keeps for each of them what it once used: a service of ten threads that adds
    articles grew by a third in half a minute, and with two arenas stayed as it was.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # Another C library; then it stays as it is.
            ctypes.CDLL(None).mallopt(ctypes.c_int(_ARENA_MAX), ctypes.c_int(_ARENAS))


def allow_files(count: int) -> None:
    """Allow this process to have so many files and connections open, as far as it may say so."""
    with suppress(
        ImportError, OSError, ValueError
    ):  # Elsewhere than on Unix there is no such bound.
        import resource

        most, hardest = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count if hardest == resource.RLIM_INFINITY else min(count, hardest)
        if most != resource.RLIM_INFINITY and most < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hardest))
