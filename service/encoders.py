"""The encoder that the settings ask for, perhaps begun with before the library is open."""

from collections.abc import Callable
from dataclasses import replace
from sys import setswitchinterval
from typing import TYPE_CHECKING

from embeddings.models.ahead import open_ahead, read_ahead
from embeddings.models.files import DEFAULT_MODEL
from service.settings import Settings

# A command that embeds begins with the model before it imports the rest.
if TYPE_CHECKING:
    from embeddings.cache import EmbeddingCache
    from embeddings.encoder import Encoder
    from embeddings.models.opening import ModelEncoder
    from embeddings.served import ServedModel

MakeModel = Callable[
    [Settings, "EmbeddingCache", Callable[[str], None], "ServedModel | None"], "Encoder"
]


_SECONDS_A_TURN = 0.001


def model_encoder(
    settings: Settings,
    cache: "EmbeddingCache",
    tell: Callable[[str], None],
    served: "ServedModel | None" = None,
) -> "ModelEncoder":
    """Make the encoder that the settings ask for; it loads nothing yet.

    Args:
        settings: What is asked for.
        cache: Whose vectors are gone on with, as to their precision.
        tell: Told what takes long with the model, and what could be better.
        served: The model that the library serves, if its vectors are to be gone on with.
    """

    def holds(fingerprint: str) -> bool:
        if served is not None:
            return fingerprint == served.fingerprint
        return cache.profile(fingerprint) is not None

    return _encoder(settings, model_name(settings, served), tell, holds)


def model_name(settings: Settings, served: "ServedModel | None") -> str:
    """Return what the model is asked for by, of a library that serves this one."""
    return settings.model or (DEFAULT_MODEL if served is None else served.name)


def begun_model(settings: Settings, tell: Callable[[str], None]) -> MakeModel:
    """Begin to open the model that is probably asked one question, while the library is opened.

    Args:
        settings: What is asked for.
        tell: Told what takes long with the model, and what could be better.

    Returns:
        What makes a library's encoder: the one that was begun with if the library serves that
        model, else another one.
    """
    name = model_name(settings, None)
    # What is begun mostly works outside of Python, and is to get its turn in it soon.
    setswitchinterval(_SECONDS_A_TURN)
    read_ahead(name)
    # Imported here: to import what a model takes lasts as long as to digest its files.
    from embeddings.served import index_path

    # What can be told of the model that is served without opening the library.
    folder = settings.library.expanduser()
    opened = open_ahead(
        _encoder(
            replace(settings, download=False),
            name,
            tell,
            lambda fingerprint: index_path(folder, fingerprint).exists(),
            at_once=1,
        )
    )

    def make(
        settings: Settings,
        cache: "EmbeddingCache",
        tell: Callable[[str], None],
        served: "ServedModel | None" = None,
    ) -> "ModelEncoder":
        if served is not None and model_name(settings, served) == name:
            begun = opened()
            if begun is not None and begun.fingerprint == served.fingerprint:
                return begun
        return model_encoder(settings, cache, tell, served)

    return make


def _encoder(
    settings: Settings,
    name: str,
    tell: Callable[[str], None],
    holds: Callable[[str], bool],
    *,
    at_once: int | None = None,
) -> "ModelEncoder":
    from embeddings.models.opening import open_encoder
    from embeddings.models.precision import Precision

    return open_encoder(
        name,
        models=settings.models.expanduser(),
        device=settings.device,
        download=settings.download,
        precision=None if settings.precision == "auto" else Precision(settings.precision),
        holds=holds,
        tell=tell,
        at_once=at_once,
    )
