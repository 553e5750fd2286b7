"""What answers are made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Band(StrEnum):
    """What a score means, from the closest on: see `bands`."""

    SAME = "same"
    CLOSE = "close"
    RELATED = "related"
    FAR = "far"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Something that is answered."""

    def to_dict(self) -> dict[str, Any]:
        """Return what it holds, as JSON has it."""
        return _plain_values(vars(self))

    def to_json(self) -> str:
        """Write it as one JSON value."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class Quote(Answer):
    """Words of an article with their place: `text == article.text[start:end]`."""

    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True)
class ScoredQuote(Quote):
    """A quote and how close it is; higher is closer."""

    score: float


# Most values are of these, which JSON has too.
_PLAIN = frozenset([str, int, float, bool, type(None)])


def _plain_values(values: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: value if type(value) in _PLAIN else _plain(value) for name, value in values.items()
    }


def _plain(value: object) -> object:
    if isinstance(value, Answer):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return _plain_values(value)
    return value
