"""SQLite files: opening, migrating, transactions, and what its errors mean to a user."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local
from typing import TypeVar
from zlib import crc32

from embeddings.errors import (
    BadRequest,
    LibraryBusy,
    LibraryDamaged,
    LibraryUnwritable,
    ParallaxError,
)

SQLITE_VERSION = sqlite3.sqlite_version
Row = sqlite3.Row
Connection = sqlite3.Connection
T = TypeVar("T")

# With 512 a question takes as long, and three files of ten threads 12 MB more.
_CACHE_KB = 128

# How long a connection waits for another one's transaction before it gives up.
_WAIT_SECONDS = 10.0

# What SQLite says, under the code of common errors, of a file that is not what we wrote.
_SIGNS_OF_DAMAGE = (
    "no such table",
    "no such column",
    "Could not decode to UTF-8",
    "unsupported file format",
    "already exists",  # Which the version in its head denies.
)

# What Python says of a row that has no column of a name.
_NO_COLUMN = "No item with that key"

_PATIENCE = {
    True: f"PRAGMA busy_timeout = {1000 * _WAIT_SECONDS:.0f}",
    False: "PRAGMA busy_timeout = 0",
}

# Every commit is synced, or only what is copied from the log into the file.
_SYNCHRONOUS = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}

_CURE = "Restore it from a copy; `parallax doctor` says what else is affected."

# The most values in one statement; SQLite takes 32,766 unless it was built to take more.
_MOST_VALUES = 30_000


class Database:
    """One SQLite file in WAL mode, with a connection of its own for every thread.

    Readers never wait for the writer. A folder that cannot be written is opened read-only.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str],
        *,
        durable: bool,
        read_only: bool = False,
        readable_since: int | None = None,
        cure: str = _CURE,
        may_begin: bool = True,
    ) -> None:
        """Open the file, make it if it is not there, and bring its tables up to date.

        Args:
            path: The file.
            migrations: SQL scripts; the file's `user_version` says how many were run.
            durable: Whether a transaction survives a power cut, at the price of a sync.
            read_only: Open an existing file and change nothing in it.
            readable_since: The earliest version that its reader can do with where the file
                cannot be brought up to date (see `version`); only the last one by default.
            cure: What is to be done if the file is damaged, a whole sentence.
            may_begin: Whether it may be a new one, without tables.

        Raises:
            LibraryDamaged: The file is no database of ours, or of a later version.
            LibraryUnwritable: It is not there and cannot be made.
        """
        self.path = path
        self.version = len(migrations)
        """Of the file's tables: earlier than the last only where it cannot be written."""
        self._durable = durable
        self._cure = cure
        self._may_begin = may_begin
        self._read_only = read_only or (path.exists() and not _writable(path))
        self._threads = local()
        self._open: list[sqlite3.Connection] = []
        self._lock = Lock()
        with self._errors():
            self._migrate(migrations, readable_since or len(migrations))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the file for as long as it is used."""
        with self._errors():
            connection = self._connection()
            if connection.in_transaction:  # Inside a transaction of this thread already.
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return all rows that one statement reads: those of one state, without a transaction."""
        with self._errors():
            return self._connection().execute(query, values).fetchall()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let all that this thread reads be of one state, the latest there is as this begins."""
        with self._errors():
            connection = self._connection()
            is_outermost = not connection.in_transaction
            if is_outermost:
                connection.execute("BEGIN")
                # A state is chosen by the first look at it.
                connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        try:
            yield
        finally:
            if is_outermost:
                connection.rollback()

    @property
    def is_held(self) -> bool:
        """Whether what this thread reads now is of one state."""
        with self._errors():
            return self._connection().in_transaction

    @contextmanager
    def writing(self, *, durable: bool = False, waits: bool = True) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction: all of it is kept, or nothing.

        Args:
            durable: Whether this one survives a power cut even if others need not.
            waits: Whether to wait for a while where another one is under way.

        Raises:
            LibraryBusy: Another one is under way.
            LibraryUnwritable: The file was opened read-only.
        """
        if self._read_only:  # SQLite would say so too, but not before it knows all columns.
            raise _unwritable(self.path)
        with self._errors():
            connection = self._connection()
            connection.execute(_SYNCHRONOUS[durable or self._durable])
            connection.execute(_PATIENCE[waits])
            try:
                yield from _transaction(connection)
            finally:
                connection.execute(_SYNCHRONOUS[self._durable])
                connection.execute(_PATIENCE[True])

    def copy_to(self, path: Path) -> None:
        """Write a compact copy of the file as it stands now."""
        with self._errors():
            self._connection().execute("VACUUM INTO ?", (str(path),))

    def replace_by(self, path: Path) -> None:
        """Take the contents of another file of the same kind, in one transaction.

        Who reads meanwhile, in whatever process, sees what was there before or what is there
        then. Only one process may write.
        """
        with self._errors():
            other = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                other.backup(self._connection())
            finally:
                other.close()

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing if it is sound."""
        with self._errors():
            found = self._connection().execute("PRAGMA integrity_check(20)").fetchall()
        return [row[0] for row in found if row[0] != "ok"]

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._threads = local()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            found = self._connect()
            self._threads.connection = found
            with self._lock:
                self._open.append(found)
        return found

    def _connect(self) -> sqlite3.Connection:
        if not self._read_only:
            connection = self._connect_as("mode=rwc")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_SYNCHRONOUS[self._durable])
            return connection
        try:
            connection = self._connect_as("mode=ro")
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            # WAL wants a file beside the database even to read. Where none can be made,
            # nobody writes either, so the file may be taken as it stands.
            connection = self._connect_as("mode=ro&immutable=1")
        return connection

    def _connect_as(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?{mode}",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        # Every thread has a cache of its own, of what the system keeps for all of them.
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        connection.execute("PRAGMA foreign_keys = ON")
        # SQLite's own NOCASE knows only the letters of ASCII.
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        connection.create_function("seal", -1, seal, deterministic=True)
        # A file from elsewhere may bring views and triggers along; they get no functions.
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def _migrate(self, migrations: Sequence[str], readable_since: int) -> None:
        connection = self._connection()
        version = self._version(connection)
        if version == len(migrations):
            return
        if not version and not self._may_begin:
            raise LibraryDamaged(
                f"{self.path} is empty, but there was something in it. {self._cure}"
            )
        if self._read_only and readable_since <= version < len(migrations):
            self.version = version
            return
        if self._read_only:
            raise LibraryDamaged(
                f"{self.path} is not in the form that this version of Parallax writes, and "
                "cannot be brought up to date where it cannot be written."
            )
        with self.writing() as connection:  # Look again: another process may have been first.
            version = self._version(connection)
            if version > len(migrations):
                raise LibraryDamaged(
                    f"{self.path} has version {version}; this Parallax knows versions up to "
                    f"{len(migrations)}. Use the newer Parallax that wrote it."
                )
            for script in migrations[version:]:
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _meaning(self.path, error, self._cure) from error
        except UnicodeEncodeError as error:  # Of a value that was to be looked up or kept.
            raise BadRequest(
                f"{error.object[:60]!r} holds half a character (a lone surrogate); write it "
                "whole or leave it out."
            ) from error
        except UnicodeDecodeError as error:  # Of a name or text that SQLite read from the file.
            raise _damaged(self.path, error, self._cure) from error
        except IndexError as error:
            if str(error) == _NO_COLUMN:  # Its name is another one in the file.
                raise _damaged(self.path, error, self._cure) from error
            raise


def _transaction(connection: Connection) -> Iterator[Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.rollback()
        raise
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise


def look_into(path: Path) -> tuple[int, list[str]]:
    """Look a SQLite file over that is not known to be of ours, and change nothing.

    Returns:
        The version of its tables, and what is wrong with it, a sentence each.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        return 0, [f"{error}."]
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        wrong = [
            f"{row[0]}."
            for row in connection.execute("PRAGMA integrity_check(20)").fetchall()
            if row[0] != "ok"
        ]
        # They would run when we read or write; ours has none.
        wrong += [
            f"it has a {kind} {name!r}."
            for kind, name in connection.execute(
                "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')"
            )
        ]
        return version, wrong
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return 0, [f"{error}."]
    finally:
        connection.close()


