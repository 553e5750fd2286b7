"""What can be set from outside, each as an environment variable PARALLAX_<NAME>."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from embeddings.errors import BadRequest
from embeddings.models.files import DEFAULT_MODEL

_PREFIX = "PARALLAX_"

_TRUTHS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}


def _told(read: Callable[[Any], object], about: str) -> Mapping[str, object]:
    """Say how a setting is read, and what it is for.

    Args:
        read: Takes text or a value of the right kind; a ValueError says what is expected.
        about: What it is for.
    """
    return {"read": read, "about": about}


def _text(given: str) -> str:
    if not given:
        raise ValueError("expected some text")
    return given


def _truth(given: bool | str) -> bool:
    found = given if isinstance(given, bool) else _TRUTHS.get(given.strip().lower())
    if found is None:
        raise ValueError("expected 1 or 0")
    return found


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(given: str) -> str:
        if given not in choices:
            raise ValueError(f"expected {', '.join(choices[:-1])} or {choices[-1]}")
        return given

    return read


def _whole(least: int, most: int | None = None) -> Callable[[int | str], int]:
    def read(given: int | str) -> int:
        try:
            found = int(given)
        except ValueError:
            found = least - 1
        if found < least or (most is not None and found > most):
            bounds = f"of {least:,} or more" if most is None else f"from {least:,} to {most:,}"
            raise ValueError(f"expected a whole number {bounds}")
        return found

    return read


def _seconds(most: int) -> Callable[[float | str], float]:
    def read(given: float | str) -> float:
        try:
            found = float(given)
        except ValueError:
            found = 0.0
        if not 0 < found <= most:
            raise ValueError(f"expected seconds, more than 0 and at most {most:,}")
        return found

    return read


def _own_folder() -> Path:
    # Imported here: most libraries are named.
    from platformdirs import user_data_path

    return user_data_path("parallax")


def _models_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("parallax") / "models"


def _listed(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return what stands between commas."""
    parts = re.split(r"[,\s]+", given) if isinstance(given, str) else given
    return tuple(part for part in parts if part)


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    names = _listed(given)
    for name in names:
        if not re.fullmatch(r"\[[0-9a-f:.]+\]|[^\s:/*?#@\[\]]+", name, re.IGNORECASE):
            raise ValueError(f"{name} is no name of a host; expected such as news.example.org")
    return names


def _origins(given: str | Sequence[str]) -> tuple[str, ...]:
    origins = _listed(given)
    for origin in origins:
        if not re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]+)?", origin):
            raise ValueError(f"{origin} is no origin; expected such as https://news.example.org")
    return origins


def _rate(given: str) -> str:
    if re.fullmatch(r"none|[1-9][0-9]*/(second|minute|hour|day)", given):
        return given
    raise ValueError("expected a rate such as 20/second, or none")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings; read once, then handed on as values."""

    # Not of pydantic: to import that takes longer than all that a short command does.

    library: Path = field(
        default_factory=_own_folder,
        metadata=_told(Path, "Folder that holds the articles, the embedding cache and the index."),
    )
    model: str | None = field(
        default=None,
        metadata=_told(
            _text,
            "Any sentence-transformers model, by name or path; by default the one that "
            f"the library serves, and for a new one {DEFAULT_MODEL}.",
        ),
    )
    device: str | None = field(
        default=None,
        metadata=_told(
            _text,
            "Where the model runs: cpu, cuda, mps; by default a graphics card of NVIDIA "
            "if there is one, else the processor.",
        ),
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = field(
        default="auto",
        metadata=_told(
            _one_of("auto", "float32", "bfloat16", "int8"),
            "In which numbers the model is computed. auto is bfloat16 where the "
            "processor has it, else float32, and goes on in what the library was begun with.",
        ),
    )
    models: Path = field(
        default_factory=_models_folder,
        metadata=_told(
            Path, "Folder that models are kept in as they were prepared for the processor."
        ),
    )
    offline: bool = field(
        default=False,
        metadata=_told(_truth, "Never load a model; vectors come from the cache alone."),
    )
    log: Literal["off", "text", "json"] = field(
        default="off",
        metadata=_told(
            _one_of("off", "text", "json"),
            "What `serve` writes of requests on standard error: nothing but what goes "
            "wrong (off), or a line each as key=value (text) or as JSON (json); no text of any.",
        ),
    )
    download: bool = field(
        default=False,
        metadata=_told(_truth, "Allow fetching a model that is not on this machine from the hub."),
    )

    # Of `parallax serve`

    hosts: tuple[str, ...] = field(
        default=(),
        metadata=_told(
            _names,
            "Names, separated by commas, that the service may be called by besides those "
            "of this machine; needed behind a proxy.",
        ),
    )
    cors: tuple[str, ...] = field(
        default=(),
        metadata=_told(
            _origins,
            "Origins, separated by commas, whose pages may ask the service and read its "
            "answers, such as https://news.example.org; by default none.",
        ),
    )
    proxies: int = field(
        default=0,
        metadata=_told(
            _whole(0, 10),
            "How many proxies stand before the service; each must add whom it answers to "
            "X-Forwarded-For, which is believed no further.",
        ),
    )
    rate: str | None = field(
        default=None,
        metadata=_told(
            _rate,
            "How often one client (a key, else an address) may ask, such as 20/second or "
            "1000/hour, or none; by default 20/second where others can reach the service.",
        ),
    )
    timeout: float = field(
        default=30,
        metadata=_told(
            _seconds(3600),
            "Seconds that a request may take to come, an answer to be taken, and a "
            "request to get its turn; a slow connection gets more by what it carries.",
        ),
    )
    threads: int = field(
        default=8,
        metadata=_told(
            _whole(1, 256),
            "How many requests are answered at once, besides a quarter as many that change "
            "the library.",
        ),
    )
    waiting: int = field(
        default=64,
        metadata=_told(
            _whole(1, 10_000), "How many more requests may wait; past that they are refused (503)."
        ),
    )
    body: int = field(
        default=32 * 1024 * 1024,
        metadata=_told(_whole(1024), "The most bytes of a request's body (413)."),
    )
    batch: int = field(
        default=10_000,
        metadata=_told(_whole(1), "The most articles that are sent to be added at once (422)."),
    )
    text: int = field(
        default=1_000_000,
        metadata=_told(
            _whole(1),
            "The most characters of an article that is sent to be added, and of all texts "
            "that come with a question (422).",
        ),
    )


def read_settings(**given: object) -> Settings:
    """Read the settings; what is given (and not None) goes before the environment.

    Raises:
        BadRequest: A value cannot be used; the message names it.
    """
    found: dict[str, Any] = {**_outside()}
    found |= {name: value for name, value in given.items() if value is not None}
    readers = {one.name: one.metadata["read"] for one in fields(Settings)}
    for name, value in found.items():
        if name not in readers:
            raise _unusable(name, value, "there is no such setting")
        try:
            found[name] = readers[name](value)
        except ValueError as error:
            raise _unusable(name, value, str(error)) from error
    return Settings(**found)


def _unusable(name: str, value: object, why: str) -> BadRequest:
    return BadRequest(f"{_PREFIX}{name.upper()} is {value!r}: {why}.")


def _outside() -> dict[str, str]:
    """Return what the environment says of settings; an empty variable is as good as none."""
    named = {name.lower(): value for name, value in os.environ.items()}
    variables = {one.name: f"{_PREFIX}{one.name}".lower() for one in fields(Settings)}
    return {name: named[variable] for name, variable in variables.items() if named.get(variable)}
