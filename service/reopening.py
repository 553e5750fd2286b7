"""Keeps a process that holds a library open in step with the model that the library serves."""

import time
from collections.abc import Callable
from threading import Lock, Thread

from embeddings.errors import LibraryChanged, ParallaxError
from embeddings.library import Library

# A library that could not be opened anew is tried again after so long.
_PAUSE_SECONDS = 5.0


class Reopening:
    """Opens a library anew, in a thread of its own, once it serves another model or is another.

    What was opened before is closed when nothing is asked of it any more.
    """

    def __init__(self, library: Library, reopen: Callable[[], Library] | None) -> None:
        """Begin with a library that is open.

        Args:
            library: The library.
            reopen: Opens it as it is by then; None if it stays as it was opened.
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
        if self._reopen is None or library.is_current:
            return library
        with self._lock:
            if not self._is_at_it and time.monotonic() >= self._again_at:
                self._is_at_it = True
                Thread(target=self._open, args=(self._reopen,), daemon=True).start()
        try:
            library.check_edition()
        except LibraryChanged:
            if self._error is not None:
                raise self._error from None
            raise
        return library

    def _open(self, reopen: Callable[[], Library]) -> None:
        library: Library | None = None
        self._again_at = time.monotonic() + _PAUSE_SECONDS
        try:
            library = reopen()
            # What is asked next is not to wait for the model and the index.
            library.check_canary()
            library.sync()
            self.library.close_when_unused()
            self.library, self._error, self._again_at = library, None, 0.0
        except ParallaxError as error:
            self._error = error
            if library is not None:
                library.close()
        finally:
            self._is_at_it = False
