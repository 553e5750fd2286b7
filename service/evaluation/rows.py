"""Rows to judge summaries by: articles, references, and what others made of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from embeddings.article import Article
from embeddings.checks import check_article
from embeddings.errors import BadArticle, BadRequest
from embeddings.readers import Record, Refusal, article_from_fields, read_records, type_name
from service.summarization.methods import MOST_WORDS, check_lengths

_WORDS = 100

_FIELDS = "articles (a list of texts), references, query, summaries"


@dataclass(frozen=True, slots=True)
class Row:
    """Articles that are summarised together, and what there is to judge by.

    Attributes:
        id: What it is called.
        origin: Where it stands: "path, line 7".
        line: The number of its line.
        articles: The articles; their ids count them from 1.
        references: Summaries that people wrote.
        query: What the summary is to answer, if anything.
        summaries: Summaries of others, by the name of their method.
    """

    id: str
    origin: str
    line: int
    articles: Sequence[Article]
    references: Sequence[str] = ()
    query: str | None = None
    summaries: Mapping[str, str] = field(default_factory=dict)


class Length(NamedTuple):
    """How long a summary may be."""

    words: int
    sentences: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How long summaries may be: in words, in sentences, or as long as the reference.

    Attributes:
        words: The most words; 100 unless one of the others is given.
        sentences: The most sentences.
        at_reference_length: Whether the most words are those of the row's reference, of
            several references their mean.
    """

    words: int | None = None
    sentences: int | None = None
    at_reference_length: bool = False

    def check(self) -> None:
        """Raise `BadRequest` if no summary can be of that length."""
        if self.at_reference_length and self.words is not None:
            raise BadRequest(
                f"words is {self.words}, but the length of the reference was asked for too; "
                "give one of the two."
            )
        check_lengths(MOST_WORDS if self.words is None else self.words, self.sentences)

    def of(self, row: Row) -> Length:
        """Return how long the summaries of a row may be.

        Raises:
            BadArticle: It has no reference, and that is to say it.
        """
        if self.at_reference_length:
            return Length(_reference_words(row), self.sentences)
        unlimited = MOST_WORDS if self.sentences is not None else _WORDS
        return Length(unlimited if self.words is None else self.words, self.sentences)


def _reference_words(row: Row) -> int:
    if not row.references:
        raise BadArticle(
            "no references; expected some to take the length from, or another length: say words"
        )
    lengths = [len(one.split()) for one in row.references]
    return min(MOST_WORDS, round(sum(lengths) / len(lengths)))


def read_rows(path: str | Path, *, stdin: BinaryIO | None = None) -> Iterator[Row | Refusal]:
    """Read the rows of a file of JSON lines, or of standard input ("-").

    Args:
        path: The file.
        stdin: What "-" means, if not the process's own standard input.

    Yields:
        Rows, and for what is none a refusal that says where it stands.
    """
    for item in read_records(path, stdin=stdin):
        if isinstance(item, Refusal):
            yield item
            continue
        try:
            yield row_of(item)
        except BadArticle as error:
            yield Refusal(item.origin, str(error))


def count_lines(path: str | Path) -> int | None:
    """Count the lines of a file; None if they cannot be counted before they are read."""
    try:
        if not Path(path).is_file():  # A pipe can be read only once.
            return None
        with Path(path).open("rb") as file:
            return sum(1 for _ in file)
    except (OSError, ValueError):
        return None


def row_of(record: Record) -> Row:
    """Make a row of what stands in a line; fields of other names are passed over.

    Raises:
        BadArticle: Something in it is not what it should be.
    """
    fields = record.value
    if not isinstance(fields, dict):
        raise BadArticle(f"no object; expected one with the fields {_FIELDS}")
    articles = _listed("articles", fields)
    if not articles:
        raise BadArticle(f"no articles; expected an object with the fields {_FIELDS}")
    name, query = fields.get("id"), fields.get("query")
    return Row(
        id=f"line {record.line}" if name is None else _text("id", str(name)),
        origin=record.origin,
        line=record.line,
        articles=[_article(one, number) for number, one in enumerate(articles, start=1)],
        references=[_filled("references", one) for one in _listed("references", fields)],
        query=None if query is None else _filled("query", query),
        summaries=_summaries(fields),
    )


def _article(value: object, number: int) -> Article:
    """Make an article of a text, or of an object with one."""
    try:
        article = article_from_fields(value if isinstance(value, dict) else {"text": value})
        article = replace(article, id=str(number))
        check_article(article)
    except BadArticle as error:
        raise BadArticle(f"article {number}: {error}") from error
    return article


def _summaries(fields: Mapping[str, object]) -> dict[str, str]:
    found = fields.get("summaries")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadArticle('its summaries are no object; expected {"name of the method": "text"}')
    return {_filled("summaries", name): _text("summaries", one) for name, one in found.items()}


def _listed(name: str, fields: Mapping[str, object]) -> list[object]:
    found = fields.get(name)
    if found is not None and not isinstance(found, list):
        raise BadArticle(f"its {name} are no list; expected a list of texts")
    return found or []


def _filled(name: str, value: object) -> str:
    text = _text(name, value)
    if not text.strip():
        raise BadArticle(f"its field {name!r} holds an empty text; leave it out, or fill it")
    return text


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadArticle(f"its field {name!r} holds {type_name(value)}; expected a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadArticle(
            f"its field {name!r} holds half a character (a lone surrogate, at {error.start}); "
            "write it whole or leave it out"
        ) from error
    return value
