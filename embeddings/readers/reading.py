"""Reading whatever paths name: the only module that knows which reader fits which file."""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers.decoding import decode, decoded_stream
from embeddings.readers.files import (
    HEAD,
    Counted,
    Found,
    Kind,
    OnBytes,
    Refusal,
    find,
    opened,
    plain_words,
    read_whole,
    shown,
)
from embeddings.readers.pages import article_from_html, article_from_markdown, article_from_text
from embeddings.readers.tables import (
    Record,
    parse_json,
    read_json,
    read_json_lines,
    read_table,
    read_values,
)

_STDIN = "-"
_STDIN_NAME = "standard input"

_SINGLE = {
    Kind.TEXT: article_from_text,
    Kind.MARKDOWN: article_from_markdown,
    Kind.HTML: article_from_html,
}


def read_paths(
    paths: Iterable[str | Path],
    *,
    stdin: BinaryIO | None = None,
    on_bytes: OnBytes | None = None,
    skip: Path | None = None,
) -> Iterator[Article | Refusal]:
    """Read files, folders, `.jsonl`, `.json`, `.csv` and "-", one article at a time.

    Nothing that a path names raises: what cannot be read comes as a Refusal, and the
    rest goes on.

    Args:
        paths: What to read, in this order; "-" is standard input.
        stdin: What "-" means, if not the process's own standard input.
        on_bytes: Called with the number of bytes read since its last call; they add up
            to `total_bytes(paths)`, plus what came by standard input.
        skip: A file that is passed over, such as the one that is being written.
    """
    for path in map(str, paths):
        if path == _STDIN:
            yield from _read_stdin(stdin, on_bytes)
            continue
        for found in find(path):
            if isinstance(found, Refusal):
                yield found
            elif skip is None or not _is_same(found.path, skip):
                yield from _read_file(found, on_bytes)


def total_bytes(paths: Iterable[str | Path]) -> int:
    """Add up the sizes of the files that `read_paths` would read; "-" counts nothing."""
    named = (path for path in map(str, paths) if path != _STDIN)
    return sum(found.size for path in named for found in find(path) if isinstance(found, Found))


def read_records(
    path: str | Path, *, stdin: BinaryIO | None = None, on_bytes: OnBytes | None = None
) -> Iterator[Record | Refusal]:
    """Read a file that holds a JSON value a line, whatever its name, or "-".

    As with `read_paths` nothing raises, and bytes are told of.
    """
    is_stdin = str(path) == _STDIN
    origin = _STDIN_NAME if is_stdin else shown(str(path))
    try:
        if is_stdin:
            yield from _records(stdin or sys.stdin.buffer, origin, on_bytes)
            return
        with Path(path).open("rb", buffering=0) as file:
            yield from _records(file, origin, on_bytes)
    except BadArticle as error:
        yield Refusal(origin, str(error))
    except (OSError, ValueError) as error:
        yield Refusal(origin, plain_words(error))


def _records(
    source: BinaryIO | io.FileIO, origin: str, on_bytes: OnBytes | None
) -> Iterator[Record | Refusal]:
    stream = io.BufferedReader(Counted(source, on_bytes), HEAD)
    yield from read_values(decoded_stream(stream), origin)


def _is_same(path: str, other: Path) -> bool:
    try:
        return os.path.samefile(path, other)  # noqa: PTH121 (see files.find)
    except OSError:  # One of them is gone, or not there yet.
        return False


def _read_file(found: Found, on_bytes: OnBytes | None) -> Iterator[Article | Refusal]:
    origin = shown(found.path)
    try:
        with opened(found.path) as file:
            counted = Counted(file, on_bytes)
            yield from _guarded(io.BufferedReader(counted, HEAD), found, origin)
            # What was refused unread still belongs to the total.
            counted.report(found.size - counted.count)
    except BadArticle as error:
        yield Refusal(origin, str(error))
    except OSError as error:
        yield Refusal(origin, plain_words(error))


def _guarded(
    stream: "io.BufferedReader[Counted]", found: Found, origin: str
) -> Iterator[Article | Refusal]:
    try:
        yield from _read_stream(stream, found, origin)
    except BadArticle as error:
        yield Refusal(origin, str(error))


def _read_stream(
    stream: "io.BufferedReader[Counted]", found: Found, origin: str
) -> Iterator[Article | Refusal]:
    if found.kind is Kind.JSON_LINES:
        yield from read_json_lines(decoded_stream(stream), origin)
    elif found.kind is Kind.TABLE:
        tabs = found.path.lower().endswith(".tsv")
        yield from read_table(decoded_stream(stream), origin, prefer_tabs=tabs)
    elif found.kind is Kind.JSON:
        yield from read_json(decode(read_whole(stream)), origin)
    else:
        article = _SINGLE[found.kind](read_whole(stream))
        yield replace(article, origin=shown(os.path.abspath(found.path)))  # noqa: PTH100


def _read_stdin(stdin: BinaryIO | None, on_bytes: OnBytes | None) -> Iterator[Article | Refusal]:
    source = stdin or getattr(sys.stdin, "buffer", None)
    if source is None:
        yield Refusal(_STDIN_NAME, "closed; expected text or JSON lines")
        return
    stream = io.BufferedReader(Counted(source, on_bytes), HEAD)
    try:
        if _is_json_lines(stream.peek(1)):
            yield from read_json_lines(decoded_stream(stream), _STDIN_NAME)
        else:
            yield from _read_unnamed(read_whole(stream))
    except BadArticle as error:
        yield Refusal(_STDIN_NAME, str(error))
    except OSError as error:
        yield Refusal(_STDIN_NAME, plain_words(error))


def _read_unnamed(content: bytes) -> Iterator[Article | Refusal]:
    """Read content that no name describes: HTML, JSON, JSON lines in UTF-16, or text."""
    text = decode(content)
    start = text[:200].lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<?xml")):
        yield article_from_html(content)
    elif start.startswith(("{", "[")) and _is_json(text):
        yield from read_json(text, _STDIN_NAME)
    elif _is_json_lines(text.encode()):
        yield from read_json_lines(io.StringIO(text), _STDIN_NAME)
    else:
        yield article_from_text(content)


def _is_json_lines(head: bytes) -> bool:
    """Tell whether the first line that is not blank is a whole JSON object."""
    line, end, _ = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not line.startswith(b"{") or not (end or len(head) < HEAD):
        return False
    return _is_json(line.decode("utf-8", "replace"))


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except BadArticle:
        return False
    return True
