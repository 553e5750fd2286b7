"""How likely a sentence is to stand in a summary, by what it looks like and where it stands."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix
from service.summarization.looks import Counts, Looks

Values = npt.NDArray[np.float64]

# From here on a sentence is simply long.
_LONG_WORDS = 60


def salience(found: Mapping[str, Values], weights: Mapping[str, float]) -> Values:
    """Weigh the features of sentences.

    Args:
        found: The features of `features`, each of shape (n,).
        weights: A number for some or all of them.

    Returns:
        Numbers that compare sentences of one summary with one another, shape (n,).
    """
    if not weights:
        return np.zeros(len(next(iter(found.values()))))
    weighed = np.array([found[name] for name in weights]) * np.array([[*weights.values()]]).T
    # Added up one after the other, in the order of the weights, however many sentences there are.
    total: Values = np.add.accumulate(weighed, axis=0)[-1]
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
    looks: Looks,
    places: Counts,
    articles: Counts,
    closeness: Mapping[str, Matrix],
) -> dict[str, Values]:
    """Say of each sentence what may tell whether it belongs into a summary.

    Args:
        looks: What the sentences look like.
        places: Where each stands in its article, from 1, shape (n,).
        articles: The number of each one's article, shape (n,).
        closeness: How close each is to what may be said, each of shape (n,); taken as they are.

    Returns:
        Arrays of shape (n,) by name: `first`, `early_3`, `early_10` and `early_30` fade with
        the place in the article, `far` is the share of the article before the sentence and
        `share` the article's share of all sentences; `length` and its square in units of 30
        words; `quote` and `digit` are 0 or 1, `capitals` and `first_person` shares of the
        words.
    """
    before = places - 1.0
    last = np.zeros(int(articles.max(initial=0)) + 1)
    np.maximum.at(last, articles, places)
    length = np.minimum(looks.lengths, _LONG_WORDS) / 30
    words = np.maximum(looks.lengths, 1)
    return {
        "first": 1 / places,
        "early_3": np.exp(-before / 3),
        "early_10": np.exp(-before / 10),
        "early_30": np.exp(-before / 30),
        "far": before / last[articles],
        "share": np.bincount(articles)[articles] / len(places),
        "length": length,
        "length_squared": length**2,
        "quote": looks.quotes.astype(np.float64),
        "digit": looks.digits.astype(np.float64),
        "capitals": looks.capitals / words,
        "first_person": looks.first_persons / words,
        **{name: np.asarray(value, np.float64) for name, value in closeness.items()},
    }


@cache
def _shipped() -> dict[str, dict[str, float]]:
    text = Path(__file__).with_name("salience.json").read_text(encoding="utf-8")
    weights: dict[str, dict[str, float]] = json.loads(text)["weights"]
    return weights
