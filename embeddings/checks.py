"""What an article must be to be kept, and the digest that tells whether it changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from hashlib import sha256

from embeddings.article import Article
from embeddings.errors import BadArticle

# Raised when labels, sentences, chunks, the fields that the text itself fills or what is embedded
# come out differently for the same text, so that adding an article again brings it up to date.
_ROAD_VERSION = 3

# A novel of a thousand pages has two to three million characters; what is longer is no article.
MOST_CHARACTERS = 5_000_000

# Each line may be a block, and is looked at as one; that novel, hard-wrapped, has half as many.
_MOST_LINES = 100_000
_MOST_ID_CHARACTERS = 512

_FIELDS = [one.name for one in fields(Article)]


def check_article(article: Article) -> None:
    """Raise `BadArticle` if an article cannot be kept, saying why."""
    if not article.text.strip():
        raise BadArticle("The text is empty; an article needs some.")
    if len(article.text) > MOST_CHARACTERS:
        raise BadArticle(
            f"The text has {len(article.text):,} characters; an article may have up to "
            f"{MOST_CHARACTERS:,}. Split it into articles."
        )
    if article.text.count("\n") >= _MOST_LINES:
        raise BadArticle(
            f"The text has {article.text.count(chr(10)) + 1:,} lines; an article may have up to "
            f"{_MOST_LINES:,}. Split it into articles."
        )
    check_id(article.id)
    for name, value in _given(article).items():
        _check_storable(name, value)


def check_id(article_id: str) -> None:
    """Raise `BadArticle` if an article cannot be called that."""
    if len(article_id) > _MOST_ID_CHARACTERS:
        raise BadArticle(
            f"The id has {len(article_id)} characters; it may have up to {_MOST_ID_CHARACTERS}."
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in article_id):
        raise BadArticle(f"The id {article_id!r} holds a control character; leave it out.")


def _check_storable(name: str, value: object) -> None:
    # Most are strings, or not given.
    for text in [value] if isinstance(value, str) else _strings(value) if value else ():
        if "\0" in text:
            raise BadArticle(f"The {name} holds a NUL character; is this a binary file? Remove it.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadArticle(
                f"The {name} holds half a character (U+{ord(text[error.start]):04X}, a lone "
                f"surrogate) at position {error.start}; write it whole or leave it out."
            ) from error


def _strings(value: object) -> Iterator[str]:
    """Yield all strings that a value is or holds, names of fields included."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            waiting += [*part, *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part


def _given(article: Article) -> dict[str, object]:
    """Return an article's fields by name, as `asdict` does but without copying them."""
    return {name: getattr(article, name) for name in _FIELDS}


def digest_of(article: Article) -> bytes:
    """Digest all that was given of an article, save where it lay."""
    given = {**_given(article), "id": "", "origin": None, "version": _ROAD_VERSION}
    return sha256(json.dumps(given, sort_keys=True).encode()).digest()
