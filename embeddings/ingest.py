"""The road from what was read to what is kept: named, labelled, split, embedded, stored."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from embeddings.article import Article, Block, Label, content_id
from embeddings.cache import CachedEncoder
from embeddings.chunks import chunk_article
from embeddings.encoder import Passage, passage_at
from embeddings.errors import BadArticle
from embeddings.furniture import label_blocks
from embeddings.language import detect_language
from embeddings.metadata import read_metadata
from embeddings.models.tokens import TokenCounter
from embeddings.readers import Refusal
from embeddings.store import PreparedArticle, Store

# Raised when labels, sentences, chunks, the fields that the text itself fills or what is embedded
# come out differently for the same text, so that adding an article again brings it up to date.
_ROAD_VERSION = 3

# A novel of a thousand pages has two to three million characters; what is longer is no article.
_MOST_CHARACTERS = 5_000_000
_MOST_ID_CHARACTERS = 512

# Articles wait until this many chunks, or articles, are kept together: enough to fill the
# model's batches, few enough to lose little to an interruption.
_CHUNKS_A_BATCH = 256
_ARTICLES_A_BATCH = 512


class Status(StrEnum):
    """What became of an article."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one article.

    Attributes:
        id: What it is called in the library, or what it came as if it was refused.
        status: What became of it.
        error: Why it was refused.
        language: ISO 639-1 code of the language of an article that was added or updated, or
            None.
    """

    id: str
    status: Status
    error: str | None = None
    language: str | None = None


class Preparer:
    """Finds out about an article's text all that can be found without a model's vectors."""

    def __init__(self, encoder: CachedEncoder) -> None:
        self._encoder = encoder

    @cached_property
    def _counter(self) -> TokenCounter:
        return TokenCounter(self._encoder.profile)

    def prepare(self, article: Article, digest: bytes = b"") -> PreparedArticle:
        """Label, split and chunk an article; fill its empty fields from its own text."""
        blocks = label_blocks(article.text, title=article.title)
        chunks = chunk_article(
            article.text,
            blocks,
            self._counter.count,
            max_tokens=self._encoder.profile.max_tokens,
        )
        found = read_metadata(article.text, blocks)
        article = replace(
            article,
            title=article.title or found.title or "",
            source=article.source or found.source,
            url=article.url or found.url,
            published=article.published or found.published,
            authors=article.authors or found.authors,
            language=article.language or detect_language(_body(article.text, blocks)),
        )
        return PreparedArticle(article, digest, blocks, chunks)


class Ingest:
    """One run of adding articles to a library. Only one at a time may write."""

    def __init__(
        self,
        store: Store,
        encoder: CachedEncoder,
        preparer: Preparer,
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            store: Where the articles are kept.
            encoder: What embeds their chunks; the vectors end up in its cache.
            preparer: What labels, splits and chunks their texts.
            on_passages: Told how many more chunks and titles are embedded, again and again.
        """
        self._store = store
        self._encoder = encoder
        self._on_passages = on_passages
        self._preparer = preparer
        self._seen: dict[str, bytes] = {}
        self._waiting: list[tuple[Result, PreparedArticle | None]] = []

    def add(self, items: Iterable[Article | Refusal]) -> Iterator[Result]:
        """Add articles, or update those that are there already.

        A result is given only when it holds: the article is on disk. So the run may be
        interrupted anywhere, and repeated.

        Args:
            items: What was read; refusals are passed on as results.

        Returns:
            One result an item, in order, in batches.
        """
        for item in items:
            self._waiting.append(self._take(item))
            if self._is_full():
                yield from self._flush()
        yield from self._flush()

    def _take(self, item: Article | Refusal) -> tuple[Result, PreparedArticle | None]:
        """Return what will have become of an item, and what must be kept for that."""
        if isinstance(item, Refusal):
            return Result(item.origin, Status.REFUSED, item.reason), None
        try:
            check_article(item)
            digest = _digest(item)
            article = replace(item, id=self._name(item, digest))
            _check_id(article.id)
            before = self._known(article.id)
            if self._seen.setdefault(article.id, digest) != digest:
                raise BadArticle(
                    f"The id {article.id!r} came up before in the same run with another text "
                    "or other fields; the first one was taken. Give every article its own id."
                )
        except BadArticle as error:
            return Result(item.id or item.origin or "", Status.REFUSED, str(error)), None
        if before == digest:
            return Result(article.id, Status.UNCHANGED), None
        status = Status.ADDED if before is None else Status.UPDATED
        prepared = self._preparer.prepare(article, digest)
        return Result(article.id, status, language=prepared.article.language), prepared

    def _known(self, article_id: str) -> bytes | None:
        """Return the digest of the article of that id, kept or waiting to be."""
        return self._seen.get(article_id) or self._store.digests([article_id]).get(article_id)

    def _name(self, article: Article, digest: bytes) -> str:
        """Return the article's id; one read from a file bears the file's name if that is free."""
        if article.id:
            return article.id
        if article.origin is None:
            return content_id(article.text)
        name = self._store.id_by_origin(article.origin)
        if name is not None:
            return name
        name = Path(article.origin).stem
        if self._known(name) in (None, digest):
            return name
        return f"{name}-{content_id(article.text)[:8]}"

    def _is_full(self) -> bool:
        chunks = sum(len(prepared.chunks) for _, prepared in self._waiting if prepared)
        return chunks >= _CHUNKS_A_BATCH or len(self._waiting) >= _ARTICLES_A_BATCH

    def _flush(self) -> Iterator[Result]:
        """Embed and keep what waits. Vectors first: what the store has, the cache has."""
        waiting, self._waiting = self._waiting, []
        new = [prepared for _, prepared in waiting if prepared]
        if new:
            passages = [passage for prepared in new for passage in _passages(prepared)]
            self._encoder.encode(passages, on_passages=self._on_passages)
            self._store.put(new)
        yield from (result for result, _ in waiting)


