"""The full-text tables of a store: compared with the articles, and made anew from them."""

from contextlib import closing
from itertools import zip_longest

from embeddings.database import Connection

_OF_CHUNKS = "FROM chunks JOIN articles ON number = article"
_TEXT = 'substr(articles.text, start + 1, "end" - start)'

WORDS = {
    "chunk_terms": f"(rowid, title, text) SELECT chunks.id, title, {_TEXT} {_OF_CHUNKS}",
    "chunk_words": f"(rowid, text) SELECT chunks.id, {_TEXT} {_OF_CHUNKS}",
    "article_terms": "(rowid, title, text) SELECT article, title, group_concat(text, char(10)) "
    f"FROM (SELECT article, title, {_TEXT} AS text {_OF_CHUNKS} ORDER BY article, start) "
    "GROUP BY article",
}
"""Names of the tables, and what puts into one all that belongs there."""


def are_words_sound(connection: Connection, table: str) -> bool:
    """Tell whether a full-text table finds what it would if it were made now."""
    run = connection.execute
    run(_schema(connection, table).replace(table, "temp.words_made_now", 1))
    try:
        run(f"INSERT INTO temp.words_made_now {WORDS[table]}")
        run(f"CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, {table}, instance)")
        run("CREATE VIRTUAL TABLE temp.expected USING fts5vocab (words_made_now, instance)")
        places = "SELECT term, doc, col, offset FROM temp.{}"
        with (
            closing(run(places.format("found"))) as found,
            closing(run(places.format("expected"))) as expected,
        ):
            return all(one == other for one, other in zip_longest(found, expected))
    finally:
        for name in ("found", "expected", "words_made_now"):
            run(f"DROP TABLE IF EXISTS temp.{name}")


def make_words(connection: Connection, table: str) -> None:
    """Make a full-text table anew."""
    schema = _schema(connection, table)
    connection.execute(f"DROP TABLE {table}")
    connection.execute(schema)
    connection.execute(f"INSERT INTO {table} {WORDS[table]}")


def _schema(connection: Connection, table: str) -> str:
    (found,) = connection.execute(
        "SELECT sql FROM main.sqlite_schema WHERE name = ?", (table,)
    ).fetchone()
    return str(found)
