"""What a store keeps, and which of it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings.article import Article, Block, Span
from embeddings.chunks import Chunk, Sentence
from embeddings.encoder import Passage, passage_at

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """An article with all that was found out about its text, ready to be kept.

    Attributes:
        article: The article; its id is set.
        digest: Of everything that was given; the same digest, the same article.
        blocks: Labelled spans in text order.
        chunks: Runs of body sentences in text order.
    """

    article: Article
    digest: bytes
    blocks: Sequence[Block]
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it is kept.

    Attributes:
        id: Its own for ever; never given to another chunk.
        article_id: The article it is of.
        span: Where it stands in the article's text.
        text: What stands there.
        sentences: Its sentences; spans are positions in the article's text.
    """

    id: int
    article_id: str
    span: Span
    text: str
    sentences: tuple[Sentence, ...]

    @property
    def passage(self) -> Passage:
        """What is embedded of it: its text and its sentences."""
        return passage_at(self.span.start, self.text, (one.span for one in self.sentences))


class ChunkText(NamedTuple):
    """A chunk as it is searched by words.

    Attributes:
        id: The chunk's.
        article: The number of its article; the chunks of one stand together in order of ids.
        title: Of the article.
        text: What stands in the chunk.
    """

    id: int
    article: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class UncutArticle:
    """An article with what it takes to cut it into chunks for another model.

    Attributes:
        number: Its own for ever; an article that is changed gets another.
        title: Its title.
        text: Its text.
        blocks: Its blocks in text order.
        chunks: Its chunks as they are, in text order.
    """

    number: int
    title: str
    text: str
    blocks: Sequence[Block]
    chunks: Sequence[StoredChunk]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages count.

    Attributes:
        source: Of articles of this source, in upper or lower case.
        since: Of articles published on this day (ISO 8601) or later; an article without a
            date is in no span of time.
        until: Of articles published on this day or earlier.
        holds: Passages that hold all of these: words as written, next to each other and in
            order, whatever their case and accents and what stands between them.
        lacks: Passages that hold none of these.
    """

    source: str | None = None
    since: str | None = None
    until: str | None = None
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is left out."""
        return self != Filters()
