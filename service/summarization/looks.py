"""What sentences look like, each by itself: found in their words alone, and told in numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

# In scripts that put no spaces between words a sentence of so many characters says something.
_FEWEST_CHARACTERS = 15

_WHO = ("I", "We", "we", "You", "you")
_FIRST_PERSON = frozenset(
    ["My", "my", "Our", "our", "Me", "me", "us", "Your", "your", *_WHO]
    + [
        word + mark + short
        for word in _WHO
        for mark in "'’"
        for short in ("m", "re", "ve", "d", "ll")
    ]
)
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Looks:
    """What sentences look like; all of shape (n,).

    Attributes:
        lengths: How many words each has.
        capitals: How many of them, behind the first one, start with a capital.
        first_persons: How many of them are of the first person or speak to the reader.
        quotes: 1 for one with a quotation mark, else 0.
        digits: 1 for one with a digit, else 0.
        spaceless: 1 for one that is long enough without being words by spaces, else 0.
    """

    lengths: Counts
    capitals: Counts
    first_persons: Counts
    quotes: Counts
    digits: Counts
    spaceless: Counts

    def among(self, kept: Counts) -> "Looks":
        """Return the same of some sentences."""
        return Looks(*(getattr(self, name)[kept] for name in self.__slots__))


def looks_of(texts: Sequence[str]) -> Looks:
    """Look at sentences."""
    split = [text.split() for text in texts]
    return Looks(
        lengths=_numbers(map(len, split)),
        capitals=_numbers(map(_capitals, split)),
        first_persons=_numbers(map(_first_persons, split)),
        quotes=_numbers(map(_has_quote, texts)),
        digits=_numbers(_DIGIT.search(text) is not None for text in texts),
        spaceless=spaceless(texts),
    )


def lengths_of(texts: Sequence[str]) -> Counts:
    """Count the words of sentences."""
    return _numbers(len(text.split()) for text in texts)


def spaceless(texts: Sequence[str]) -> Counts:
    """Tell which sentences are long enough without being words by spaces: 1, else 0."""
    return _numbers(
        not text.isascii() and len(text) >= _FEWEST_CHARACTERS and " " not in text for text in texts
    )


def _has_quote(text: str) -> bool:
    return '"' in text or (not text.isascii() and any(mark in text for mark in "“”„«»"))


def _capitals(words: Sequence[str]) -> int:
    return sum(map(str.isupper, map(itemgetter(0), words[1:])))


def _first_persons(words: Sequence[str]) -> int:
    # Hardly a sentence has any.
    if _FIRST_PERSON.isdisjoint(words):
        return 0
    return sum(map(_FIRST_PERSON.__contains__, words))


def _numbers(values: Iterable[int]) -> Counts:
    return np.fromiter(values, np.int64)
