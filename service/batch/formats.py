"""How records are written, and known again in a file that was cut off: JSON lines, CSV, Markdown.

A record ends with a line feed and holds the digest of what it is made of and what was asked.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from embeddings.errors import BadRequest
from service.answers import Summary
from service.batch.markdown import not_summarised, section
from service.batch.records import Record

_SUFFIXES = {
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
}

_COLUMNS = (
    *("id", "title", "source", "published", "url", "summarised", "words", "text", "places"),
    *("error", "digest", "request"),
)

# A spreadsheet takes a cell that begins so for a formula, and some run what it says.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Mark:
    """A record that stands in a file.

    Attributes:
        id: What it is called.
        digest: That of the job it was made of.
        request: What was asked.
        is_failure: Whether something could not be summarised.
        size: Its length in bytes.
    """

    id: str
    digest: str
    request: object
    is_failure: bool
    size: int


class Format(Protocol):
    """A form in which records are written."""

    name: str
    noun: str
    """What a record is called: a line, a row."""
    opening: bytes
    """What the file begins with, before the first record."""
    sign: bytes
    """What every file that was begun begins with, as far as it was written."""

    def written(self, record: Record) -> bytes:
        """Return a record as it stands in the file."""

    def marks(self, lines: Iterable[bytes]) -> Iterator[Mark]:
        """Find the whole records in the whole lines after the opening.

        Raises:
            ValueError: Something else stands there.
        """


class _JsonLines:
    """One JSON value a line."""

    name = "jsonl"
    noun = "line"
    opening = b""
    sign = b'{"id": '

    def written(self, record: Record) -> bytes:
        job = record.job
        line: dict[str, Any] = {"id": job.id} | record.facts
        if job.is_group:
            line["summarised"] = record.summarised
        line |= {"digest": job.digest, "request": record.request.fields()}
        if record.failures:
            line["failed"] = [{"id": one.id, "error": one.error} for one in record.failures]
        if record.error is not None:
            line["error"] = record.error
        if record.summary is not None:
            line |= record.summary.to_dict()
        return _json(line).encode() + b"\n"

    def marks(self, lines: Iterable[bytes]) -> Iterator[Mark]:
        for raw in lines:
            line = json.loads(raw)
            is_failure = "error" in line or "failed" in line
            yield Mark(line["id"], line["digest"], line["request"], is_failure, len(raw))


class _Table:
    """One row a record, after a row that names the columns.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """

    name = "csv"
    noun = "row"
    opening = (",".join(_COLUMNS) + "\r\n").encode()
    sign = opening

    def written(self, record: Record) -> bytes:
        job, summary = record.job, record.summary
        values = {
            "id": job.id,
            **record.facts,
            "summarised": "; ".join(record.summarised),
            "words": "" if summary is None else str(summary.words),
            "text": "" if summary is None else summary.text,
            "places": "" if summary is None else _places(summary),
            "error": "; ".join(_errors(record)),
            "digest": job.digest,
            "request": _json(record.request.fields()),
        }
        row = io.StringIO(newline="")
        csv.writer(row).writerow(_harmless(values.get(column, "")) for column in _COLUMNS)
        return row.getvalue().encode()

    def marks(self, lines: Iterable[bytes]) -> Iterator[Mark]:
        # The setting is one for the whole process: it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
        size = 0

        def texts() -> Iterator[str]:
            nonlocal size
            for raw in lines:
                size += len(raw)
                yield raw.decode()

        rows = csv.reader(texts(), strict=True)
        while True:
            size = 0
            try:
                row = next(rows)
            except (StopIteration, csv.Error) as error:
                if "unexpected end" in str(error) or isinstance(error, StopIteration):
                    return  # The last row was not finished.
                raise ValueError(str(error)) from error
            cells = dict(zip(_COLUMNS, row, strict=True))
            request = json.loads(cells["request"])
            is_failure = bool(cells["error"])
            yield Mark(cells["id"], cells["digest"], request, is_failure, size)


class _Sections:
    """One section a record, with footnotes, and a comment at its end that is not shown."""

    name = "markdown"
    noun = "section"
    opening = b"<!-- Summaries -->\n"
    sign = opening

    _END = re.compile(rb"<!-- (\{.*\}) -->\n")

    def written(self, record: Record) -> bytes:
        job = record.job
        title = record.facts.get("title") or job.id
        parts = ["\n", section(record.summary, title, record.number)]
        parts += [f"\n{not_summarised(one)}\n" for one in _errors(record)]
        mark = {
            "id": job.id,
            "digest": job.digest,
            "request": record.request.fields(),
            "failed": record.is_failure,
        }
        return "".join([*parts, "\n", _comment(mark)]).encode()

    def marks(self, lines: Iterable[bytes]) -> Iterator[Mark]:
        size = 0
        for raw in lines:
            size += len(raw)
            end = self._END.fullmatch(raw)
            if end:
                mark = json.loads(end[1])
                yield Mark(mark["id"], mark["digest"], mark["request"], mark["failed"], size)
                size = 0


FORMATS: dict[str, Format] = {one.name: one for one in (_JsonLines(), _Table(), _Sections())}


def format_of(out: Path, name: str | None) -> Format:
    """Return the format of a name, or else the one that a file's ending means.

    Raises:
        BadRequest: The ending means none.
    """
    name = name or _SUFFIXES.get(out.suffix.lower())
    if name is None:
        raise BadRequest(
            f"The ending of {out} means no format; expected {', '.join(_SUFFIXES)}, or a format "
            "named with --format."
        )
    return FORMATS[name]


def _errors(record: Record) -> list[str]:
    own = [] if record.error is None else [record.error]
    return own + [f"{one.id}: {one.error}" for one in record.failures]


def _places(summary: Summary) -> str:
    """Say where each sentence stands, as one would cut it out of its article's text."""
    return "; ".join(f"{one.article_id}[{one.start}:{one.end}]" for one in summary.sentences)


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


# Made once: json.dumps makes one anew for each value.
_json = json.JSONEncoder(ensure_ascii=False).encode


def _comment(mark: object) -> str:
    # Two hyphens or an angle would end the comment; within JSON they can be written otherwise.
    text = _json(mark).replace("<", "\\u003c").replace(">", "\\u003e").replace("--", "-\\u002d")
    return f"<!-- {text} -->\n"
