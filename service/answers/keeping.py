"""What the library keeps besides articles."""

from dataclasses import dataclass

from service.answers.common import Answer


@dataclass(frozen=True, kw_only=True)
class CachedModelAnswer(Answer):
    """What the cache holds of one model."""

    model: str
    fingerprint: str
    entries: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class CacheStats(Answer):
    """What the cache holds.

    `models` says of which models it has vectors, the oldest first; `outlines` of how many texts,
    read by one of them, it knows where their sentences stand, and `outline_bytes` how much that is.
    """

    models: list[CachedModelAnswer]
    outlines: int
    outline_bytes: int


@dataclass(frozen=True, kw_only=True)
class ModelAnswer(Answer):
    """A model, and how much of a library it has vectors of.

    `complete` is the share of the library's passages, as the model reads them, whose vectors are
    in the cache: from 0 to 1, of a large library by a sample.
    """

    model: str
    fingerprint: str
    precision: str
    complete: float


@dataclass(frozen=True, kw_only=True)
class Models(Answer):
    """The model that a library serves, and others that its cache holds vectors of."""

    served: ModelAnswer | None
    others: list[ModelAnswer]


@dataclass(frozen=True, kw_only=True)
class SwitchedAnswer(Answer):
    """What became of a library that went over to another model."""

    before: str | None
    served: str
    fingerprint: str
    precision: str
    embedded: int
    cut: int


@dataclass(frozen=True, kw_only=True)
class BackupAnswer(Answer):
    """What a backup holds."""

    library: str
    generation: int
    counts: dict[str, int]
    model: str | None
    fingerprint: str | None
    bytes: int


@dataclass(frozen=True, kw_only=True)
class KeyAnswer(Answer):
    """What may be told of a key that opens the service."""

    id: str
    name: str
    scope: str
    created: str


@dataclass(frozen=True, kw_only=True)
class KeyList(Answer):
    """The keys of a library, oldest first."""

    keys: list[KeyAnswer]
