"""Sees to it that what embeds is the model whose vectors there are, before it is believed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock

from embeddings.cache import EmbeddingCache
from embeddings.canary import CANARY, check_canary
from embeddings.encoder import Encoder, EncoderAround, ModelProfile, Passage, TokenPart
from embeddings.errors import LibraryBusy, LibraryUnwritable
from embeddings.served import ServedModel, check_same, lasting_name, served_by
from embeddings.store import Store
from embeddings.vectors import Matrix

# So many passages, the first and the last, tell whose vectors a library has.
_PROBES = 16


class GuardedEncoder(EncoderAround):
    """An Encoder around an Encoder that lets no vector of another model through.

    What was first asked for is embedded together with a fixed text, so that to look costs next
    to nothing: once a process, and only where the model is loaded anyway.
    """

    def __init__(
        self,
        encoder: Encoder,
        cache: EmbeddingCache,
        name: str,
        served: Callable[[], ServedModel | None],
    ) -> None:
        """Put a guard before an encoder.

        Args:
            encoder: What embeds.
            cache: Where the fixed text's vectors are kept.
            name: What the model was asked for by.
            served: Tells which model the library serves; None if it may be any.
        """
        self._around = encoder
        self._cache = cache
        self._name = name
        self._served = served
        self._is_sound = False
        self._lock = Lock()

    @property
    def _encoder(self) -> Encoder:
        return self._around

    @property
    def profile(self) -> ModelProfile:
        """See `Encoder.profile`."""
        self._check_model()
        return self._encoder.profile

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """See `Encoder.encode`.

        Raises:
            ModelChanged: It is not the model that is served, or gives other numbers than it gave.
        """
        if self._is_sound:
            return self._encoder.encode(passages)
        with self._lock:
            self._check_model()
            *found, canary = self._encoder.encode([*passages, CANARY])
            self._check_canary(canary)
            self._is_sound = True
        return found

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """See `Encoder.explain`."""
        if not self._is_sound:
            self.encode([])
        return self._encoder.explain(passages, vector)

    def _check_model(self) -> None:
        served = self._served()
        if served is not None and served.fingerprint != self._encoder.fingerprint:
            check_same(served, self._name, self._encoder.fingerprint, self._encoder.precision)

    def _check_canary(self, found: Matrix) -> None:
        fingerprint, precision = self._encoder.fingerprint, self._encoder.precision
        (expected,) = self._cache.read(fingerprint, [CANARY])
        if expected is not None:
            model = ServedModel(lasting_name(self._name), fingerprint, precision)
            check_canary(model, expected, found)
            return
        with suppress(LibraryBusy, LibraryUnwritable):  # Then the next process keeps it.
            self._cache.write(self._encoder.profile, [CANARY], [found])


def model_of(store: Store, cache: EmbeddingCache, name: str) -> ServedModel | None:
    """Find out which model a library serves that was begun before libraries said so.

    Args:
        store: The library's passages.
        cache: The vectors.
        name: The model that it is if there are vectors of several.

    Returns:
        The model whose vectors there are of the library's passages; None if there is none.
    """
    passages = [chunk.passage for chunk in store.outermost(_PROBES)]
    holding = [
        profile
        for profile in (cache.profiles() if passages else [])
        if all(found is not None for found in cache.read(profile.fingerprint, passages))
    ]
    # The one that was met last comes first, and stays so among those of the name.
    holding.sort(key=lambda profile: profile.name != name)
    return served_by(holding[0]) if holding else None
