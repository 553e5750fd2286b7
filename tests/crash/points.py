"""Points at which a writer can be stopped: between any two things it does to its files."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embeddings.database import Connection, Database

_WRITES = {"os.rename", "os.remove", "os.truncate"}


def call_at_points(folder: Path, call: Callable[[], None]) -> None:
    """Have something called, from now on, before each step that may change a file of a folder.

    Steps are statements of SQLite; files opened to be written, synced, renamed and removed.
    """
    inside = str(folder)

    def heard(event: str, args: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(args[2], int) and args[2] & os.O_ACCMODE
        if (opened or event in _WRITES) and str(args[0]).startswith(inside):
            call()

    sys.addaudithook(heard)
    _call_before_syncs(call)
    _call_before_statements(call)


def _call_before_syncs(call: Callable[[], None]) -> None:
    sync = os.fsync

    def fsync(file: Any) -> None:  # noqa: ANN401  # Passed on as it comes.
        call()
        sync(file)

    os.fsync = fsync


def _call_before_statements(call: Callable[[], None]) -> None:
    connect = Database._connect_as

    def connect_as(self: Database, mode: str) -> Connection:
        connection = connect(self, mode)
        # What a library writes in hours comes to a checkpoint here, too.
        connection.execute("PRAGMA wal_autocheckpoint = 40")
        connection.set_trace_callback(lambda statement: call())
        return connection

    Database._connect_as = connect_as  # type: ignore[method-assign]
