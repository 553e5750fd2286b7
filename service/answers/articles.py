"""Articles of the library."""

from dataclasses import dataclass, field

from service.answers.common import Answer, Quote


@dataclass(frozen=True, kw_only=True)
class LabelledBlock(Quote):
    """A block of an article, its label, and why it bears it."""

    label: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ArticleHeader(Answer):
    """What is known of an article besides its text."""

    id: str
    title: str
    source: str | None
    url: str | None
    published: str | None
    language: str | None
    authors: list[str]


@dataclass(frozen=True, kw_only=True)
class ArticlePage(Answer):
    """Articles in the order of their ids."""

    articles: list[ArticleHeader]


@dataclass(frozen=True, kw_only=True)
class ArticleDetail(ArticleHeader):
    """An article with its text and labelled blocks."""

    text: str
    extra: dict[str, object]
    blocks: list[LabelledBlock]


@dataclass(frozen=True, kw_only=True)
class AddResult(Answer):
    """What became of one article that was to be added.

    `language` is that of an article that was added or updated, as far as it is known.
    """

    id: str
    status: str
    error: str | None = None
    language: str | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AddResults(Answer):
    """What became of the articles that were to be added, in the order given."""

    results: list[AddResult]
