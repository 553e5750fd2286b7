"""The model that a library serves: which one, which others there are, and going over to one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from embeddings.encoder import ModelProfile
from embeddings.library import Library
from embeddings.served import ServedModel
from embeddings.switching import ModelSwitch, held_share
from service.answers import ModelAnswer, Models
from service.corpus import Corpus, guarded_encoder
from service.encoders import MakeModel, model_encoder
from service.settings import Settings


def models_of(library: Library) -> Models:
    """Say which model a library serves, and of which others the cache holds vectors.

    Args:
        library: The library; none of its models is loaded.
    """
    served = library.serves
    kept = library.cache.profiles()
    others = [one for one in kept if served is None or one.fingerprint != served.fingerprint]
    return Models(
        served=None if served is None else _served_answer(library, served, kept),
        others=[_answer(library, one) for one in others],
    )


@contextmanager
def switching(
    settings: Settings,
    name: str,
    *,
    tell: Callable[[str], None] = lambda message: None,
    make_model: MakeModel = model_encoder,
) -> Iterator[ModelSwitch]:
    """Open a library to take it over to another model, and close it in the end.

    Args:
        settings: Of the library. The model that they name is not asked for.
        name: The other model.
        tell: Told what takes long with the model, and what could be better.
        make_model: Makes the model.

    Raises:
        ModelUnavailable: The model cannot be loaded.
        LibraryUnwritable: The folder is not there and cannot be made.
        LibraryDamaged: What lies there is no library.
    """
    corpus = Corpus.open(replace(settings, model=None), tell=tell)
    try:
        cache = corpus.library.cache
        asked = replace(settings, model=name)
        encoder = guarded_encoder(asked, cache, tell, lambda: None, make_model)
        yield ModelSwitch(corpus.library, encoder)
    finally:
        corpus.close()


def _served_answer(library: Library, served: ServedModel, kept: list[ModelProfile]) -> ModelAnswer:
    for profile in kept:
        if profile.fingerprint == served.fingerprint:
            answer = _answer(library, profile)
            return replace(answer, model=served.name)
    # The cache was removed: all of it is made again when it is needed.
    return ModelAnswer(
        model=served.name, fingerprint=served.fingerprint, precision=served.precision, complete=0.0
    )


def _answer(library: Library, profile: ModelProfile) -> ModelAnswer:
    return ModelAnswer(
        model=profile.name,
        fingerprint=profile.fingerprint,
        precision=profile.precision,
        complete=held_share(library, profile),
    )