def in_memory() -> Connection:
    """Open a database that nobody else sees and that ends with the process."""
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def seal(*values: str | float | bytes | None) -> int:
    """Return a checksum over values: of a few bytes that changed together none goes unnoticed."""
    return crc32(repr(values).encode("utf-8", "surrogatepass"))


def _meaning(path: Path, error: sqlite3.Error, cure: str) -> Exception:
    """Turn an error of SQLite into one that says what to do; what is a bug stays as it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # Without the extended part.
    if any(sign in str(error) for sign in _SIGNS_OF_DAMAGE):
        return _damaged(path, error, cure)
    known: dict[int, ParallaxError] = {
        sqlite3.SQLITE_FULL: LibraryUnwritable(
            f"The disk is full: {path} cannot grow. What was reported as done is kept; free "
            "some space and do the rest again."
        ),
        sqlite3.SQLITE_IOERR: LibraryUnwritable(
            f"{path} cannot be read or written ({error}). Check the disk and its free space."
        ),
        sqlite3.SQLITE_READONLY: _unwritable(path),
        sqlite3.SQLITE_CANTOPEN: LibraryUnwritable(
            f"{path} cannot be opened ({error}). Check that its folder is there and yours."
        ),
        sqlite3.SQLITE_BUSY: LibraryBusy(
            f"{path} has been locked by another process for {_WAIT_SECONDS:.0f} seconds; try "
            "again when that one is done."
        ),
        sqlite3.SQLITE_CORRUPT: _damaged(path, error, cure),
        sqlite3.SQLITE_NOTADB: _damaged(path, error, cure),
    }
    return known.get(code, error)


def _unwritable(path: Path) -> LibraryUnwritable:
    return LibraryUnwritable(
        f"{path} cannot be written: it is read-only. Change its permissions, or choose another "
        "folder with --library."
    )


def _damaged(path: Path, error: Exception, cure: str) -> LibraryDamaged:
    # SQLite shows the text that it could not decode; messages end up in logs, texts must not.
    why = str(error).partition(" with text ")[0]
    return LibraryDamaged(f"{path} is damaged or of another kind ({why}). {cure}")


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def in_batches(values: Sequence[T]) -> Iterator[tuple[str, Sequence[T]]]:
    """Cut values into as many as one statement takes, each with its marks: "?,?,?"."""
    for start in range(0, len(values), _MOST_VALUES):
        batch = values[start : start + _MOST_VALUES]
        yield ",".join("?" * len(batch)), batch
