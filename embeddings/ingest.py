"""The road from what was read to what is kept: named, labelled, split, embedded, stored."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from embeddings.article import Article, content_id
from embeddings.cached_encoder import CachedEncoder
from embeddings.checks import check_article, check_id, digest_of
from embeddings.encoder import Passage, passage_at
from embeddings.errors import BadArticle
from embeddings.preparer import Preparer
from embeddings.readers import Refusal
from embeddings.served import served_by
from embeddings.store import Store
from embeddings.stored import PreparedArticle
from embeddings.vectors import Matrix

# Articles wait until they have this many passages (chunks and titles) or characters, or are so
# many, and are then embedded and kept together: enough of them to find many of like length, few
# enough that they take no memory to speak of.
_PASSAGES_A_BATCH = 1024
_CHARACTERS_A_BATCH = 2_000_000
_ARTICLES_A_BATCH = 512

# The model is asked for so much of it at a time, passages of like length together: more would be
# lost to an interruption. In batches of 1,024 tokens 2 % are padding then, and 6 % where 256
# passages are taken as they come.
_CHARACTERS_A_CALL = 50_000

# How many of these calls are made before their vectors are waited for.
_CALLS_AHEAD = 3


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
        self._waiting = _Batch()
        self._failure: Exception | None = None
        self._calls = deque[_Call]()

    def add(self, items: Iterable[Article | Refusal]) -> Iterator[Result]:
        """Add articles, or update those that are there already.

        A result is given only when it holds: the article is on disk. So the run may be
        interrupted anywhere, and repeated.

        While the model reads one batch, in a thread of its own, the next one is prepared and the
        one before is written: all of that in the caller's thread, as SQLite lets go of the
        interpreter with every row, and beside a busy thread would wait for it each time.

        Args:
            items: What was read; refusals are passed on as results.

        Returns:
            One result an item, in order, in batches.
        """
        thread = ThreadPoolExecutor(1, "embedding")
        try:
            for taken in self._taken(items):
                self._waiting.put(taken)
                if self._waiting.is_full:
                    yield from self._send(thread)
            if self._failure is None:
                yield from self._send(thread)
            yield from self._settle()
            if self._failure is not None:
                raise self._failure
        finally:
            thread.shutdown(cancel_futures=True)

    def _taken(self, items: Iterable[Article | Refusal]) -> Iterator["_Taken"]:
        try:
            for item in items:
                yield self._take(item)
        except Exception as error:  # It is raised when what was sent before it is kept.
            self._failure = error

    def _take(self, item: Article | Refusal) -> "_Taken":
        """Find out what will have become of an item, and what must be kept for that."""
        if isinstance(item, Refusal):
            return _Taken(Result(item.origin, Status.REFUSED, item.reason))
        try:
            check_article(item)
            digest = digest_of(item)
            article = replace(item, id=self._name(item, digest))
            check_id(article.id)
            before = self._known(article.id)
            if self._seen.setdefault(article.id, digest) != digest:
                raise BadArticle(
                    f"The id {article.id!r} came up before in the same run with another text "
                    "or other fields; the first one was taken. Give every article its own id."
                )
        except BadArticle as error:
            return _Taken(Result(item.id or item.origin or "", Status.REFUSED, str(error)))
        if before == digest:
            return _Taken(Result(article.id, Status.UNCHANGED))
        status = Status.ADDED if before is None else Status.UPDATED
        prepared = self._preparer.prepare(article, digest)
        result = Result(article.id, status, language=prepared.article.language)
        return _Taken(result, prepared)

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

    def _send(self, thread: Executor) -> Iterator[Result]:
        """Have embedded what waits; give results of what was sent before as soon as they hold."""
        batch, self._waiting = self._waiting, _Batch()
        calls = [_Call(part) for part in self._parts(batch)] or [_Call([])]
        calls[-1].batch = batch
        for call in calls:
            yield from self._settle(_CALLS_AHEAD - 1)
            if call.passages:
                call.matrices = thread.submit(self._encoder.make, call.passages)
            self._calls.append(call)

    def _parts(self, batch: "_Batch") -> list[list[Passage]]:
        """Return what the model must be asked for, those of like length together."""
        passages = batch.passages
        if not passages:
            return []
        sent = {passage for call in self._calls for passage in call.passages}
        missing = [one for one in self._encoder.missing(passages) if one not in sent]
        self._tell(len(passages) - len(missing))
        # The longest last: they keep the model busy while the next batch is prepared.
        missing.sort(key=lambda passage: len(passage.text))
        parts: list[list[Passage]] = []
        room = 0
        for passage in missing:
            if room < len(passage.text):
                parts.append([])
                room = _CHARACTERS_A_CALL
            parts[-1].append(passage)
            room -= len(passage.text)
        return parts

    def _settle(self, leave: int = 0) -> Iterator[Result]:
        """Wait for calls and keep what is whole. Vectors first: what the store has, the cache has.

        Args:
            leave: How many calls may stay under way.
        """
        while len(self._calls) > leave:
            call = self._calls[0]
            if call.matrices is not None:
                self._encoder.keep(call.passages, call.matrices.result())
                self._tell(len(call.passages))
            self._calls.popleft()
            if call.batch is None:
                continue
            if call.batch.prepared:
                served = served_by(self._encoder.profile, self._encoder.name)
                self._store.put(call.batch.prepared, served=served)
            yield from call.batch.results

    def _tell(self, count: int) -> None:
        if self._on_passages is not None:
            self._on_passages(count)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What will have become of an item, once what it brings is kept.

    Attributes:
        result: What is reported then.
        prepared: What is stored, if it brings anything.
    """

    result: Result
    prepared: PreparedArticle | None = None


@dataclass(slots=True)
class _Batch:
    """What is embedded and kept together.

    Attributes:
        results: What is reported when it is kept, refusals and all.
        prepared: What is stored.
        passages: What is embedded of that.
        characters: How long the texts are, together.
    """

    results: list[Result] = field(default_factory=list)
    prepared: list[PreparedArticle] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    characters: int = 0

    def put(self, taken: _Taken) -> None:
        self.results.append(taken.result)
        if taken.prepared:
            self.prepared.append(taken.prepared)
            self.passages += _passages(taken.prepared)
            self.characters += len(taken.prepared.article.text)

    @property
    def is_full(self) -> bool:
        return (
            len(self.passages) >= _PASSAGES_A_BATCH
            or self.characters >= _CHARACTERS_A_BATCH
            # What is refused or unchanged is reported in time, too.
            or len(self.results) >= _ARTICLES_A_BATCH
        )


@dataclass(slots=True)
class _Call:
    """What the model was asked for at once.

    Attributes:
        passages: What it was asked for.
        matrices: What it will have answered; None if it needed not be asked.
        batch: What is kept when this and all that was asked for before it is answered.
    """

    passages: list[Passage]
    matrices: Future[list[Matrix]] | None = None
    batch: _Batch | None = None


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
