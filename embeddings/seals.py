"""Checksums of articles and passages, so that what a disk made of them is never quoted.

SQLite notices damage to the form of its file, not to what stands in it: a letter that became
another one would be read as it is. So all that is quoted, and where it is said to stand, is kept
with a checksum and compared with it whenever it is read.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import NoReturn

from embeddings.database import Connection, Row, seal
from embeddings.errors import LibraryDamaged

_HEADER = (
    *("number", "id", "title", "source", "url", "published", "language"),
    *("authors", "extra", "origin"),
)

HEADER = ", ".join([*(f"articles.{name}" for name in _HEADER), "article_seals.header"])
"""Columns of `check_header`, of articles joined with their seals."""

_BLOCKS = "start || '-' || \"end\" || '-' || label || '-' || reason"
SENTENCES = """(
    SELECT group_concat(one, char(10))
    FROM (
        SELECT start || '-' || "end" || '-' || whole AS one
        FROM sentences WHERE chunk = chunks.id ORDER BY start
    )
)"""
"""A chunk's sentences in text order, written as they are sealed; NULL if it has none."""

_TEXT = 'substr(articles.text, start + 1, "end" - start)'

_header = itemgetter(*_HEADER)
_passage = itemgetter("number", "article_id", "title", "start", "end", "text")

_UNSEALED = "(SELECT coalesce(max({0}), 0) FROM {1})"

_SEAL_ARTICLES = f"""
    INSERT INTO article_seals
    SELECT number, seal({", ".join(_HEADER)}), seal(number, text), seal((
        SELECT group_concat(one, char(10))
        FROM (SELECT {_BLOCKS} AS one FROM blocks WHERE article = number ORDER BY start)
    ))
    FROM articles WHERE number > {_UNSEALED.format("article", "article_seals")}
"""

_SEAL_CHUNKS = f"""
    INSERT INTO chunk_seals
    SELECT chunks.id, seal(number, articles.id, title, start, "end", {_TEXT}), seal({SENTENCES})
    FROM chunks JOIN articles ON number = article
    WHERE chunks.id > {_UNSEALED.format("chunk", "chunk_seals")}
"""


SEAL_ALL = f"{_SEAL_ARTICLES};\n{_SEAL_CHUNKS};\n"
"""A script that seals what came before there were seals."""


def seal_new(connection: Connection) -> None:
    """Seal the articles and chunks that came since the last ones were sealed: ids only grow."""
    connection.execute(_SEAL_ARTICLES)
    connection.execute(_SEAL_CHUNKS)


def check_header(row: Row) -> None:
    """Raise `LibraryDamaged` if what is known of an article is not what was written."""
    if seal(*_header(row)) != row["header"]:
        _damaged("what is known", row["id"])


def check_text(row: Row, expected: object) -> None:
    """Raise `LibraryDamaged` if an article's text is not what was written."""
    if seal(row["number"], row["text"]) != expected:
        _damaged("the text", row["id"])


def check_blocks(rows: Iterable[Row], article_id: str, expected: object) -> None:
    """Raise `LibraryDamaged` if an article's blocks, in text order, are not what was written."""
    if seal(_joined(rows, ("start", "end", "label", "reason"))) != expected:
        _damaged("the blocks", article_id)


def check_passage(row: Row) -> None:
    """Raise `LibraryDamaged` if a chunk's text or place is not what was written."""
    if seal(*_passage(row)) != row["text_seal"]:
        _damaged("a passage", row["article_id"])


def check_sentences(found: str | None, article_id: str, expected: object) -> None:
    """Raise `LibraryDamaged` if a chunk's `SENTENCES` are not what was written."""
    if seal(found) != expected:
        _damaged("the sentences of a passage", article_id)


def check_count(connection: Connection, count: int) -> None:
    """Raise `LibraryDamaged` if there are not as many chunks as were written."""
    (sealed,) = connection.execute("SELECT count(*) FROM chunk_seals").fetchone()
    if sealed != count:
        raise LibraryDamaged(
            f"The library is damaged: of {sealed} passages {count} are there. Restore it from a "
            "copy; `parallax doctor` says what else is affected."
        )


def _joined(rows: Iterable[Row], names: Iterable[str]) -> str | None:
    columns = tuple(names)
    lines = ["-".join(str(row[name]) for name in columns) for row in rows]
    return "\n".join(lines) if lines else None


def _damaged(what: str, article_id: object) -> NoReturn:
    raise LibraryDamaged(
        f"The library is damaged: {what} of the article {article_id!r} is not what was written. "
        "Remove that article and add it again, or restore the library from a copy; `parallax "
        "doctor` says what else is affected."
    )
