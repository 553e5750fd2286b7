"""Whether questions can be answered now."""

from contextlib import suppress

from embeddings.encoder import Passage, Role
from embeddings.errors import MissingVectors
from service.corpus import Corpus

_CANARY = Passage("Can this be embedded?", role=Role.QUERY)


def check_ready(corpus: Corpus) -> None:
    """Do what every answer needs; raise a `ParallaxError` that says what is in the way.

    The first time this may load the model and read the index; then it costs next to nothing.
    """
    corpus.library.sync()
    # Offline, what the cache holds can be answered with.
    with suppress(MissingVectors):
        corpus.library.encoder.encode([_CANARY])
