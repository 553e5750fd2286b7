"""Whether questions can be answered now: a trial, made in a thread of its own and in time."""

from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic

from embeddings.errors import (
    LibraryBusy,
    LibraryChanged,
    LibraryDamaged,
    LibraryUnwritable,
    MissingVectors,
    ModelChanged,
    ModelUnavailable,
    ParallaxError,
)
from service.corpus import Corpus
from service.http.logs import Event, kind, logger, trace

# How long who asks waits for a trial under way.
_DEADLINE_SECONDS = 2.0

# How long the result of a trial is told again: many who ask make no more trials than one.
_GOOD_FOR_SECONDS = 1.0

RETRY_SECONDS = 2

_LOADING = "Loading"

# In words that name no file and quote no text: who asks need have no key.
_REASONS: dict[type[Exception], str] = {
    ModelUnavailable: "The model cannot be used; the server's log says why.",
    ModelChanged: "The model is not the one that the vectors are of; the server's log says more.",
    LibraryChanged: "The library was taken over to another model or restored, and is opened anew.",
    MissingVectors: "Offline, and vectors that the index needs are not in the cache.",
    LibraryBusy: "The library is locked by another process.",
    LibraryDamaged: "The library is damaged; the server's log says where.",
    LibraryUnwritable: "The library's files cannot be read or written; see the server's log.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether questions can be answered and, if not, why.

    Attributes:
        type: What is in the way, as errors are named; "" if nothing is.
        reason: The same in a sentence.
        why: What the log says of it: more, as it is for who runs the service.
    """

    type: str = ""
    reason: str = ""
    why: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered."""
        return not self.type


class Readiness:
    """Tells whether a corpus can answer.

    A trial reads the store, sees to it that the index is there, and has the model embed a text,
    past the cache, whose vectors are known. There is never more than one trial at a time, so that
    a model that hangs takes one thread with it and no more; who asks is told so after the
    deadline.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        deadline: float = _DEADLINE_SECONDS,
        good_for: float = _GOOD_FOR_SECONDS,
    ) -> None:
        """Say what is tried; nothing is before someone asks.

        Args:
            corpus: What should answer.
            deadline: How many seconds a trial may take before it counts as failed.
            good_for: For how many seconds its result is told without another trial.
        """
        self._corpus = corpus
        self._deadline = deadline
        self._good_for = good_for
        self._changed = Condition()
        self._thread: Thread | None = None
        self._began: float | None = None  # The trial under way.
        self._ended = float("-inf")  # The last one.
        self._verdict = Verdict()
        self._told = _LOADING  # That nobody has asked yet, or that it is loaded, is not news.
        self._was_ready = False

    def ask(self) -> Verdict:
        """Tell whether questions can be answered, by a trial or by one that was just made."""
        with self._changed:
            if monotonic() - self._ended < self._good_for:
                return self._verdict
            if self._began is None:
                self._begin()
            # Of a trial that has been under way for long nobody waits for the end.
            left = max(0.0, self._deadline - self._since_began())
            if self._changed.wait_for(lambda: self._began is None, left):
                return self._verdict
            return self._late()

    def _begin(self) -> None:
        self._began = monotonic()
        if self._thread is None:
            # One for all trials: SQLite keeps a connection a thread. It may hang for good, and
            # is not to keep the process from ending.
            self._thread = Thread(target=self._work, name="readiness", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._began is not None)
            verdict = self._tried()
            with self._changed:
                self._verdict = verdict
                self._was_ready = self._was_ready or verdict.is_ready
                self._began, self._ended = None, monotonic()
                self._tell(verdict)
                self._changed.notify_all()

    def _tried(self) -> Verdict:
        try:
            self._try()
        except MissingVectors as error:  # Its message quotes texts.
            return _failed(error, f"{len(error.texts)} are missing")
        except ParallaxError as error:
            return _failed(error, str(error))
        except Exception as error:
            return _failed(error, f"{kind(error)} {trace(error)}")
        return Verdict()

    def _try(self) -> None:
        library = self._corpus.current().library
        library.store.generation()
        if library.index_at_hand is None:
            library.sync()
        library.check_canary()

    def _late(self) -> Verdict:
        if not self._was_ready:
            return Verdict(_LOADING, "The model and the index are still being loaded.")
        late = Verdict(
            "ModelHangs",
            f"The model has not embedded a sentence within {self._deadline:g} seconds "
            f"({self._since_began():.0f} by now); if that goes on, restart the service.",
        )
        self._tell(late)
        return late

    def _since_began(self) -> float:
        return 0.0 if self._began is None else monotonic() - self._began

    def _tell(self, verdict: Verdict) -> None:
        """Log what changed, and nothing that was logged before."""
        if verdict.type == self._told:
            return
        self._told = verdict.type
        if verdict.is_ready:
            logger.info(Event("ready"))
        else:
            logger.warning(Event("not ready", type=verdict.type, why=verdict.why or verdict.reason))


def _failed(error: Exception, why: str) -> Verdict:
    reason = _REASONS.get(type(error), "Something went wrong that should not have; see the log.")
    return Verdict(type(error).__name__, reason, why)
