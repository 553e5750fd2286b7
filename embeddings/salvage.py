"""Reads the rows of a table of which some may be damaged."""

from collections.abc import Iterator

from embeddings.database import Database, Row
from embeddings.errors import LibraryDamaged

# How many are read at once: where that fails, they are read one by one.
_ROWS_A_READ = 256


def salvaged(database: Database, query: str, table: str) -> Iterator[Row | None]:
    """Give all rows, and None for each that may be there but cannot be read.

    Args:
        database: Where they are.
        query: What is read of them: a SELECT without conditions.
        table: Whose rows they are; it has an `id`.
    """
    with database.reading() as connection:
        (last,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    among = f"{query} WHERE {table}.id BETWEEN ? AND ? ORDER BY {table}.id"
    for start in range(1, last + 1, _ROWS_A_READ):
        end = min(start + _ROWS_A_READ - 1, last)
        try:
            yield from _between(database, among, start, end)
        except LibraryDamaged:
            for number in range(start, end + 1):
                yield from _one(database, among, number)


def _one(database: Database, among: str, number: int) -> list[Row] | list[None]:
    try:
        return _between(database, among, number, number)
    except LibraryDamaged:
        return [None]


def _between(database: Database, among: str, first: int, last: int) -> list[Row]:
    with database.reading() as connection:
        return connection.execute(among, (first, last)).fetchall()
