"""Summaries."""

from dataclasses import dataclass, field

from service.answers.common import Answer, Quote, ScoredQuote


@dataclass(frozen=True, kw_only=True)
class SummarySentence(Quote):
    """A sentence of a summary.

    `score` holds the parts that chose it and their `total`; `also_in` the sentences of other
    articles that say it too.
    """

    score: dict[str, float]
    also_in: list[ScoredQuote]


@dataclass(frozen=True, kw_only=True)
class LeftOut(Quote):
    """A sentence that would have been chosen, and why it was not."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class SummaryArticle(Answer):
    """An article that a summary quotes.

    `sha256` is the checksum of its whole text in UTF-8 as it was when it was quoted, in
    hexadecimal; None where it is not known.
    """

    id: str
    title: str
    source: str | None = None
    published: str | None = None
    url: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Summary(Answer):
    """Sentences quoted verbatim, in the order of the articles and of each article's text.

    `articles` are those quoted anywhere in it, in the order in which they first are.
    """

    text: str
    words: int
    sentences: list[SummarySentence]
    left_out: list[LeftOut]
    articles: list[SummaryArticle] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
