"""Takes a library over to another model: embeds it while it is used, then switches in one step."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.article import Span
from embeddings.cached_encoder import CachedEncoder
from embeddings.chunks import Chunk, Sentence, TokenCounter, chunk_article
from embeddings.encoder import ModelProfile, Passage, passage_at
from embeddings.errors import MissingVectors
from embeddings.library import Library
from embeddings.served import LibraryState, ServedModel, served_by
from embeddings.stored import UncutArticle

# Articles that are read together, and so many of their passages, of like length, are embedded
# before their vectors are kept: what an interruption can cost.
_ARTICLES_A_STEP = 64
_PASSAGES_A_WRITE = 64

_ARTICLES_A_SAMPLE = 256


@dataclass(frozen=True, slots=True)
class Switched:
    """What became of a library that went over to another model.

    Attributes:
        before: The model that it served; None if it served none.
        served: The one that it serves now.
        embedded: Passages that had to be embedded; the others' vectors were in the cache.
        cut: Articles whose chunks are others, as the model reads more or less at once or counts
            its tokens in another way.
    """

    before: ServedModel | None
    served: ServedModel
    embedded: int
    cut: int


class ModelSwitch:
    """One run of taking a library over to another model.

    Nothing of it is seen before the last step. The vectors go into the cache as they are made, so
    that a run that was broken off, or killed, goes on where it was.
    """

    def __init__(self, library: Library, encoder: CachedEncoder) -> None:
        """Prepare a run.

        Args:
            library: What is to go over. Others may search it and add to it meanwhile.
            encoder: The other model, before the library's cache.

        Raises:
            ModelUnavailable: The model cannot be loaded.
        """
        self._library = library
        self._store = library.store
        self._encoder = encoder
        self._profile = encoder.profile
        self._cutter = _Cutter(library, self._profile)
        self._cut: dict[int, bytes] = {}
        self._last = 0
        self._lacking: list[str] = []

    @property
    def articles(self) -> int:
        """How many articles are to be embedded."""
        return self._store.counts()["articles"]

    def run(self, *, on_articles: Callable[[int], None] = lambda count: None) -> Switched:
        """Go over.

        Args:
            on_articles: Told how many more articles are embedded, again and again.

        Raises:
            MissingVectors: Offline, and the cache lacks some.
            ModelUnavailable: The model cannot be loaded.
            LibraryBusy: Another process is writing, and does not end.
            LibraryChanged: Another run, or a restore, was faster.
            LibraryUnwritable: The library is read-only, or the disk is full.
        """
        state = self._store.state()
        # Until what was added meanwhile is so little that writers may wait for it.
        while self._embed(on_articles) > _ARTICLES_A_STEP:
            pass
        self._check_lacking()
        if not self._cut:
            self._derive(state)  # So that the first search after the switch has it.
        with self._library.writing():
            self._embed(on_articles)
            self._check_lacking()
            cut = {number: _unpacked(packed) for number, packed in self._cut.items()}
            served = served_by(self._profile, self._encoder.name)
            self._store.switch(served, cut)
        if cut:
            self._derive(self._store.state())
        return Switched(state.served, served, self._encoder.encoded, len(cut))

    def _derive(self, state: LibraryState) -> None:
        """Bring what is derived from the model's vectors in step with the articles."""
        library = self._library.seen_by(self._encoder, state)
        try:
            library.sync()
        finally:
            library.release()

    def _check_lacking(self) -> None:
        if self._lacking:
            raise MissingVectors(self._lacking)

    def _embed(self, on_articles: Callable[[int], None]) -> int:
        """Embed the articles that came since the last time; return how many there were."""
        count = 0
        while numbers := self._store.numbers(after=self._last, limit=_ARTICLES_A_STEP):
            passages: list[Passage] = []
            for article in self._store.uncut(numbers):
                chunks = self._cutter.chunks(article)
                if chunks != _chunks(article):
                    self._cut[article.number] = _packed(chunks)
                passages += _passages(article, chunks)
            self._embed_passages(passages)
            self._last = numbers[-1]
            on_articles(len(numbers))
            count += len(numbers)
        return count

    def _embed_passages(self, passages: Sequence[Passage]) -> None:
        missing = self._encoder.missing(passages)
        # Those of like length together.
        missing.sort(key=lambda passage: len(passage.text))
        try:
            for start in range(0, len(missing), _PASSAGES_A_WRITE):
                self._encoder.encode(missing[start : start + _PASSAGES_A_WRITE])
        except MissingVectors:
            # Offline; titles are done without. What is lacking in all is told in the end.
            self._lacking += [one.text for one in missing if one.sentences]


def held_share(library: Library, profile: ModelProfile) -> float:
    """Return the share of a library's passages, cut for a model, that the cache has vectors of.

    In a large library that is the share of some articles, evenly spread.
    """
    numbers = library.store.numbers()
    places = np.linspace(0, len(numbers) - 1, min(len(numbers), _ARTICLES_A_SAMPLE))
    cutter = _Cutter(library, profile)
    passages = [
        passage
        for article in library.store.uncut([numbers[int(place)] for place in places])
        for passage in _passages(article, cutter.chunks(article))
        if passage.sentences
    ]
    unique = list(dict.fromkeys(passages))
    return library.cache.held(profile.fingerprint, unique) / len(unique) if unique else 1.0


class _Cutter:
    """Cuts a library's articles into the chunks that a model reads."""

    def __init__(self, library: Library, profile: ModelProfile) -> None:
        self._max_tokens = profile.max_tokens
        served = library.store.state().served
        before = None if served is None else library.cache.profile(served.fingerprint)
        counts_alike = before is not None and (
            (before.tokenizer, before.max_tokens) == (profile.tokenizer, profile.max_tokens)
        )
        self._count = None if counts_alike else _counting(profile)

    def chunks(self, article: UncutArticle) -> list[Chunk]:
        if self._count is None:  # They are the same for every model that counts alike.
            return _chunks(article)
        return chunk_article(article.text, article.blocks, self._count, max_tokens=self._max_tokens)


def _counting(profile: ModelProfile) -> TokenCounter:
    # Imported here: to show which models there are is mostly to count no tokens.
    from embeddings.models import tokens

    return tokens.TokenCounter(profile).count


def _chunks(article: UncutArticle) -> list[Chunk]:
    return [Chunk(chunk.sentences) for chunk in article.chunks]


def _passages(article: UncutArticle, chunks: Sequence[Chunk]) -> Iterator[Passage]:
    for chunk in chunks:
        span = chunk.span
        yield passage_at(span.start, span.of(article.text), (one.span for one in chunk.sentences))
    if article.title.strip() and chunks:
        yield Passage(article.title)


def _packed(chunks: Sequence[Chunk]) -> bytes:
    """Write chunks in little space: there may be those of a million articles."""
    rows = [
        (number, one.span.start, one.span.end, one.whole)
        for number, chunk in enumerate(chunks)
        for one in chunk.sentences
    ]
    return np.array(rows, np.int32).tobytes()


def _unpacked(packed: bytes) -> list[Chunk]:
    """Read what `_packed` wrote."""
    chunks: dict[int, list[Sentence]] = {}
    for number, start, end, whole in np.frombuffer(packed, np.int32).reshape(-1, 4).tolist():
        chunks.setdefault(number, []).append(Sentence(Span(start, end), bool(whole)))
    return [Chunk(tuple(sentences)) for sentences in chunks.values()]
