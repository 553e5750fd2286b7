"""A lock that many may hold at once to read, and one alone to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SharedLock:
    """Held by any number of readers, or by one writer alone.

    A writer that waits comes before readers that ask later, so that it gets its turn. Nobody
    may ask again for what is held already.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers = 0
        self._writers = 0  # That write or wait to.
        self._written = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold it to read."""
        with self._changed:
            self._changed.wait_for(lambda: not self._writers)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold it to write."""
        with self._changed:
            self._writers += 1
            self._changed.wait_for(lambda: not self._readers and not self._written)
            self._written = True
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                self._written = False
                self._changed.notify_all()
