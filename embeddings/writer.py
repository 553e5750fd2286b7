"""The lock that makes a process the only one that writes to a library."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from embeddings.errors import LibraryBusy, LibraryUnwritable


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
