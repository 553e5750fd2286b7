"""What can be set from outside, each as an environment variable PARALLAX_<NAME>."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from embeddings.errors import BadRequest
from embeddings.models.files import DEFAULT_MODEL

_PREFIX = "PARALLAX_"


def _own_folder() -> Path:
    # Imported here: most libraries are named.
    from platformdirs import user_data_path

    return user_data_path("parallax")


def _models_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("parallax") / "models"


def _listed(given: object) -> object:
    """Return what stands between commas."""
    if not isinstance(given, str):
        return given
    return tuple(part for part in re.split(r"[,\s]+", given) if part)


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    for name in given:
        if not re.fullmatch(r"\[[0-9a-f:.]+\]|[^\s:/*?#@\[\]]+", name, re.IGNORECASE):
            raise ValueError(f"{name} is no name of a host; expected such as news.example.org")
    return given


def _origins(given: tuple[str, ...]) -> tuple[str, ...]:
    for origin in given:
        if not re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]+)?", origin):
            raise ValueError(f"{origin} is no origin; expected such as https://news.example.org")
    return given


def _rate(given: str | None) -> str | None:
    if given is None or re.fullmatch(r"none|[1-9][0-9]*/(second|minute|hour|day)", given):
        return given
    raise ValueError("expected a rate such as 20/second, or none")


_List = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Settings(BaseModel):
    """All settings; read once, then handed on as values."""

    # Not of pydantic-settings: to import that takes longer than all that a short command does.
    model_config = ConfigDict(frozen=True, extra="forbid")

    library: Path = Field(
        default_factory=_own_folder,
        description="Folder that holds the articles, the embedding cache and the index.",
    )
    model: str | None = Field(
        None,
        min_length=1,
        description="Any sentence-transformers model, by name or path; by default the one that "
        f"the library serves, and for a new one {DEFAULT_MODEL}.",
    )
    device: str | None = Field(
        None,
        description="Where the model runs: cpu, cuda, mps; by default a graphics card of NVIDIA "
        "if there is one, else the processor.",
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        default="auto",
        description="In which numbers the model is computed. auto is bfloat16 where the "
        "processor has it, else float32, and goes on in what the library was begun with.",
    )
    models: Path = Field(
        default_factory=_models_folder,
        description="Folder that models are kept in as they were prepared for the processor.",
    )
    offline: bool = Field(
        False, description="Never load a model; vectors come from the cache alone."
    )
    log: Literal["off", "text", "json"] = Field(
        default="off",
        description="What `serve` writes of requests on standard error: nothing but what goes "
        "wrong (off), or a line each as key=value (text) or as JSON (json); no text of any.",
    )
    download: bool = Field(
        False, description="Allow fetching a model that is not on this machine from the hub."
    )

    # Of `parallax serve`

    hosts: Annotated[_List, AfterValidator(_names)] = Field(
        default=(),
        description="Names, separated by commas, that the service may be called by besides those "
        "of this machine; needed behind a proxy.",
    )
    cors: Annotated[_List, AfterValidator(_origins)] = Field(
        default=(),
        description="Origins, separated by commas, whose pages may ask the service and read its "
        "answers, such as https://news.example.org; by default none.",
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many proxies stand before the service; each must add whom it answers to "
        "X-Forwarded-For, which is believed no further.",
    )
    rate: Annotated[str | None, AfterValidator(_rate)] = Field(
        default=None,
        description="How often one client (a key, else an address) may ask, such as 20/second or "
        "1000/hour, or none; by default 20/second where others can reach the service.",
    )
    timeout: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Seconds that a request may take to come, an answer to be taken, and a "
        "request to get its turn; a slow connection gets more by what it carries.",
    )
    threads: int = Field(
        default=8,
        ge=1,
        le=256,
        description="How many requests are answered at once, besides a quarter as many that change "
        "the library.",
    )
    waiting: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="How many more requests may wait; past that they are refused (503).",
    )
    body: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="The most bytes of a request's body (413)."
    )
    batch: int = Field(
        default=10_000,
        ge=1,
        description="The most articles that are sent to be added at once (422).",
    )
    text: int = Field(
        default=1_000_000,
        ge=1,
        description="The most characters of an article that is sent to be added, and of all texts "
        "that come with a question (422).",
    )


def read_settings(**given: object) -> Settings:
    """Read the settings; what is given (and not None) goes before the environment.

    Raises:
        BadRequest: A value cannot be used; the message names it.
    """
    found: dict[str, object] = {**_outside()}
    found |= {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(map(str, first["loc"])).upper()
        raise BadRequest(
            f"PARALLAX_{name} is {first['input']!r}: {first['msg'].lower()}."
        ) from error


def _outside() -> dict[str, str]:
    """Return what the environment says of settings; an empty variable is as good as none."""
    named = {name.lower(): value for name, value in os.environ.items()}
    variables = {name: f"{_PREFIX}{name}".lower() for name in Settings.model_fields}
    return {name: named[variable] for name, variable in variables.items() if named.get(variable)}
