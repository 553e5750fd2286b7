"""What an article is: its text, what is known of it, and labelled spans of the text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range `[start, end)` of code points in an article's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the part of `text` that the span covers."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        """Return the number of code points covered."""
        return self.end - self.start


class Label(StrEnum):
    """What a block is. Only `BODY` is embedded, searched and summarised."""

    HEADLINE = "headline"
    DATELINE = "dateline"
    BYLINE = "byline"
    CAPTION = "caption"
    CREDIT = "credit"
    RELATED = "related"
    BOILERPLATE = "boilerplate"
    SOURCE = "source"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Block:
    """A labelled span of an article's text, and why it bears that label."""

    span: Span
    label: Label
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """One text and what is known of it.

    Attributes:
        text: The text exactly as read, with line ends made one (line feed).
        id: What the article is called; "" until it is known (see `content_id`).
        title: Headline, or "".
        source: Outlet or agency, or None.
        url: Where it was published, or None.
        published: Date or time in ISO 8601, or None.
        language: ISO 639-1 code, or None.
        authors: Names, in the order given.
        extra: Further fields that came with it, kept as they were.
        origin: The file it was read from (absolute path), or None.
    """

    text: str
    id: str = ""
    title: str = ""
    source: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    origin: str | None = None


def checksum(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_id(text: str) -> str:
    """Return an id derived from the text alone: the same text, the same id."""
    return checksum(text)[:16]


def told_apart(article: Article) -> str:
    """Return an id for an article whose own id another text bears too."""
    return f"{article.id}-{content_id(article.text)[:8]}"
