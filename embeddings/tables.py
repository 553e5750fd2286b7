"""The tables of a store, row by row: what Store does inside its transactions."""

import json
from collections.abc import Iterator, Mapping, Sequence

from embeddings import seals
from embeddings.article import Article, Span
from embeddings.chunks import Chunk, Sentence
from embeddings.database import Connection, Row, in_batches
from embeddings.errors import LibraryDamaged
from embeddings.fulltext import quoted
from embeddings.served import LibraryState, ServedModel, check_same
from embeddings.stored import Filters, PreparedArticle, StoredChunk

# Articles whose chunks are exchanged by one statement.
_ARTICLES_A_CUT = 500


def state(connection: Connection) -> LibraryState:
    """Return what a store says of itself."""
    facts = connection.execute("SELECT name, value FROM library").fetchall()
    return LibraryState.of({row["name"]: row["value"] for row in facts})


def keep(connection: Connection, name: str, value: object) -> None:
    """Keep a fact of the library under its name."""
    connection.execute("INSERT OR REPLACE INTO library VALUES (?, ?)", (name, value))


def serve_first(connection: Connection, served: ServedModel) -> None:
    """Serve a model if none is served yet, else see that it is the same."""
    before = state(connection).served
    if before is None:
        keep(connection, "model", served.to_json())
    else:
        check_same(before, served.name, served.fingerprint, served.precision)


def cut_anew(connection: Connection, cut: Mapping[int, Sequence[Chunk]]) -> None:
    """Put chunks of articles in place of theirs, some articles at a time."""
    numbers = sorted(cut)
    for start in range(0, len(numbers), _ARTICLES_A_CUT):
        among = ",".join(map(str, map(int, numbers[start : start + _ARTICLES_A_CUT])))
        articles = connection.execute(
            f"SELECT number, title, text FROM articles WHERE number IN ({among}) ORDER BY number"
        ).fetchall()
        _delete_chunks(connection, f"number IN ({among})", ())
        _insert_chunks(
            connection,
            [(row["number"], row["title"], row["text"], cut[row["number"]]) for row in articles],
        )


def _delete_chunks(connection: Connection, which: str, values: Sequence[object]) -> None:
    """Remove the chunks of articles, and the words of both.

    Args:
        connection: Of the store.
        which: A condition on articles, in SQL.
        values: What stands for its question marks.
    """
    chunks = (
        f"SELECT chunks.id FROM chunks JOIN articles ON number = article WHERE articles.{which}"
    )
    for statement in (
        "INSERT INTO chunk_words (chunk_words, rowid, text) "
        f"SELECT 'delete', rowid, text FROM chunk_terms WHERE rowid IN ({chunks})",
        f"DELETE FROM chunk_terms WHERE rowid IN ({chunks})",
        f"DELETE FROM article_terms WHERE rowid IN (SELECT number FROM articles WHERE {which})",
        # Sentences go with their chunks by themselves.
        f"DELETE FROM chunks WHERE article IN (SELECT number FROM articles WHERE {which})",
    ):
        connection.execute(statement, tuple(values))


def delete(connection: Connection, article_id: str) -> bool:
    """Remove an article with all that is of it; tell whether it was there."""
    _delete_chunks(connection, "id = ?", (article_id,))
    # Blocks go with their article by themselves.
    return connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount > 0


def advance(connection: Connection) -> None:
    """Begin a later generation: what was derived from earlier ones is behind."""
    connection.execute("UPDATE library SET value = value + 1 WHERE name = 'generation'")


def there(connection: Connection, article_ids: Sequence[str]) -> list[str]:
    """Return those of the ids that articles have."""
    return [
        row["id"]
        for marks, batch in in_batches(article_ids)
        for row in connection.execute(f"SELECT id FROM articles WHERE id IN ({marks})", batch)
    ]


def insert(connection: Connection, articles: Sequence[PreparedArticle]) -> None:
    """Keep articles, whose ids no others have."""
    # Table by table, with ids given out here: one statement a row costs more than the row.
    numbered = list(enumerate(articles, start=_next(connection, "articles")))
    connection.executemany(
        "INSERT INTO articles (number, id, title, text, source, url, published, language, "
        "authors, extra, origin, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, *_columns(one)) for number, one in numbered),
    )
    connection.executemany(
        "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",
        (
            (number, block.span.start, block.span.end, block.label, block.reason)
            for number, one in numbered
            for block in one.blocks
        ),
    )
    _insert_chunks(
        connection,
        [(number, one.article.title, one.article.text, one.chunks) for number, one in numbered],
    )


