"""Keeps a process that holds a library open in step with the model that the library serves."""

import time
from collections.abc import Callable
from functools import wraps
from threading import Lock, Thread
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from embeddings.errors import LibraryChanged, ParallaxError
from embeddings.library import Library

P = ParamSpec("P")
R = TypeVar("R")

# A library that could not be opened anew is tried again after so long.
_PAUSE_SECONDS = 5.0


class _Front(Protocol):
    library: Library


F = TypeVar("F", bound=_Front)


def steady(method: Callable[Concatenate[F, P], R]) -> Callable[Concatenate[F, P], R]:
    """Let a method of a front raise `LibraryChanged` where its answer would mix two libraries."""

    @wraps(method)
    def asked(front: F, *args: P.args, **kwargs: P.kwargs) -> R:
        with front.library.steady():
            return method(front, *args, **kwargs)

    return asked


class Reopening:
    """Opens a library anew, in a thread of its own, once it serves another model or is another.

    What was opened before is closed when nothing is asked of it any more.
    """

    def __init__(self, library: Library, reopen: Callable[[], Library]) -> None:
        """Begin with a library that is open.

        Args:
            library: The library.
            reopen: Opens it as it is by then.
        """
        self.library = library
        """As it was opened last."""
        self._reopen = reopen
        self._lock = Lock()
        self._error: ParallaxError | None = None
        self._is_at_it = False
        self._again_at = 0.0

    def current(self) -> Library:
        """Return the library as it is now, or what was opened for as long as that answers.

        Raises:
            ParallaxError: What was opened cannot answer, and it could not be opened anew.
        """
        library = self.library
        if library.is_current:
            return library
        with self._lock:
            if not self._is_at_it and time.monotonic() >= self._again_at:
                self._is_at_it = True
                Thread(target=self._open, name="reopening", daemon=True).start()
        try:
            with library.steady():
                return library
        except LibraryChanged:
            if self._error is not None:
                raise self._error from None
            raise

    def _open(self) -> None:
        library: Library | None = None
        try:
            library = self._reopen()
            # What is asked next is not to wait for the model and the index.
            library.check_canary()
            library.sync()
            self.library.close_when_unused()
            self.library, self._error = library, None
        except ParallaxError as error:
            self._error, self._again_at = error, time.monotonic() + _PAUSE_SECONDS
            if library is not None:
                library.close()
        finally:
            self._is_at_it = False
