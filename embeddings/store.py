"""The truth of a library: articles, their blocks, chunks and sentences, and the terms in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import local

import numpy as np

from embeddings import changes, seals, tables
from embeddings.article import Article, Block, Label, Span
from embeddings.chunks import Chunk
from embeddings.database import Connection, Database, in_batches
from embeddings.errors import LibraryChanged, LibraryDamaged, UnknownArticle
from embeddings.fulltext import PhraseRows, best_rows, phrase_rows, quoted
from embeddings.served import Edition, LibraryState, ServedModel
from embeddings.stored import ChunkText, Filters, Ids, PreparedArticle, StoredChunk, UncutArticle
from embeddings.wal import check_log, check_not_emptied
from embeddings.words import WORDS, are_words_sound, make_words

_SCHEMAS = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql")

STORE_VERSION = len(_SCHEMAS)
"""Of the tables of a store that this version writes."""

# Lies beside articles if there are any.
_WORDS_FILE = "words.index"

_SEALED = "FROM articles LEFT JOIN article_seals ON article = number"

# All of an article with its seals, and all but its text.
_WHOLE = (
    "SELECT articles.*, header, article_seals.text AS text_seal, "
    f"article_seals.blocks AS blocks_seal {_SEALED}"
)
_HEADERS = f"SELECT {seals.HEADER}, '' AS text {_SEALED}"


class Store:
    """Articles and what was found out about their texts, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the store, make it if it is not there.

        Raises:
            LibraryDamaged: The file is not a store.
            LibraryUnwritable: It is not there and cannot be made.
        """
        scripts = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCHEMAS]
        scripts[-1] += seals.SEAL_ALL
        check_not_emptied(path)
        check_log(path)
        words = path.with_name(_WORDS_FILE)
        were_articles = path.exists() and words.exists() and words.stat().st_size > 0
        self._database = Database(path, scripts, durable=True, may_begin=not were_articles)
        self._thread = local()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def check(self) -> list[str]:
        """Return what is wrong with the form of the file; nothing if it is sound."""
        return [f"{one}. Restore the library from a copy." for one in self._database.check()]

    def damages(self) -> list[str]:
        """Return what is not as it was written, of articles and their words, a sentence each."""
        with self._database.reading() as connection:
            ids = [row["id"] for row in connection.execute("SELECT id FROM articles ORDER BY id")]
        return [
            *(damage for name in ids if (damage := self._damage(name))),
            *self._damages_of_words(),
        ]

    def _damage(self, article_id: str) -> str | None:
        try:
            self.article(article_id)
            self.blocks(article_id)
            self.chunks_of([article_id])
        except LibraryDamaged as error:
            return str(error)
        return None

    def _damages_of_words(self) -> Iterator[str]:
        for table in WORDS:
            try:
                with self._database.reading() as connection:
                    is_sound = are_words_sound(connection, table)
            except LibraryDamaged:
                is_sound = False
            if not is_sound:
                yield (
                    f"the words by which articles are searched ({table}) are not those of the "
                    "articles. Run `parallax doctor --mend`."
                )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let all that this thread reads be of one state, whatever others change meanwhile."""
        with self._database.holding():
            outer = getattr(self._thread, "held", None)
            # Whatever follows the store asks for its state, again and again within one answer.
            self._thread.held = [] if outer is None else outer
            try:
                yield
            finally:
                self._thread.held = outer

    @property
    def is_reading(self) -> bool:
        """Whether what this thread reads now is of one state."""
        return self._database.is_held

    def copy_to(self, path: Path) -> None:
        """Write a copy of the store as it stands now to a new file."""
        self._database.copy_to(path)

    # What changes it

    def put(
        self, prepared: Iterable[PreparedArticle], *, served: ServedModel | None = None
    ) -> None:
        """Keep articles, each in place of the one with its id, in one transaction.

        Args:
            prepared: The articles.
            served: The model that they were prepared for. A library that serves none yet serves
                it from here on.

        Raises:
            ModelChanged: The library serves another one.
        """
        articles = {one.article.id: one for one in prepared}
        with self._changing() as connection:
            if served is not None:
                tables.serve_first(connection, served)
            for article_id in tables.there(connection, list(articles)):
                tables.delete(connection, article_id)
            tables.insert(connection, list(articles.values()))
            tables.advance(connection)

    def remove(self, article_ids: Sequence[str]) -> None:
        """Remove articles, in one transaction: all or, if one is not there, none.

        Raises:
            UnknownArticle: One of them is not there.
        """
        with self._changing() as connection:
            for article_id in article_ids:
                if not tables.delete(connection, article_id):
                    raise UnknownArticle(article_id)
            tables.advance(connection)

    def switch(self, served: ServedModel, cut: Mapping[int, Sequence[Chunk]]) -> None:
        """Go over to another model, in one transaction.

        Args:
            served: The model.
            cut: Chunks of articles that are others for it, by the article's number; an article
                that is not there any more has none.
        """
        with self._changing() as connection:
            if cut:
                tables.cut_anew(connection, cut)
                tables.keep(connection, "cut", tables.state(connection).edition.cut + 1)
            tables.keep(connection, "model", served.to_json())
            tables.advance(connection)

    def replace_by(self, path: Path) -> None:
        """Take the contents of another store, in one transaction; see `Database.replace_by`."""
        self._database.replace_by(path)

    def renew(self, generation: int) -> None:
        """Become another library of the same articles: one that was restored from a backup.

        Ids are given out from where the backup was made, so they may mean something else than
        what bore them in the library before.

        Args:
            generation: Its own is to be later than this one, too.
        """
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE library SET value = lower(hex(randomblob(16))) WHERE name = 'identity'"
            )
            tables.keep(
                connection, "generation", max(generation, tables.state(connection).generation)
            )
            tables.advance(connection)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Give a connection in a transaction at whose end all that is new is sealed."""
        with self._database.writing() as connection:
            yield connection
            seals.seal_new(connection)

    def mend_words(self) -> None:
        """Make anew, from the articles, the words by which they are searched."""
        with self._database.writing() as connection:
            for table in WORDS:
                make_words(connection, table)

    # What it knows

    def state(self) -> LibraryState:
        """Return all that the library says of itself, at one moment."""
        held: list[LibraryState] | None = getattr(self._thread, "held", None)
        if held:
            return held[0]
        with self._database.reading() as connection:
            state = tables.state(connection)
        if held is not None:
            held.append(state)
        return state

    def generation(self, edition: Edition | None = None) -> int:
        """Return a number that grows with every change.

        Args:
            edition: What must not have changed meanwhile.

        Raises:
            LibraryChanged: It has.
        """
        state = self.state()
        if edition is not None and state.edition != edition:
            raise LibraryChanged
        return state.generation

    def identity(self) -> str:
        """Return what tells this library from every other."""
        return self.state().edition.identity

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks and sentences there are."""
        with self._database.reading() as connection:
            return {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("articles", "chunks", "sentences")
            }

    def digests(self, article_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the digests of those of the articles that are there.

        One that is damaged has an empty digest, so that it is put again.
        """
        with self._database.reading() as connection:
            return {
                row["id"]: row["digest"] if tables.is_sound(row) else b""
                for marks, batch in in_batches(article_ids)
                for row in connection.execute(f"{_WHOLE} WHERE id IN ({marks})", batch)
            }

    def id_by_origin(self, origin: str) -> str | None:
        """Return the id of the article that was read from a file."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id FROM articles WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else str(row["id"])

    def article(self, article_id: str) -> Article:
        """Return an article.

        Raises:
            UnknownArticle: It is not there.
        """
        with self._database.reading() as connection:
            row = connection.execute(f"{_WHOLE} WHERE id = ?", (article_id,)).fetchone()
        if row is None:
            raise UnknownArticle(article_id)
        seals.check_text(row, row["text_seal"])
        return tables.article_of(row)

    def articles(self, *, after: str = "", limit: int = 100) -> list[Article]:
        """Return a page of articles in the order of their ids, texts left empty.

        Args:
            after: The page starts with the first id behind this one.
            limit: The most articles on the page.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_HEADERS} WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            ).fetchall()
        return [tables.article_of(row) for row in rows]

    def headers(self, article_ids: Sequence[str]) -> dict[str, Article]:
        """Return those of the articles that are there, texts left empty, by id."""
        with self._database.reading() as connection:
            return {
                row["id"]: tables.article_of(row)
                for marks, batch in in_batches(article_ids)
                for row in connection.execute(f"{_HEADERS} WHERE id IN ({marks})", batch)
            }

    def blocks(self, article_id: str) -> list[Block]:
        """Return an article's blocks in text order; none if it is not there."""
        with self._database.reading() as connection:
            found = connection.execute(f"{_WHOLE} WHERE id = ?", (article_id,)).fetchone()
            rows = connection.execute(
                'SELECT start, blocks."end", label, reason FROM blocks JOIN articles '
                "ON number = article WHERE id = ? ORDER BY start",
                (article_id,),
            ).fetchall()
        if found is not None:
            seals.check_blocks(rows, article_id, found["blocks_seal"])
        return [
            Block(Span(row["start"], row["end"]), Label(row["label"]), row["reason"])
            for row in rows
        ]

    def chunk_ids(self) -> Ids:
        """Return the ids of all chunks, rising."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM chunks ORDER BY id").fetchall()
            seals.check_count(connection, len(rows))
        return np.fromiter((row["id"] for row in rows), np.int64, len(rows))

    def article_count(self) -> int:
        """Return how many articles there are."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])

    def chunk_count(self) -> int:
        """Return how many chunks there are."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def chunk_changes(self, known: Ids) -> tuple[Ids, Ids]:
        """Return the ids of the chunks that went and of those that came, rising.

        Args:
            known: Ids of all the chunks that there were at some time, in any order.
        """
        with self._database.reading() as connection:
            return changes.since(connection, np.sort(known))

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, StoredChunk]:
        """Return those of the chunks that are there, by id."""
        with self._database.reading() as connection:
            return {
                chunk.id: chunk
                for marks, batch in in_batches(chunk_ids)
                for chunk in tables.chunks_where(connection, f"chunks.id IN ({marks})", batch)
            }

    def outermost(self, count: int) -> list[StoredChunk]:
        """Return so many chunks, half of them the first there are and half the last."""
        with self._database.reading() as connection:
            rows = [
                row
                for order in ("ASC", "DESC")
                for row in connection.execute(
                    f"SELECT id FROM chunks ORDER BY id {order} LIMIT ?", (count // 2,)
                )
            ]
            return list(self.chunks([row["id"] for row in rows]).values())

    def chunks_of(self, article_ids: Sequence[str]) -> list[StoredChunk]:
        """Return all chunks of articles, article by article, in text order."""
        with self._database.reading() as connection:
            found = [
                chunk
                for marks, batch in in_batches(article_ids)
                for chunk in tables.chunks_where(connection, f"articles.id IN ({marks})", batch)
            ]
        place = {article_id: number for number, article_id in enumerate(article_ids)}
        return sorted(found, key=lambda chunk: (place[chunk.article_id], chunk.span))

    def passing(self, filters: Filters) -> Ids:
        """Return the ids of the chunks that pass, rising."""
        condition, values = tables.condition_of(filters)
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT chunks.id FROM chunks JOIN articles ON number = article "
                f"WHERE {condition} ORDER BY chunks.id",
                values,
            ).fetchall()
        return np.fromiter((row["id"] for row in rows), np.int64, len(rows))

    def match(self, words: Sequence[str], filters: Filters, k: int) -> dict[int, float]:
        """Find the chunks that hold any of the words, by stem, in their text or their title.

        Args:
            words: Query words; an empty list finds nothing.
            filters: Which chunks count.
            k: The most chunks to return.

        Returns:
            BM25 of the best chunks by id, as a share of the most that the words could reach
            (above 0, up to 1), best first; ties go to the lower id.
        """
        condition, values = tables.condition_of(filters)
        with self._database.reading() as connection:
            found = best_rows(
                connection,
                "chunk_terms",
                words,
                k,
                join="JOIN chunks ON chunks.id = chunk_terms.rowid "
                "JOIN articles ON number = article",
                key="chunks.id",
                condition=condition,
                values=values,
            )
        return {int(chunk_id): share for chunk_id, share in found}

    def match_articles(self, words: Sequence[str], filters: Filters, k: int) -> dict[str, float]:
        """Find the articles that hold any of the words, as `match` finds chunks.

        An article counts if one of its chunks does.
        """
        condition, values = tables.condition_of(filters)
        if filters:
            among = (
                f"SELECT article FROM chunks JOIN articles ON number = article WHERE {condition}"
            )
            condition = f"number IN ({among})"
        with self._database.reading() as connection:
            found = best_rows(
                connection,
                "article_terms",
                words,
                k,
                join="JOIN articles ON number = article_terms.rowid",
                key="articles.id",
                condition=condition,
                values=values,
            )
        return {str(article_id): share for article_id, share in found}

    def texts(self, chunk_ids: Sequence[int]) -> list[ChunkText]:
        """Return those of the chunks that are there as they are searched by words, rising."""
        with self._database.reading() as connection:
            # Not of the full-text index, whose texts have no seals.
            return [
                ChunkText(row["chunk"], row["number"], row["title"], row["text"])
                for marks, batch in in_batches(chunk_ids)
                for row in tables.passages_where(connection, f"chunks.id IN ({marks})", batch)
            ]

    def phrase(self, words: str) -> tuple[PhraseRows, PhraseRows]:
        """Return what words next to each other give to chunks and to articles that hold them.

        Chunks come by their ids, articles by their numbers.
        """
        with self._database.reading() as connection:
            return (
                phrase_rows(connection, "chunk_terms", words),
                phrase_rows(connection, "article_terms", words),
            )

    def words_in(self, words: Sequence[str], chunk_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return for each of the chunks which of the words its text holds, by stem.

        They come in their order; the title of its article does not count.
        """
        held: dict[int, list[str]] = {chunk_id: [] for chunk_id in chunk_ids}
        with self._database.reading() as connection:
            for word in dict.fromkeys(words):
                for marks, batch in in_batches(chunk_ids):
                    rows = connection.execute(
                        "SELECT rowid FROM chunk_terms "
                        f"WHERE chunk_terms MATCH ? AND rowid IN ({marks})",
                        (f"text : {quoted(word)}", *batch),
                    )
                    for row in rows:
                        held[row["rowid"]].append(word)
        return held

    def numbers(self, *, after: int = 0, limit: int = -1) -> list[int]:
        """Return the numbers of articles, rising.

        Args:
            after: They start with the first one behind this.
            limit: The most to return; all if below 0.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number FROM articles WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            ).fetchall()
        return [row["number"] for row in rows]

    def uncut(self, numbers: Sequence[int]) -> list[UncutArticle]:
        """Return those of the articles that are there, with all that it takes to cut them anew."""
        with self._database.reading() as connection:
            rows = [
                row
                for marks, batch in in_batches(numbers)
                for row in connection.execute(
                    "SELECT number, id, title, text FROM articles "
                    f"WHERE number IN ({marks}) ORDER BY number",
                    batch,
                )
            ]
            chunks: dict[str, list[StoredChunk]] = {}
            for chunk in self.chunks_of([row["id"] for row in rows]):
                chunks.setdefault(chunk.article_id, []).append(chunk)
            return [
                UncutArticle(
                    row["number"],
                    row["title"],
                    row["text"],
                    self.blocks(row["id"]),
                    chunks.get(row["id"], []),
                )
                for row in rows
            ]
