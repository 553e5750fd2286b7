"""What is to be summarised together: an article, a group of articles, or all of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from embeddings.article import Article, content_id, told_apart
from embeddings.errors import BadArticle, BadRequest
from embeddings.library import Library
from embeddings.models.files import digest
from embeddings.readers import Refusal
from embeddings.readers.fields import NAMES, plain
from service.summarization.methods import Method, check_lengths

# By what articles can be grouped besides the further fields that they came with.
_KNOWN_FIELDS = ("source", "published", "language", "title", "url", "authors")


class Per(StrEnum):
    """Of what there is one summary each."""

    ARTICLE = "article"
    GROUP = "group"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of every summary of a run; it stands in every record.

    Attributes:
        per: Of what there is one summary each.
        group_by: The field by which articles are grouped.
        words: The most words of a summary; 100 unless `sentences` is given.
        sentences: The most sentences, if that is limited too.
        query: What the summaries are to answer, if anything is asked.
        method: How sentences are chosen.
        model: Whose vectors are used.

    Raises:
        BadRequest: The values do not go together, or one is out of range.
    """

    per: Per
    group_by: str | None
    words: int | None
    sentences: int | None
    query: str | None
    method: Method
    model: str

    def __post_init__(self) -> None:
        check_lengths(self.words, self.sentences)
        if self.per is Per.GROUP and not self.group_by:
            raise BadRequest(
                "--per group does not say by what; name a field of the articles with --group-by, "
                "such as --group-by source."
            )
        if self.per is not Per.GROUP and self.group_by is not None:
            raise BadRequest(
                f"--group-by {self.group_by} makes one summary a group, but --per {self.per} was "
                "given; leave one of the two out."
            )

    def fields(self) -> dict[str, object]:
        """Return the request as it stands in a record."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True)
class Job:
    """What becomes one record.

    Attributes:
        id: What the record is called: an article's id, a group's value, or "all".
        articles: What is summarised; each has an id, and no two have the same.
        facts: What is known of the one article of a record per article.
        is_group: Whether it is of a group of articles, or all, and not of one by itself.
        refused: Why there is nothing to summarise, if so.
    """

    id: str
    articles: Sequence[Article] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    is_group: bool = False
    refused: str | None = None

    @cached_property
    def digest(self) -> str:
        """A digest of what the record is made of, by which a later run knows it again."""
        parts = [self.id, self.refused or ""]
        parts += [part for one in self.articles for part in (one.id, one.title, one.text)]
        whole = digest([part.encode("utf-8", "surrogatepass") for part in parts])
        return whole.hex()[:16]

    @cached_property
    def characters(self) -> int:
        """How much there is to read."""
        return sum(len(one.text) for one in self.articles)


def jobs_of(
    library: Library, items: Iterable[Article | Refusal], request: Request
) -> Iterator[Job]:
    """Make jobs of what was read.

    One an article, in the order given; or one a group, in the order in which groups first
    come up, after a job for each article that could not be read or belongs to none. Articles
    of groups are held until all are read.
    """
    groups: dict[str, list[Article]] = {}
    for item in items:
        if isinstance(item, Refusal):
            yield Job(item.origin, refused=item.reason)
            continue
        article = replace(item, id=_name(item))
        if request.per is Per.ARTICLE:
            yield Job(article.id, [_bare(article)], _facts(article))
            continue
        try:
            group = group_of(library, article, request.group_by) if request.group_by else "all"
        except BadArticle as error:
            yield Job(article.id, facts=_facts(article), refused=str(error))
            continue
        groups.setdefault(group, []).append(_bare(article))
    for group, articles in groups.items():
        yield Job(group, list(_told_apart(articles)), is_group=True)


def group_of(library: Library, article: Article, name: str) -> str:
    """Return the value of a field, by which an article is grouped.

    A further field that the article came with goes before what is known of every article;
    what its fields do not tell is read from its text, as when it is added. Of a time of
    publication the day counts.

    Raises:
        BadArticle: It has no such field, or a list or object stands there.
    """
    value = article.extra.get(name)
    known = _known_field(name)
    if value in (None, "") and known:
        value = _known(article, known) or _known(library.read(article)[0], known)
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, str | int | float) and str(value).strip():
        return " ".join(str(value).split())
    if value is not None and not isinstance(value, str):
        raise BadArticle(
            f"Its field {name!r} is a list or an object; expected a word or a number to group by."
        )
    met = [*(field for field in _KNOWN_FIELDS if _known(article, field)), *article.extra]
    raise BadArticle(
        f"It has no field {name!r} to group by; it has {', '.join(met[:12]) or 'none'}."
    )


def _known_field(name: str) -> str | None:
    """Return which known field a name means; a column "Outlet" was read as the source."""
    return next((one for one in _KNOWN_FIELDS if plain(name) in NAMES[one]), None)


def _known(article: Article, name: str) -> str | None:
    values = {
        "source": article.source,
        "published": article.published and article.published[:10],
        "language": article.language,
        "title": article.title,
        "url": article.url,
        "authors": ", ".join(article.authors),
    }
    return values[name] or None


def _name(article: Article) -> str:
    return article.id or (article.origin and Path(article.origin).stem) or content_id(article.text)


def _bare(article: Article) -> Article:
    """Drop what no summary is made of: it would be held and sent about for nothing."""
    return replace(article, extra={}, authors=(), origin=None)


def _facts(article: Article) -> dict[str, str]:
    facts = {
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "url": article.url,
    }
    return {name: value for name, value in facts.items() if value}


def _told_apart(articles: Iterable[Article]) -> Iterator[Article]:
    """Give each text an id of its own, so that a quote cannot seem to be of another one."""
    texts: dict[str, str] = {}
    for article in articles:
        if texts.get(article.id) == article.text:
            continue  # The same article twice.
        if article.id in texts:
            article = replace(article, id=told_apart(article))
            if article.id in texts:
                continue
        texts[article.id] = article.text
        yield article
