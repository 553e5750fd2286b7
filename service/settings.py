"""What can be set from outside, each as an environment variable PARALLAX_<NAME>."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
