"""Fields of a record become an article: names as data sets call them, types checked."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers.dates import iso_date
from embeddings.readers.decoding import tidy

_T = TypeVar("_T")

# Names without case, spaces and marks, the likelier first: "publishedAt" is "publishedat".
NAMES = {
    "id": ("id", "articleid", "docid", "uid"),
    "title": ("title", "headline"),
    "text": (
        *("text", "body", "content", "article", "story"),
        *("maintext", "fulltext", "articletext", "articlebody"),
    ),
    "source": ("source", "outlet", "publisher", "publication", "site", "sitename", "domain"),
    "url": ("url", "link", "uri"),
    "published": (
        *("published", "publishedat", "date", "datetime", "datepublished"),
        *("publishdate", "publicationdate", "pubdate", "timestamp"),
    ),
    "language": ("language", "lang"),
    "authors": ("authors", "author", "byline"),
}
TEXT_NAMES = "text, body, content, article, story, maintext or full_text"

_MOST_FIELDS = 10_000
_DEPTH = 64  # of lists and objects within a field; nobody nests metadata deeper
_TYPES = {dict: "an object", list: "a list", bool: "true or false", int: "a number"}
_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
# Spaces end an address wherever it is written; control characters and what turns the direction
# of writing show it as another one.
_NOT_IN_AN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BETWEEN_NAMES = re.compile(r"[;,&]|\band\b", re.IGNORECASE)


def article_from_fields(fields: Mapping[str, object]) -> Article:
    """Make an article of a record.

    A field whose value is of no use (a URL that is not http, a date that may mean two
    days) and every field of another name is kept in `extra`, as it was.

    Raises:
        BadArticle: There is no text, or a field cannot be what its name says, or stored.
    """
    if len(fields) > _MOST_FIELDS:
        raise BadArticle(f"{len(fields):,} fields; an article may have up to {_MOST_FIELDS:,}")
    for name, value in fields.items():
        _check_storable(name, value)
    rest = dict(fields)
    text = _text(rest)
    title = _pop(rest, "title")
    if title is not None and not isinstance(title, str):
        raise BadArticle(f"its title is {type_name(title)}; expected a string")
    return Article(
        text=text,
        id=_id(_pop(rest, "id")),
        title=" ".join(tidy(title).split()) if title else "",
        source=_kept(rest, "source", source_name),
        url=_kept(rest, "url", web_address),
        published=_kept(rest, "published", iso_date),
        language=_kept(rest, "language", language_code),
        authors=_kept(rest, "authors", author_names) or (),
        extra=rest,
    )


@lru_cache(maxsize=1024)  # The same few names come with every record.
def plain(name: str) -> str:
    """Return a field's name without case, spaces and marks."""
    return "".join(filter(str.isalnum, name.casefold()))


def find_name(names: Iterable[str], field: str) -> str | None:
    """Return which of the names stands for the field; None if none does."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
    return next((by_plain[alias] for alias in NAMES[field] if alias in by_plain), None)


def type_name(value: object) -> str:
    """Name a JSON value's type, for a message."""
    if value is None:
        return "null"
    return _TYPES.get(type(value), "a string" if isinstance(value, str) else "a number")


def web_address(value: object) -> str | None:
    """Return the address if it is one of the web; else None."""
    if not isinstance(value, str):
        return None
    address = value.strip()
    fits = _ADDRESS.match(address) and not _NOT_IN_AN_ADDRESS.search(address)
    return address if fits else None


def language_code(value: object) -> str | None:
    """Return the two letters of "en", "EN" or "en-US"; else None."""
    if not isinstance(value, str):
        return None
    matched = re.match(r"([a-z]{2})(?![a-z])", value.strip().lower())
    return matched[1] if matched else None


def author_names(value: object) -> tuple[str, ...] | None:
    """Return the names in a list, or in a string that joins them; None if it is neither."""
    if isinstance(value, str):
        parts = _BETWEEN_NAMES.split(re.sub(r"\A\s*by\s", "", value, flags=re.IGNORECASE))
    elif isinstance(value, list):
        parts = [_name(item) for item in value]
    else:
        parts = [_name(value)]
    names = tuple(" ".join(part.split()) for part in parts if part.strip())
    return names or None


def source_name(value: object) -> str | None:
    """Return an outlet's name, given as a string or as an object with a name."""
    return " ".join(_name(value).split()) or None


def _name(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else value
    return name if isinstance(name, str) else ""


def _pop(rest: dict[str, object], field: str) -> object:
    """Take the field out of the record; None if there is none or it is empty."""
    if not rest:
        return None
    filled = (name for name, value in rest.items() if value is not None and value != "")
    name = find_name(filled, field)
    return None if name is None else rest.pop(name)


def _kept(rest: dict[str, object], field: str, read: Callable[[object], _T | None]) -> _T | None:
    """Take the field out of the record; what is of no use goes back under the field's name."""
    before = dict(rest)
    value = _pop(rest, field)
    if value is None:
        return None
    meaning = read(value)
    if meaning is None:
        own_name = next(name for name in before if name not in rest)
        rest[own_name if field in rest else field] = value
    return meaning


def _text(rest: dict[str, object]) -> str:
    met = ", ".join(list(rest)[:12]) or "none"
    text = _pop(rest, "text")
    if text is None and find_name(rest, "text") is None:
        raise BadArticle(f"no text: met the fields {met}; expected one named {TEXT_NAMES}")
    if text is not None and not isinstance(text, str):
        raise BadArticle(f"its text is {type_name(text)}; expected a string")
    text = tidy(text or "")
    if not text.strip():
        raise BadArticle("its text is empty; expected an article")
    return text


def _id(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets and data frames turn 12 into 12.0
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        if value is None:
            return ""
        raise BadArticle(f"its id is {type_name(value)}; expected a string or a whole number")
    return str(value).strip()


def _check_storable(name: str, value: object) -> None:
    """Raise BadArticle for what neither UTF-8 nor JSON nor a database can hold."""
    _check_string(name, name)
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            _check_string(name, item)
        elif isinstance(item, float) and not math.isfinite(item):
            raise BadArticle(f"its field {name!r} holds {item}, which is not JSON; expected null")
        elif isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]
        if depth > _DEPTH:
            raise BadArticle(f"its field {name!r} is nested more than {_DEPTH} deep")


def _check_string(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadArticle(
            f"its field {name!a} holds half a character (the surrogate "
            f"{value[error.start]!a}, at {error.start}), which UTF-8 cannot store"
        ) from error
    if "\0" in value:
        raise BadArticle(f"its field {name!r} holds a NUL character; expected text")
