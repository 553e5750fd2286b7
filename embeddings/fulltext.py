"""Words searched with SQLite's full-text index: BM25, brought to a scale that means something."""

import math
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain
from threading import Lock
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings.database import Connection, in_memory

Table = Literal["chunk_terms", "article_terms"]

# What a word in the title counts beside one in the text; see benchmarks/README.md.
TITLE_WEIGHT, _TEXT_WEIGHT = 2, 1

# FTS5's own: how much of its weight a word can give at most, however often it stands there
# (1 + k1), and the least that a word weighs, if it stands almost everywhere.
MOST_OF_A_WORD = 2.2
_LEAST_WEIGHT = 1e-6

# Between these, FTS5 begins a new word whatever stands around them; what else it takes for a
# part of a word, it is asked.
_PIECE = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")

# Pieces whose terms are remembered: the words that most texts are made of.
_MOST_PIECES = 200_000


class PhraseRows(NamedTuple):
    """The rows that hold a phrase, rising, and what it gives to the BM25 of each."""

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]


class Tokenizer:
    """Cuts texts into the terms that FTS5 finds them by, each a number of 63 bits.

    FTS5 itself says what the terms of a word are, once a word.
    """

    def __init__(self) -> None:
        self._connection = in_memory()
        self._connection.execute(
            "CREATE VIRTUAL TABLE pieces USING fts5 (text, content = '', "
            'tokenize = "porter unicode61 remove_diacritics 2")'
        )
        self._connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (pieces, instance)")
        self._known: dict[str, tuple[int, ...]] = {}
        self._lock = Lock()

    def terms(self, texts: Iterable[str]) -> list[list[int]]:
        """Return the terms of texts, in order."""
        pieces = [_PIECE.findall(text) for text in texts]
        with self._lock:
            known = self._learnt(set(chain.from_iterable(pieces)))
        return [list(chain.from_iterable(map(known.__getitem__, one))) for one in pieces]

    def _learnt(self, pieces: set[str]) -> dict[str, tuple[int, ...]]:
        if len(self._known) > _MOST_PIECES:
            self._known = {}
        new = [piece for piece in pieces if piece not in self._known]
        if not new:
            return self._known
        run = self._connection.execute
        run("BEGIN")
        self._connection.executemany(
            "INSERT INTO pieces (rowid, text) VALUES (?, ?)", enumerate(new)
        )
        found: list[list[int]] = [[] for _ in new]
        for place, term in run("SELECT doc, term FROM terms ORDER BY doc, offset"):
            found[place].append(_number(term))
        run("INSERT INTO pieces (pieces) VALUES ('delete-all')")
        run("COMMIT")
        self._known.update(zip(new, map(tuple, found), strict=True))
        return self._known


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
        f"SELECT {key} AS key, -bm25({table}, {TITLE_WEIGHT}, {_TEXT_WEIGHT}) AS score "
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
    weights = [weight(row_count, count) for count in holders if count]
    unknown = len(holders) - len(weights)
    return MOST_OF_A_WORD * (sum(weights) + unknown * max(weights, default=0.0))


def weight(row_count: int, holders: int) -> float:
    """Return what a word weighs that so many of all rows hold, as FTS5 has it."""
    return max(math.log((row_count - holders + 0.5) / (holders + 0.5)), _LEAST_WEIGHT)


def phrase_rows(connection: Connection, table: Table, words: str) -> PhraseRows:
    """Find the rows that hold words next to each other, by stem, in title or text."""
    rows = connection.execute(
        f"SELECT rowid, -bm25({table}, {TITLE_WEIGHT}, {_TEXT_WEIGHT}) FROM {table} "
        f"WHERE {table} MATCH ? ORDER BY rowid",
        (quoted(words),),
    ).fetchall()
    return PhraseRows(
        np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows])
    )


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


def _number(term: str) -> int:
    digest = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
