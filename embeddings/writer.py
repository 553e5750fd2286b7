"""Locks: what makes a process the only one that writes to a library, and shows that it still does.

All are let go of when a process dies, however it does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from embeddings.errors import LibraryBusy, LibraryUnwritable

# Held in a folder that something is written in before it gets its name.
_HELD = "parallax-at-work.lock"


@contextmanager
def only_writer(folder: Path, wait_seconds: float) -> Iterator[None]:
    """Be the only writer to the library in a folder, of all threads and processes.

    Args:
        folder: Where the library lies.
        wait_seconds: How long to wait for another writer before saying that it is busy.

    Raises:
        LibraryBusy: Another process is writing.
        LibraryUnwritable: The folder is read-only.
    """
    lock = FileLock(folder / "write.lock", timeout=wait_seconds)
    note = folder / "writer"
    try:
        lock.acquire()
    except Timeout as error:
        holder = note.read_text() if note.exists() else "unknown"
        raise LibraryBusy(
            f"Process {holder} has been writing to {folder} for over {wait_seconds:.0f} seconds; "
            "try again when it is done."
        ) from error
    except OSError as error:
        raise LibraryUnwritable(
            f"{folder} cannot be written: {error.strerror}. Change its permissions, or choose "
            "another folder with --library."
        ) from error
    try:
        with suppress(OSError):  # Only a help for those who wait.
            note.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Let others see that what lies in a folder is still being written; see `is_abandoned`.

    Args:
        folder: An empty folder.
    """
    lock = FileLock(folder / _HELD, blocking=False)
    try:
        lock.acquire()
    except OSError:  # Where nothing can be locked, what is left stays.
        (folder / _HELD).unlink(missing_ok=True)
    try:
        yield
    finally:
        lock.release()


def is_abandoned(folder: Path) -> bool:
    """Tell whether a process died while it wrote in a folder: not before that is certain."""
    try:
        # It is locked before anything else is in it, so nobody is just about to.
        names = {path.name for path in folder.iterdir()}
        if _HELD not in names or len(names) == 1:
            return False
        with FileLock(folder / _HELD, blocking=False):
            return True
    except OSError:  # It is held, or cannot be.
        return False
