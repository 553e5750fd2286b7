"""An encoder behind the embedding cache: a model is asked only for what it was not asked before."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from time import perf_counter
from weakref import WeakMethod

from embeddings.batching import Batcher
from embeddings.cache import EmbeddingCache
from embeddings.canary import CANARY, check_canary
from embeddings.encoder import Encoder, ModelProfile, Passage, Role, TokenPart
from embeddings.errors import (
    LibraryBusy,
    LibraryUnwritable,
    MissingVectors,
    ModelUnavailable,
)
from embeddings.served import ServedModel, check_same, lasting_name, served_by
from embeddings.tally import Tally
from embeddings.vectors import Matrix

# How many passages go to the model before their vectors are written: what an
# interruption can cost.
_PASSAGES_A_WRITE = 256

# Questions that are asked at the same time go to the model together, up to about a thousand
# tokens; more would keep the first of them waiting.
_CHARACTERS_TOGETHER = 4096


class CachedEncoder:
    """An Encoder that asks another one only for the passages it has not seen.

    Without another one it is offline: what the cache lacks is an error, and no model
    runtime is imported.
    """

    def __init__(
        self,
        cache: EmbeddingCache,
        name: str,
        encoder: Encoder | None,
        *,
        served: Callable[[], ServedModel | None] = lambda: None,
    ) -> None:
        """Put a cache before an encoder.

        Args:
            cache: Where the vectors are kept.
            name: The model's name; offline, the cache's latest model of that name is used.
            encoder: What embeds the rest; None to stay offline.
            served: Tells which model the library serves; None if it may be any.
        """
        self._cache = cache
        self._name = name
        self._encoder = encoder
        self._served = served
        self._profile: ModelProfile | None = None
        self._fingerprint: str | None = None
        self._lock = Lock()
        # One that held itself would keep a model in memory, and its files open, for a while more
        # when nobody asks it any longer.
        several = WeakMethod(self._make_several)
        self._questions: Batcher[Sequence[Passage], dict[Passage, Matrix]] = Batcher(
            lambda asked: [] if (make := several()) is None else make(asked),
            size=lambda passages: sum(len(passage.text) for passage in passages),
            most_together=_CHARACTERS_TOGETHER,
        )
        self.tally = Tally()
        """What was looked up and what was embedded since this one was made."""

    @property
    def name(self) -> str:
        """What the model was asked for by."""
        return self._name

    @property
    def encoded(self) -> int:
        """Passages that the other encoder was asked for since this one was made."""
        return self.tally.read().encoded

    @property
    def questions_waiting(self) -> int:
        """How many threads wait for the model with a question."""
        return self._questions.waiting

    @property
    def fingerprint_at_hand(self) -> str:
        """The fingerprint if it has been needed, else ""; looks at no file and loads nothing."""
        return self._fingerprint or ""

    @property
    def fingerprint(self) -> str:
        """Digest over all that makes the numbers.

        Raises:
            ModelChanged: The library serves another model than the one that was asked for.
        """
        if self._fingerprint is None:  # To ask for it may mean to look at the model's files.
            self._fingerprint = self._find_fingerprint()
        return self._fingerprint

    @property
    def profile(self) -> ModelProfile:
        """What the model is; loads it only if the cache has never met it.

        Raises:
            ModelUnavailable: Offline, and the cache has never met it.
            ModelChanged: The library serves another model than the one that was asked for.
        """
        with self._lock:
            if self._profile is None:
                self._profile = self._find_profile()
            return self._profile

    def encode(
        self,
        passages: Sequence[Passage],
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> list[Matrix]:
        """Embed passages as the other encoder would; see `Encoder.encode`.

        Args:
            passages: What to embed.
            on_passages: Told how many more passages are done, again and again.

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
        done = on_passages or (lambda count: None)
        matrices = self._look_up(passages)
        missing = _missing(passages, matrices)
        done(len(passages) - len(missing))
        if not missing:
            return [matrix for matrix in matrices if matrix is not None]
        made = self._make(missing, done=done)
        return [
            made[passage] if matrix is None else matrix
            for passage, matrix in zip(passages, matrices, strict=True)
        ]

    def encode_known(self, passages: Sequence[Passage]) -> list[Matrix | None]:
        """Embed passages as far as that can be done; see `Encoder.encode`.

        Returns:
            For each passage its matrix, or None where the cache lacks it and the other encoder
            is not there.
        """
        matrices = self._look_up(passages)
        missing = _missing(passages, matrices)
        made: dict[Passage, Matrix] = {}
        if missing and self._encoder is not None:
            with suppress(ModelUnavailable):
                made = self._make(missing, must_keep=False)
        return [
            made.get(passage) if matrix is None else matrix
            for passage, matrix in zip(passages, matrices, strict=True)
        ]

    def missing(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return those of the passages that the cache lacks, each once."""
        return _missing(passages, self._look_up(passages))

    def make(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages without looking into the cache, and without keeping anything.

        Raises:
            MissingVectors: Offline.
        """
        if self._encoder is None:
            raise MissingVectors([passage.text for passage in passages])
        began = perf_counter()
        matrices = self._encoder.encode(passages)
        self.tally.encoded(len(passages), perf_counter() - began)
        return matrices

    def keep(self, passages: Sequence[Passage], matrices: Sequence[Matrix]) -> None:
        """Keep the vectors of passages in the cache, whatever happens from now on."""
        self._cache.write(self.profile, passages, matrices, durable=True)

    def check(self) -> None:
        """Have the model embed a fixed text, and see that it gives what it gave at first.

        Offline there is nothing to see: vectors come from the cache, which has their checksums.

        Raises:
            ModelUnavailable: The model cannot be loaded.
            ModelChanged: It is another one than the library serves, or gives other numbers.
        """
        if self._encoder is None:
            return
        (found,) = self._encoder.encode([CANARY])
        (expected,) = self._cache.read(self.fingerprint, [CANARY])
        if expected is not None:
            check_canary(served_by(self.profile), expected, found)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """Tell what each token gives to a cosine; see `Encoder.explain`. Nothing is kept.

        Raises:
            ModelUnavailable: Offline; vectors of tokens are in no cache.
        """
        if self._encoder is None:
            raise ModelUnavailable(
                "Offline: which words carried the dense part can only be told with the model; "
                "ask without --explain or without --offline."
            )
        return self._encoder.explain(passages, vector)

    def _look_up(self, passages: Sequence[Passage]) -> list[Matrix | None]:
        matrices = self._cache.read(self.fingerprint, passages)
        missing = sum(matrix is None for matrix in matrices)
        self.tally.looked_up(len(passages) - missing, missing)
        return matrices

    def _make(
        self,
        passages: Sequence[Passage],
        *,
        done: Callable[[int], None] = lambda count: None,
        must_keep: bool = True,
    ) -> dict[Passage, Matrix]:
        if all(passage.role is Role.QUERY for passage in passages):
            found = self._questions.do(passages)
            done(len(passages))
            return found
        return self._make_in_parts(passages, done, must_keep)

    def _make_several(self, asked: Sequence[Sequence[Passage]]) -> list[dict[Passage, Matrix]]:
        """Embed the questions of several threads, and keep them in one transaction."""
        every = list(dict.fromkeys(passage for passages in asked for passage in passages))
        made = self._make_in_parts(every, lambda count: None, must_keep=False)
        return [{passage: made[passage] for passage in passages} for passages in asked]

    def _make_in_parts(
        self, passages: Sequence[Passage], done: Callable[[int], None], must_keep: bool
    ) -> dict[Passage, Matrix]:
        made: dict[Passage, Matrix] = {}
        for start in range(0, len(passages), _PASSAGES_A_WRITE):
            batch = passages[start : start + _PASSAGES_A_WRITE]
            matrices = self.make(batch)
            self._keep(batch, matrices, must_keep)
            made.update(zip(batch, matrices, strict=True))
            done(len(batch))
        return made

    def _keep(
        self, passages: Sequence[Passage], matrices: Sequence[Matrix], must_keep: bool
    ) -> None:
        try:
            self._cache.write(self.profile, passages, matrices)
        except (LibraryBusy, LibraryUnwritable):
            # A question can be answered all the same; an article must not be left half-known.
            if must_keep and any(passage.role is Role.DOCUMENT for passage in passages):
                raise

    def _find_fingerprint(self) -> str:
        served = self._served()
        if served is None:
            return self._at_hand()[0]
        if lasting_name(self._name) == served.name:
            # Whether the model at hand still is that one is seen before it embeds anything.
            return served.fingerprint
        try:
            found, precision = self._at_hand()
        except ModelUnavailable as error:
            raise ModelUnavailable(f"{error} The library serves the model {served}.") from error
        check_same(served, self._name, found, precision)
        return found

    def _at_hand(self) -> tuple[str, str]:
        """Return the fingerprint and the precision of the model that was asked for."""
        if self._encoder is None:
            known = self._latest()
            return known.fingerprint, known.precision
        return self._encoder.fingerprint, self._encoder.precision

    def _find_profile(self) -> ModelProfile:
        known = self._cache.profile(self.fingerprint)
        if known is None:
            if self._encoder is None:
                return self._latest()
            profile = self._encoder.profile
            with suppress(LibraryBusy, LibraryUnwritable):  # Then it is done the next time.
                self._cache.keep_profile(profile)
            return profile
        return known if known.languages and known.precision else self._completed(known)

    def _latest(self) -> ModelProfile:
        known = self._cache.latest_profile(self._name)
        if known is None or self._fingerprint not in (None, known.fingerprint):
            raise ModelUnavailable(
                f"Offline, and the cache holds nothing of the model {self._name!r}. Import "
                "a cache that does, or run once without --offline."
            )
        return known

    def _completed(self, known: ModelProfile) -> ModelProfile:
        """Add what a cache of an earlier version did not keep, for when the model is away."""
        encoder = self._encoder
        if encoder is None or encoder.fingerprint != known.fingerprint:
            return known
        languages = known.languages or encoder.languages
        profile = replace(
            known, languages=languages, precision=known.precision or encoder.precision
        )
        if profile != known:
            with suppress(LibraryBusy, LibraryUnwritable):  # Then it is done the next time.
                self._cache.keep_profile(profile)
        return profile


def _missing(passages: Sequence[Passage], matrices: Sequence[Matrix | None]) -> list[Passage]:
    """Return the passages that have no matrix yet; what occurs twice is embedded once."""
    pairs = zip(passages, matrices, strict=True)
    return list(dict.fromkeys(passage for passage, matrix in pairs if matrix is None))
