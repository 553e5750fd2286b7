"""Words searched with SQLite's full-text index: BM25, brought to a scale that means something."""

import math
from collections.abc import Sequence
from typing import Literal

from embeddings.database import Connection

Table = Literal["chunk_terms", "article_terms"]

# What a word in the title counts beside one in the text; see benchmarks/README.md.
_TITLE_WEIGHT, _TEXT_WEIGHT = 2.0, 1.0

# FTS5's own: how much of its weight a word can give at most, however often it stands there
# (1 + k1), and the least that a word weighs, if it stands almost everywhere.
_MOST_OF_A_WORD = 2.2
_LEAST_WEIGHT = 1e-6


def best_rows(
    connection: Connection,
    table: Table,
    words: Sequence[str],
    k: int,
    *,
    join: str,
    key: str,
    condition: str = "1",
    values: Sequence[object] = (),
) -> list[tuple[str | int, float]]:
    """Find the rows that hold any of the words, by stem, in title or text.

    Args:
        connection: Of the store.
        table: Where to look.
        words: Query words; one that is repeated counts as often.
        k: The most rows to return.
        join: SQL that joins to the table what `key` and `condition` name.
        key: What a row is called in the answer; ties go to the lower one.
        condition: Which rows count, in SQL.
        values: What stands for the question marks of the condition.

    Returns:
        Keys, each with its BM25 as a share of the most that the words could reach in the
        table (see `most_reachable`): above 0, up to 1. The best comes first.
    """
    if not words:
        return []
    rows = connection.execute(
        f"SELECT {key} AS key, -bm25({table}, {_TITLE_WEIGHT}, {_TEXT_WEIGHT}) AS score "
        f"FROM {table} {join} WHERE {table} MATCH ? AND {condition} "
        "ORDER BY score DESC, key LIMIT ?",
        (" OR ".join(map(quoted, words)), *values, k),
    ).fetchall()
    if not rows:
        return []
    most = most_reachable(_row_count(connection, table), _holders(connection, table, words))
    return [(row["key"], min(1.0, row["score"] / most)) for row in rows]


def most_reachable(row_count: int, holders: Sequence[int]) -> float:
    """Return the BM25 of a row that holds every word of a question beyond all measure.

    With it scores of different questions can be compared: a share of it says how much of what
    was asked for is there. A word that nobody has counts as the rarest of the others; else the
    less a library knew of a question, the better its answers would seem.

    Source: Bruch, Gai & Ingber (2023), "An Analysis of Fusion Functions for Hybrid Retrieval",
    who bring scores to scale by their theoretical minimum; here by the theoretical maximum.

    Args:
        row_count: How many rows there are.
        holders: How many of them hold each word of the question.

    Returns:
        What FTS5's formula tends to; 0 if no row holds any of the words.
    """
    weights = [
        max(math.log((row_count - count + 0.5) / (count + 0.5)), _LEAST_WEIGHT)
        for count in holders
        if count
    ]
    unknown = len(holders) - len(weights)
    return _MOST_OF_A_WORD * (sum(weights) + unknown * max(weights, default=0.0))


def quoted(word: str) -> str:
    """Make a word a string of the full-text query language, whatever is in it."""
    return '"' + word.replace('"', '""').replace("\0", " ") + '"'  # NUL would end the query.


def _row_count(connection: Connection, table: Table) -> int:
    # The table itself would be read with all its texts.
    (count,) = connection.execute(f"SELECT count(*) FROM {table}_docsize").fetchone()
    return int(count)


def _holders(connection: Connection, table: Table, words: Sequence[str]) -> list[int]:
    """Count for each of the words the rows that hold it."""
    counts = {
        word: connection.execute(
            f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (quoted(word),)
        ).fetchone()[0]
        for word in set(words)
    }
    return [counts[word] for word in words]
