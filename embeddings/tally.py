"""Counts of what embedding takes, kept for whoever watches a running service."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted up to a moment.

    Attributes:
        found: Passages that the cache was asked for and held.
        missing: Passages that it was asked for and did not hold.
        batches: How often so many passages went to the model together, by how many they were.
        seconds: How long the model took for all of them; what it did side by side counts twice.
    """

    found: int
    missing: int
    batches: Mapping[int, int]
    seconds: float

    @property
    def encoded(self) -> int:
        """Passages that the model was asked for."""
        return sum(size * times for size, times in self.batches.items())


class Tally:
    """Counts, of any number of threads at once."""

    def __init__(self) -> None:
        self._found = 0
        self._missing = 0
        self._batches: Counter[int] = Counter()
        self._seconds = 0.0
        self._lock = Lock()  # To add is to read and to write: two threads could do it as one.

    def looked_up(self, found: int, missing: int) -> None:
        """Count passages that the cache was asked for."""
        with self._lock:
            self._found += found
            self._missing += missing

    def encoded(self, passages: int, seconds: float) -> None:
        """Count passages that went to the model together."""
        with self._lock:
            self._batches[passages] += 1
            self._seconds += seconds

    def read(self) -> Counts:
        """Return the counts; they fit together."""
        with self._lock:
            return Counts(self._found, self._missing, dict(self._batches), self._seconds)
