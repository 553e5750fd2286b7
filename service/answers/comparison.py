"""What articles share, and where they differ."""

from dataclasses import dataclass, field

from service.answers.common import Answer, Band, Quote
from service.answers.similarity import Pair, SimilarityParts


@dataclass(frozen=True, kw_only=True)
class Difference(Answer):
    """What two sentences that say the same put differently."""

    kind: str
    a: Quote
    b: Quote


@dataclass(frozen=True, kw_only=True)
class SharedPair(Pair):
    """What both articles say, and in what they differ there."""

    differs: list[Difference]


@dataclass(frozen=True, kw_only=True)
class ComparedArticle(Answer):
    """An article that is compared with others."""

    id: str
    title: str
    source: str | None
    published: str | None


@dataclass(frozen=True, kw_only=True)
class Comparison(Answer):
    """What two articles share, what only one says, and what may be shared.

    `articles` are the two, the one called `a` first.
    """

    articles: list[ComparedArticle]
    score: float
    band: Band | None = None
    parts: SimilarityParts
    shared: list[SharedPair]
    only_a: list[Quote]
    only_b: list[Quote]
    unsure: list[Pair]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CoveredArticle(ComparedArticle):
    """An article of several that are compared; near-copies of one text share an `origin`."""

    origin: int


@dataclass(frozen=True, kw_only=True)
class SharedStatement(Answer):
    """What some of several articles say: `said_by` of the `of` origins there are.

    `quotes` holds the sentences that say it, in the order of the articles.
    """

    said_by: int
    of: int
    quotes: list[Quote]
    differs: list[Difference]


@dataclass(frozen=True, kw_only=True)
class Coverage(Answer):
    """What several articles say, what most of them say first."""

    articles: list[CoveredArticle]
    origins: int
    statements: list[SharedStatement]
    warnings: list[str] = field(default_factory=list)
