"""What can be set from outside, each as an environment variable PARALLAX_<NAME>."""

from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from embeddings.errors import BadRequest
from embeddings.models.files import DEFAULT_MODEL


class Settings(BaseSettings):
    """All settings; read once, then handed on as values."""

    model_config = SettingsConfigDict(
        env_prefix="PARALLAX_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    library: Path = Field(
        default_factory=lambda: user_data_path("parallax"),
        description="Folder that holds the articles, the embedding cache and the index.",
    )
    model: str = Field(
        DEFAULT_MODEL,
        min_length=1,
        description="Any sentence-transformers model, by name or path.",
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
        default_factory=lambda: user_cache_path("parallax") / "models",
        description="Folder that models are kept in as they were prepared for the processor.",
    )
    offline: bool = Field(
        False, description="Never load a model; vectors come from the cache alone."
    )
    download: bool = Field(
        False, description="Allow fetching a model that is not on this machine from the hub."
    )


def read_settings(**given: object) -> Settings:
    """Read the settings; what is given (and not None) goes before the environment.

    Raises:
        BadRequest: A value cannot be used; the message names it.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(map(str, first["loc"])).upper()
        raise BadRequest(
            f"PARALLAX_{name} is {first['input']!r}: {first['msg'].lower()}."
        ) from error
