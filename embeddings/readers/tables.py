"""Many articles in one file: JSON lines, CSV and JSON, read one record at a time."""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn, TextIO

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers.fields import NAMES, TEXT_NAMES, article_from_fields, find_name, type_name
from embeddings.readers.files import HEAD, LIMIT, Refusal

_DELIMITERS = ",;\t|"

_MOST_DIGITS = 1_000
_MOST_COLUMNS = 10_000


class Lines:
    """The lines of a stream, with their ends; none is held that is longer than the limit."""

    def __init__(self, stream: TextIO, limit: int = LIMIT) -> None:
        self._stream = stream
        self._limit = limit
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line.

        Raises:
            BadArticle: It is too long. The line after it is the next one.
        """
        line = self._stream.readline(self._limit)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) < self._limit or line.endswith("\n"):
            return line
        while (rest := self._stream.readline(HEAD)) and not rest.endswith(("\n", "\r")):
            pass
        raise BadArticle(f"longer than {self._limit} characters, which is the limit for a line")


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON value that stands in a line of its own.

    Attributes:
        origin: Where it stands: "path, line 7".
        line: The number of the line.
        value: What stands there.
    """

    origin: str
    line: int
    value: object


def read_json_lines(stream: TextIO, origin: str, limit: int = LIMIT) -> Iterator[Article | Refusal]:
    """Read one article a line; blank lines are passed over, bad ones refused by number."""
    for item in read_values(stream, origin, limit):
        try:
            yield item if isinstance(item, Refusal) else _article(item.value)
        except BadArticle as error:
            yield Refusal(item.origin, str(error))


def read_values(stream: TextIO, origin: str, limit: int = LIMIT) -> Iterator[Record | Refusal]:
    """Read one JSON value a line; blank lines are passed over, bad ones refused by number."""
    lines = Lines(stream, limit)
    while True:
        try:
            line = next(lines)
            if line.strip("\ufeff \t\r\n"):
                value = parse_json(line.lstrip("\ufeff"))
                yield Record(f"{origin}, line {lines.number}", lines.number, value)
        except StopIteration:
            return
        except BadArticle as error:
            yield Refusal(f"{origin}, line {lines.number}", str(error))


def read_json(text: str, origin: str) -> Iterator[Article | Refusal]:
    """Read an article, a list of them, or an object whose `articles` is such a list.

    Raises:
        BadArticle: The text is not JSON, or holds no articles.
    """
    content = parse_json(text)
    if isinstance(content, dict) and isinstance(content.get("articles"), list):
        content = content["articles"]
    if not isinstance(content, list):
        yield _article(content)
        return
    if not content:
        raise BadArticle("an empty list; expected articles")
    for number, record in enumerate(content, start=1):
        try:
            yield _article(record)
        except BadArticle as error:
            yield Refusal(f"{origin}, article {number}", str(error))


def parse_json(text: str) -> object:
    """Parse strict JSON: NaN, Infinity and numbers too large to be finite are refused.

    Raises:
        BadArticle: It is not JSON, or nested too deeply.
    """
    try:
        content: object = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
    except RecursionError as error:
        raise BadArticle("JSON nested too deeply; expected an object with plain fields") from error
    except json.JSONDecodeError as error:
        raise BadArticle(
            f"not JSON: {error.msg} at character {error.pos + 1}; expected one JSON value"
        ) from error
    except ValueError as error:
        raise BadArticle(f"not JSON that can be kept: {error}") from error
    return content


def read_table(
    stream: TextIO, origin: str, *, prefer_tabs: bool = False, limit: int = LIMIT
) -> Iterator[Article | Refusal]:
    """Read one article a row, of a table whose first row names the columns.

    Args:
        stream: Opened with `newline=""`.
        origin: What refusals call the table; they number rows from 1, after the header.
        prefer_tabs: Whether tabs separate the columns where other marks might as well.
        limit: Most characters a line or a cell may have.

    Raises:
        BadArticle: There is no header, or no column for the text.
    """
    # The setting is one for the whole process: it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    lines = Lines(stream, limit)
    first = next((line for line in lines if line.strip("\ufeff \t\r\n")), "").lstrip("\ufeff")
    delimiter = _delimiter(first, "\t" + _DELIMITERS if prefer_tabs else _DELIMITERS)
    names = _names(_cells(first, delimiter))
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 1
    while True:
        number += 1
        try:
            row = _tab_row(lines, len(names)) if delimiter == "\t" else next(rows)
            if any(map(str.strip, row)):
                yield article_from_fields(_record(names, row))
        except StopIteration:
            return
        except (BadArticle, csv.Error) as error:
            yield Refusal(f"{origin}, row {number}", _reason(error))


def _article(record: object) -> Article:
    if not isinstance(record, dict):
        raise BadArticle(f"{type_name(record)}; expected an object with a field {TEXT_NAMES}")
    return article_from_fields(record)


def _no_constant(name: str) -> NoReturn:
    raise BadArticle(f"not JSON: it holds {name}; expected a number or null")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadArticle(f"not a number that can be kept: {digits[:40]}; expected a smaller one")
    return number


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise BadArticle(
            f"not a number that can be kept: {len(digits):,} digits; expected up to "
            f"{_MOST_DIGITS:,}"
        )
    return int(digits)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _delimiter(header: str, marks: str) -> str:
    """Choose the mark that splits the header into the most known names, then the most names."""

    def fit(mark: str) -> tuple[int, int]:
        cells = _cells(header, mark)
        return sum(find_name(cells, field) is not None for field in NAMES), len(cells)

    return max(marks, key=fit)


def _names(cells: Sequence[str]) -> list[str]:
    if len(cells) > _MOST_COLUMNS:
        raise BadArticle(f"{len(cells):,} columns; a table may have up to {_MOST_COLUMNS:,}")
    names: list[str] = []
    known: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        name = cell.strip()
        names.append(f"{name or 'column'} {position}" if not name or name in known else name)
        known.add(names[-1])
    if find_name(names, "text") is None:
        met = ", ".join(names[:12])[:200] or "none"
        raise BadArticle(
            f"no column for the text: met the columns {met}; expected one named {TEXT_NAMES} "
            "in the first row"
        )
    return names


def _tab_row(lines: Lines, count: int) -> list[str]:
    """Read a row of which nobody knows whether quotation marks quote or belong to the text."""
    line = next(lines)
    plain = line.rstrip("\r\n").split("\t")
    if '"' not in line:
        return plain
    try:
        row = next(csv.reader([line], delimiter="\t", strict=True))
        return row if len(row) == count or len(plain) != count else plain
    except csv.Error as error:
        if "unexpected end" not in str(error) and len(plain) == count:
            return plain
    return next(csv.reader(chain([line], lines), delimiter="\t", strict=True))


def _record(names: Sequence[str], row: Sequence[str]) -> dict[str, object]:
    if len(row) > len(names) and any(row[len(names) :]):
        raise BadArticle(
            f"{len(row)} cells under {len(names)} columns; quote cells that hold the separator"
        )
    return dict(zip(names, row, strict=False))


def _reason(error: BadArticle | csv.Error) -> str:
    if isinstance(error, BadArticle):
        return str(error)
    if "unexpected end" in str(error):
        return "a quotation mark opens a cell and none closes it; close it, or double it"
    if "field limit" in str(error):
        return "a cell is too long; most likely a quotation mark opens it and none closes it"
    return f"not a row of a table ({error}); double each quotation mark within a quoted cell"
