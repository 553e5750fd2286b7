"""How likely a sentence is to stand in a summary, by what it looks like and where it stands."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix
from service.reading import Statement

Values = npt.NDArray[np.float64]

# From here on a sentence is simply long.
_LONG_WORDS = 60

_FIRST_PERSON = re.compile(r"\b(?:i|we|my|our|me|us|you|your)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_QUOTE_MARKS = frozenset('"“”„«»')


def salience(found: Mapping[str, Values], weights: Mapping[str, float]) -> Values:
    """Weigh the features of sentences.

    Args:
        found: The features of `features`, each of shape (n,).
        weights: A number for some or all of them.

    Returns:
        Numbers that compare sentences of one summary with one another, shape (n,).
    """
    total = np.zeros(len(next(iter(found.values()))))
    for name, weight in weights.items():
        total += weight * found[name]
    return total


def weights_for(*, several: bool) -> Mapping[str, float]:
    """Return the weights that are shipped, by feature.

    They are fitted to summaries by people (benchmarks/fit_salience.py), apart for single
    articles and for several on one event: the beginning says most in the one, what others say
    too counts in the other. `salience.json` says on what and how.

    Args:
        several: Whether the sentences are of several articles.
    """
    return _shipped()["several" if several else "single"]


def features(
    statements: Sequence[Statement],
    lengths: npt.NDArray[np.int64],
    closeness: Mapping[str, Matrix],
) -> dict[str, Values]:
    """Say of each sentence what may tell whether it belongs into a summary.

    Args:
        statements: The sentences.
        lengths: Words of each, shape (n,).
        closeness: How close each is to what may be said, each of shape (n,); taken as they are.

    Returns:
        Arrays of shape (n,) by name: `first`, `early_3`, `early_10` and `early_30` fade with
        the place in the article, `far` is the share of the article before the sentence and
        `share` the article's share of all sentences; `length` and its square in units of 30
        words; `quote`, `digit`, `capitals` (share of words) and `first_person` (share of words).
    """
    texts = [one.text for one in statements]
    before = np.array([one.place - 1 for one in statements], dtype=np.float64)
    names, articles, counts = np.unique(
        [one.article_id for one in statements], return_inverse=True, return_counts=True
    )
    last = np.zeros(len(names))
    np.maximum.at(last, articles, before + 1)
    length = np.minimum(lengths, _LONG_WORDS) / 30
    words = np.maximum(lengths, 1)
    return {
        "first": 1 / (before + 1),
        "early_3": np.exp(-before / 3),
        "early_10": np.exp(-before / 10),
        "early_30": np.exp(-before / 30),
        "far": before / last[articles],
        "share": counts[articles] / len(texts),
        "length": length,
        "length_squared": length**2,
        "quote": np.array([not _QUOTE_MARKS.isdisjoint(text) for text in texts], np.float64),
        "digit": np.array([_DIGIT.search(text) is not None for text in texts], np.float64),
        "capitals": np.array([_capitals(text) for text in texts]) / words,
        "first_person": np.array([len(_FIRST_PERSON.findall(text)) for text in texts]) / words,
        **{name: np.asarray(value, np.float64) for name, value in closeness.items()},
    }


def _capitals(text: str) -> int:
    """Count the words behind the first one that start with a capital."""
    return sum(word[0].isupper() for word in text.split()[1:])


@cache
def _shipped() -> dict[str, dict[str, float]]:
    text = files("service").joinpath("salience.json").read_text(encoding="utf-8")
    weights: dict[str, dict[str, float]] = json.loads(text)["weights"]
    return weights
