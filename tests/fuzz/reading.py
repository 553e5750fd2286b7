"""Stages that take bytes: whatever they are, they become articles, or it is said why not."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from embeddings.article import Article
from embeddings.checks import check_article
from embeddings.errors import BadArticle, BadRequest
from embeddings.readers import Refusal, article_from_fields, read_paths
from embeddings.readers.dates import iso_date
from embeddings.readers.decoding import decode, tidy
from fuzz.inputs import Check, from_bytes
from service.claims import Claim, read_claims
from service.evaluation.rows import Row, read_rows
from service.verification import verify


def check_decoding(content: bytes) -> None:
    """A text without what no text has, that stays as it is when it is read again."""
    declared = [None, "cp1252", "utf-8"][len(content) % 3]
    try:
        text = decode(content, declared)
    except BadArticle as error:
        _check_reason(str(error))
        return
    assert text.strip()
    assert not set("\0\r\ufeff") & set(text)
    text.encode()
    assert len(text) <= len(content) + 1


def check_stdin(content: bytes) -> None:
    """What comes by standard input is articles or refusals."""
    _check_read(read_paths(["-"], stdin=io.BytesIO(content)))


def file_check(suffix: str) -> Check:
    """Return a check of the reader for files of a suffix."""
    folder = TemporaryDirectory(prefix="parallax-fuzz-")
    path = Path(folder.name) / f"any{suffix}"

    def check(content: bytes) -> None:
        assert folder.name
        path.write_bytes(content)
        seen: list[int] = []
        _check_read(read_paths([path], on_bytes=seen.append))
        assert sum(seen) == len(content)

    return check


def _check_read(items: Iterator[Article | Refusal]) -> None:
    for item in items:
        if isinstance(item, Refusal):
            _check_reason(item.reason)
            item.origin.encode()
            continue
        assert item.text.strip()
        assert item.title == " ".join(item.title.split())
        assert item.url is None or item.url.lower().startswith(("http://", "https://"))
        assert item.published is None or iso_date(item.published) == item.published
        assert item.language is None or len(item.language) == 2
        json.dumps(dict(item.extra), allow_nan=False)
        _refused_or_storable(item)


def _refused_or_storable(article: Article) -> None:
    try:
        check_article(article)
    except BadArticle as error:
        _check_reason(str(error))
        return
    for text in (article.text, article.id, article.title, article.source or "", article.url or ""):
        text.encode()
        assert "\0" not in text


def _check_reason(reason: str) -> None:
    """A reason is a line that can be printed, of a length that one reads."""
    reason.encode()
    assert reason.strip()
    assert len(reason) < 2_000, reason[:200]


def check_fields(content: bytes) -> None:
    """A record becomes an article with all that it held, or is refused."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return
    if not isinstance(fields, dict):
        return
    try:
        article = article_from_fields(fields)
    except BadArticle as error:
        _check_reason(str(error))
        return
    assert article.text in [tidy(value) for value in fields.values() if isinstance(value, str)]
    assert all(fields[name] == value for name, value in article.extra.items() if name in fields)
    _refused_or_storable(article)


def check_claims(content: bytes) -> None:
    """Claims are read, or it is said why not; what is read can be checked."""
    found = _or_refused(lambda: list(read_claims(content, "a file")))
    if found:
        answer = verify(found, lambda name: ["Ferries sail again from Monday."])
        answer.to_json().encode()
        assert answer.held <= answer.quotes


def _or_refused(read: Callable[[], list[Claim]]) -> list[Claim]:
    try:
        return read()
    except BadRequest as error:
        _check_reason(str(error))
        return []


def check_rows(content: bytes) -> None:
    """Rows to evaluate by are read line by line; a bad one keeps no other out."""
    for row in read_rows("-", stdin=io.BytesIO(content)):
        if isinstance(row, Row):
            assert row.articles
            "".join([row.id, row.query or "", *row.references, *row.summaries.values()]).encode()
            for article in row.articles:
                check_article(article)
        else:
            _check_reason(row.reason)


def check_dates(content: bytes) -> None:
    """A date is ISO 8601 and means itself; what may mean several days is none."""
    text = from_bytes(content)
    for value in (text, *text.split("\n")[:50], *text.split()[:50]):
        written = iso_date(value)
        assert written is None or iso_date(written) == written
