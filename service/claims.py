"""Summaries that are handed in to be checked: nothing in them is taken on trust."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from embeddings.errors import BadRequest

MOST_BYTES = 256 * 1024 * 1024

_EXPECTED = "expected what parallax summarize --json prints"
_FAILED = "error"  # What a line of scripts/summarize_batch.py holds instead of a summary.


def _whole(text: str) -> str:
    # JSON's escapes allow half a character, which nothing can print.
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("Input should be whole characters, without a lone surrogate") from error
    return text


_Text = Annotated[str, AfterValidator(_whole)]


class _Given(BaseModel):
    """A part of what is handed in; what else it holds proves nothing and is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class QuoteClaim(_Given):
    """That words stand at a place of an article. What is no place at all is found to be none."""

    article_id: _Text
    start: object = Field(description="Code points before the quote.")
    end: object = Field(description="Code points before what follows it.")
    text: _Text


class SentenceClaim(QuoteClaim):
    """That words stand at a place of an article, and that others say it too."""

    also_in: list[QuoteClaim] = []


class ArticleClaim(_Given):
    """That an article was quoted, and that its text had a checksum."""

    id: _Text
    sha256: str | None = None


class Claim(_Given):
    """A summary to be checked, as it was given; fields that are not listed here are ignored."""

    text: _Text
    words: int
    sentences: list[SentenceClaim]
    left_out: list[QuoteClaim] = []
    articles: list[ArticleClaim] = []


def read_claims(raw: bytes, name: str) -> Iterator[Claim]:
    """Yield the summaries of a file.

    It holds one as JSON, a list of them, an answer to a search with one, or one a line, as
    `scripts/summarize_batch.py` writes them; lines that tell of a failure are passed over.

    Args:
        raw: What the file holds.
        name: What to call it.

    Raises:
        BadRequest: It is none of these, or too large.
    """
    if len(raw) > MOST_BYTES:
        raise BadRequest(f"{name} is larger than {MOST_BYTES:,} bytes; check it in parts.")
    try:
        text = raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise BadRequest(f"{name} is not text in UTF-8; {_EXPECTED}.") from error
    found = (
        _claim(content, place)
        for place, value in _values(text, name)
        for content in (value if isinstance(value, list) else [value])
        if not _is_failure(content)
    )
    first = next(found, None)
    if first is None:
        raise BadRequest(f"{name} holds no summary; {_EXPECTED}.")
    yield from chain([first], found)


def _values(text: str, name: str) -> Iterator[tuple[str, object]]:
    """Yield the JSON values of a text, one or one a line, each with what to call it."""
    try:
        yield name, json.loads(text)
        return
    except (ValueError, RecursionError) as error:
        whole = error
    # Not str.splitlines, which also cuts at characters that may stand in a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            place = f"{name}, line {number}"
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                if number == 1:  # Then it was not meant as lines.
                    raise BadRequest(f"{name} is not JSON: {_reason(whole)}.") from error
                raise BadRequest(f"{place} is not JSON: {_reason(error)}.") from error
            yield place, value


def _reason(error: Exception) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def _is_failure(content: object) -> bool:
    return isinstance(content, dict) and _FAILED in content and "sentences" not in content


def _claim(content: object, place: str) -> Claim:
    if isinstance(content, dict) and "hits" in content:
        content = content.get("summary")
        if content is None:
            raise BadRequest(f"{place} is a search without a summary; ask with --summary WORDS.")
    try:
        return Claim.model_validate(content)
    except ValidationError as error:
        raise BadRequest(f"{place} {_explained(error.errors()[0])}; {_EXPECTED}.") from error


def _explained(error: ErrorDetails) -> str:
    field = ".".join(map(str, error["loc"]))
    if not field:
        return "is no summary"
    if error["type"] == "missing":
        return f"is no summary: it has no {field}"
    message = error["msg"].removeprefix("Value error, ")
    return f"is no summary: {message.replace('Input', field, 1)}"
