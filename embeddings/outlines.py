"""Outlines of texts, kept beside their vectors: what was found out by reading them.

To label, to split and to count tokens takes longer than to choose sentences. Of the text itself
an outline holds only what it says of its origin.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from operator import lt
from zlib import crc32

from embeddings.article import Article, Span
from embeddings.chunks import Chunk, Sentence
from embeddings.database import Connection, Database, Row
from embeddings.salvage import salvaged

OUTLINES_SINCE = 6
"""The version of a cache's tables that has outlines."""

OUTLINES_TABLE = """
    CREATE TABLE outlines (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        rules TEXT NOT NULL,
        content BLOB NOT NULL,
        checksum INTEGER NOT NULL
    );
"""

# What other rules made makes room for what those at hand make.
_KEEP = """
    INSERT INTO outlines (key, rules, content, checksum) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        (rules, content, checksum) = (excluded.rules, excluded.content, excluded.checksum)
"""
_TAKE = f"{_KEEP} WHERE outlines.rules <> excluded.rules AND excluded.rules = ?"

_CURE = "it will be made again when it is needed."

_OUTLINES = "SELECT id, key, rules, content, checksum FROM outlines"


@dataclass(frozen=True, slots=True)
class Outline:
    """What is found out about a text without a model's vectors.

    Attributes:
        title: Headline, or "".
        source: Outlet or agency, or None.
        url: Where it was published, or None.
        published: Date or time in ISO 8601, or None.
        language: ISO 639-1 code, or None; not looked for where it is known.
        authors: Names in the order given.
        chunks: Runs of body sentences in text order.
    """

    title: str
    source: str | None
    url: str | None
    published: str | None
    language: str | None
    authors: tuple[str, ...]
    chunks: Sequence[Chunk]

    def fill(self, article: Article) -> Article:
        """Return the article with its empty fields filled from its own text."""
        return replace(
            article,
            title=article.title or self.title,
            source=article.source or self.source,
            url=article.url or self.url,
            published=article.published or self.published,
            authors=article.authors or self.authors,
            language=article.language or self.language,
        )

    def packed(self) -> bytes:
        """Return the form in which it is kept."""
        fields = [self.title, self.source, self.url, self.published, self.language]
        chunks = [
            [at for one in chunk.sentences for at in (one.span.start, one.span.end, int(one.whole))]
            for chunk in self.chunks
        ]
        return json.dumps([fields, self.authors, chunks], separators=(",", ":")).encode()


def unpacked(content: bytes, text: str) -> Outline | None:
    """Read a kept outline; None if it can be none of this text.

    Nothing is taken for granted: it may come from a file of another's making.
    """
    # What is nested too deep ends in a RecursionError.
    with suppress(ValueError, TypeError, RecursionError):
        (title, *others), authors, rows = json.loads(content)
        source, url, published, language = others
        words = [title, *authors, *(one for one in others if one is not None)]
        if set(map(type, words)) <= {str} and _fit(rows, len(text)):
            "".join(words).encode()  # A ValueError if one is not Unicode.
            chunks = list(map(_chunk, rows))
            return Outline(title, source, url, published, language, tuple(authors), chunks)
    return None


def _fit(rows: Sequence[Sequence[int]], length: int) -> bool:
    """Tell whether the chunks have sentences that follow one another within a text."""
    numbers = list(chain.from_iterable(rows))
    starts, ends = numbers[0::3], numbers[1::3]
    places = [0, *chain.from_iterable(zip(starts, ends, strict=True)), length]
    return (
        all(row and len(row) % 3 == 0 for row in rows)
        and set(map(type, places)) == {int}
        and places == sorted(places)
        and all(map(lt, starts, ends))
    )


def _chunk(row: Sequence[int]) -> Chunk:
    return Chunk(
        tuple(
            Sentence(Span(start, end), whole == 1)
            for start, end, whole in zip(row[0::3], row[1::3], row[2::3], strict=True)
        )
    )


class Outlines:
    """The outlines in a cache's file, by the digest of what they were made of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, key: bytes, rules: str) -> bytes | None:
        """Return a packed outline; None if there is none by these rules, or not as written.

        Args:
            key: Of what it was made of.
            rules: By which it was made.
        """
        if not self._is_there:
            return None
        found = self._database.rows(f"{_OUTLINES} WHERE key = ? AND rules = ?", (key, rules))
        return next((row["content"] for row in found if _sound(row)), None)

    def keep(self, key: bytes, rules: str, content: bytes) -> None:
        """Keep a packed outline, if no other process is writing: it can be made again."""
        with self._database.writing(waits=False) as connection:
            connection.execute(_KEEP, (key, rules, content, _checksum(key, rules, content)))

    def sizes(self) -> tuple[int, int]:
        """Return how many there are, and how many bytes they are."""
        if not self._is_there:
            return 0, 0
        [(count, size)] = self._database.rows(
            "SELECT count(*), coalesce(sum(length(content)), 0) FROM outlines"
        )
        return count, size

    def damages(self) -> Iterator[str]:
        """Say what is wrong with them, a sentence each."""
        if self._is_there:
            with self._database.reading() as connection:
                for row in connection.execute(f"{_OUTLINES} ORDER BY id"):
                    if not _sound(row):
                        yield f"Outline {row['id']} is damaged; {_CURE}"

    def take_from(self, other: "Outlines", connection: Connection, rules: str) -> int:
        """Take in those of another file that are not here, or are here by other rules.

        Args:
            other: Those of the other file.
            connection: In a transaction that writes to this one.
            rules: Those at hand.

        Returns:
            How many are damaged, and left out.
        """
        damaged = 0
        for row in salvaged(other._database, _OUTLINES, "outlines") if other._is_there else ():
            if row is None or not _sound(row):
                damaged += 1
                continue
            values = (row["key"], row["rules"], row["content"], row["checksum"])
            connection.execute(_TAKE, (*values, rules))
        return damaged

    @property
    def _is_there(self) -> bool:
        """Whether the file has a table of them; one of an earlier version has none."""
        return self._database.version >= OUTLINES_SINCE


def _sound(row: Row) -> bool:
    """Tell whether an outline is what was written; nothing is taken for granted of its types."""
    key, rules, content = row["key"], row["rules"], row["content"]
    return (
        isinstance(key, bytes)
        and isinstance(rules, str)
        and isinstance(content, bytes)
        and _checksum(key, rules, content) == row["checksum"]
    )


def _checksum(key: bytes, rules: str, content: bytes) -> int:
    # Over the key too: an outline must not come to stand under the key of another text.
    return crc32(content, crc32(rules.encode("utf-8", "surrogatepass"), crc32(key)))