def _passages(prepared: PreparedArticle) -> Iterator[Passage]:
    """Give what is embedded of an article: its chunks, and its title by itself."""
    for chunk in prepared.chunks:
        yield passage_at(
            chunk.span.start,
            chunk.span.of(prepared.article.text),
            (sentence.span for sentence in chunk.sentences),
        )
    if prepared.article.title.strip() and prepared.chunks:
        yield Passage(prepared.article.title)


def check_article(article: Article) -> None:
    """Raise `BadArticle` if an article cannot be kept, saying why."""
    if not article.text.strip():
        raise BadArticle("The text is empty; an article needs some.")
    if len(article.text) > _MOST_CHARACTERS:
        raise BadArticle(
            f"The text has {len(article.text):,} characters; an article may have up to "
            f"{_MOST_CHARACTERS:,}. Split it into articles."
        )
    _check_id(article.id)
    for name, value in asdict(article).items():
        _check_storable(name, value)


def _body(text: str, blocks: Sequence[Block]) -> str:
    """Return what is said, without what stands around it in, perhaps, another language."""
    said = [block.span.of(text) for block in blocks if block.label == Label.BODY]
    return "\n".join(said) or text


def _check_id(article_id: str) -> None:
    if len(article_id) > _MOST_ID_CHARACTERS:
        raise BadArticle(
            f"The id has {len(article_id)} characters; it may have up to {_MOST_ID_CHARACTERS}."
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in article_id):
        raise BadArticle(f"The id {article_id!r} holds a control character; leave it out.")


def _check_storable(name: str, value: object) -> None:
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if "\0" in whole:
        raise BadArticle(f"The {name} holds a NUL character; is this a binary file? Remove it.")
    try:
        whole.encode()
    except UnicodeEncodeError as error:
        raise BadArticle(
            f"The {name} holds half a character (U+{ord(whole[error.start]):04X}, a lone "
            f"surrogate) at position {error.start}; write it whole or leave it out."
        ) from error


def _digest(article: Article) -> bytes:
    """Digest all that was given of an article, save where it lay."""
    given = {**asdict(article), "id": "", "origin": None, "version": _ROAD_VERSION}
    return sha256(json.dumps(given, sort_keys=True).encode()).digest()