def _insert_chunks(
    connection: Connection, articles: Sequence[tuple[int, str, str, Sequence[Chunk]]]
) -> None:
    """Keep the chunks of articles, which come by number, title and text, and the words of both."""
    of_chunks = [
        (number, title, text, chunk) for number, title, text, own in articles for chunk in own
    ]
    chunks = list(enumerate(of_chunks, start=_next(connection, "chunks")))
    connection.executemany(
        'INSERT INTO chunks (id, article, start, "end") VALUES (?, ?, ?, ?)',
        (
            (chunk_id, number, chunk.span.start, chunk.span.end)
            for chunk_id, (number, _, _, chunk) in chunks
        ),
    )
    connection.executemany(
        "INSERT INTO sentences VALUES (?, ?, ?, ?)",
        (
            (chunk_id, sentence.span.start, sentence.span.end, sentence.whole)
            for chunk_id, (_, _, _, chunk) in chunks
            for sentence in chunk.sentences
        ),
    )
    texts = [(chunk_id, title, chunk.span.of(text)) for chunk_id, (_, title, text, chunk) in chunks]
    connection.executemany("INSERT INTO chunk_terms (rowid, title, text) VALUES (?, ?, ?)", texts)
    connection.executemany(
        "INSERT INTO chunk_words (rowid, text) VALUES (?, ?)",
        ((chunk_id, text) for chunk_id, _, text in texts),
    )
    connection.executemany(
        "INSERT INTO article_terms (rowid, title, text) VALUES (?, ?, ?)",
        (
            (number, title, "\n".join(chunk.span.of(text) for chunk in own))
            for number, title, text, own in articles
            if own
        ),
    )


def _next(connection: Connection, table: str) -> int:
    """Return the id that SQLite would give to the next row: one that was never used."""
    (last,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table,)
    ).fetchone()
    return int(last) + 1


def _columns(one: PreparedArticle) -> tuple[object, ...]:
    article = one.article
    return (
        article.id,
        article.title,
        article.text,
        article.source,
        article.url,
        article.published,
        article.language,
        json.dumps(article.authors, ensure_ascii=False),
        json.dumps(dict(article.extra), ensure_ascii=False),
        article.origin,
        one.digest,
    )


def is_sound(row: Row) -> bool:
    """Tell whether an article is what was written."""
    try:
        seals.check_header(row)
        seals.check_text(row, row["text_seal"])
    except LibraryDamaged:
        return False
    return True


def article_of(row: Row) -> Article:
    """Make an article of its row, if that is what was written.

    Raises:
        LibraryDamaged: It is not.
    """
    seals.check_header(row)
    return Article(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        source=row["source"],
        url=row["url"],
        published=row["published"],
        language=row["language"],
        authors=tuple(json.loads(row["authors"])),
        extra=json.loads(row["extra"]),
        origin=row["origin"],
    )


def chunks_where(
    connection: Connection, condition: str, values: Sequence[object]
) -> Iterator[StoredChunk]:
    """Give chunks with their sentences, in the order of their ids, each as it was written.

    Args:
        connection: Of the store.
        condition: On chunks and articles, in SQL.
        values: What stands for its question marks.

    Raises:
        LibraryDamaged: One is not what was written.
    """
    for row in passages_where(connection, condition, values, sentences=seals.SENTENCES):
        article_id, written = row["article_id"], row["sentences"]
        seals.check_sentences(written, article_id, row["sentences_seal"])
        yield StoredChunk(
            id=row["chunk"],
            article_id=article_id,
            span=Span(row["start"], row["end"]),
            text=row["text"],
            sentences=tuple(map(_sentence, written.split("\n"))) if written else (),
        )


def _sentence(written: str) -> Sentence:
    """Read a sentence as `seals.SENTENCES` writes it."""
    start, end, whole = written.split("-")
    return Sentence(Span(int(start), int(end)), whole != "0")


def passages_where(
    connection: Connection, condition: str, values: Sequence[object], *, sentences: str = "NULL"
) -> Iterator[Row]:
    """Give chunks with their articles, in the order of their ids, each as it was written.

    Args:
        connection: Of the store.
        condition: On chunks and articles, in SQL.
        values: What stands for its question marks.
        sentences: What is told of their sentences, in SQL.
    """
    for row in connection.execute(
        'SELECT chunks.id AS chunk, number, articles.id AS article_id, title, start, "end", '
        # SQLite counts code points from 1, as we count them from 0.
        'substr(articles.text, start + 1, "end" - start) AS text, '
        "chunk_seals.text AS text_seal, chunk_seals.sentences AS sentences_seal, "
        # In one row: at each one that is read, another thread may take the interpreter.
        f"{sentences} AS sentences FROM chunks JOIN articles ON number = article "
        f"LEFT JOIN chunk_seals ON chunk = chunks.id WHERE {condition} ORDER BY chunks.id",
        tuple(values),
    ):
        seals.check_passage(row)
        yield row


def condition_of(filters: Filters) -> tuple[str, list[str]]:
    """Return a condition on chunks and articles, and what stands for its question marks."""
    holding = "(SELECT rowid FROM chunk_words WHERE chunk_words MATCH ?)"
    tests = {
        "casefold(source) = casefold(?)": filters.source,
        "substr(published, 1, 10) >= ?": filters.since,
        "substr(published, 1, 10) <= ?": filters.until,
        f"chunks.id IN {holding}": " AND ".join(map(quoted, filters.holds)) or None,
        f"chunks.id NOT IN {holding}": " OR ".join(map(quoted, filters.lacks)) or None,
    }
    used = {test: value for test, value in tests.items() if value is not None}
    return " AND ".join(used) or "1", list(used.values())
