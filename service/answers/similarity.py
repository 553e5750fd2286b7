"""How alike articles are."""

from dataclasses import dataclass, field

from service.answers.common import Answer, Band, Quote


@dataclass(frozen=True, kw_only=True)
class SimilarityParts(Answer):
    """In what two articles are alike, each up to 1.

    `sentences` is the mean cosine of each sentence with its closest one, `words` and `names`
    cosines of the words and of the names and numbers, `time` how close the days are on which
    they were published. None has no say: neither article has such words, or a day is not known.
    """

    sentences: float
    words: float | None
    names: float | None
    time: float | None


@dataclass(frozen=True, kw_only=True)
class SimilarArticle(Answer):
    """An article that is like another one."""

    id: str
    title: str
    source: str | None
    published: str | None
    score: float
    band: Band | None = None
    parts: SimilarityParts


@dataclass(frozen=True, kw_only=True)
class SimilarArticles(Answer):
    """Articles like one article, closest first."""

    articles: list[SimilarArticle]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Pair(Answer):
    """A sentence of each of two articles that say alike."""

    a: Quote
    b: Quote
    score: float
    band: Band | None = None


@dataclass(frozen=True, kw_only=True)
class Similarity(Answer):
    """How alike two articles are, and by which sentences."""

    score: float
    band: Band | None = None
    parts: SimilarityParts
    pairs: list[Pair]
    warnings: list[str] = field(default_factory=list)
