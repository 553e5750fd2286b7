"""Which sentences of two articles say alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix
from service.comparison.sides import ROWS_A_STEP, Evidence, Side
from service.facts import Facts

Scores = npt.NDArray[np.float64]

# Closeness from which a pair counts as the same statement, and as perhaps the same.
SHARED = 0.5
UNSURE = 0.2

# From here on numbers and dates are held against one another; of looser pairs, read by hand,
# most were of different things.
SURE = 0.6

# How much each piece of evidence speaks for the same statement, in a logistic model fitted to
# the gold by hand of seeds/gold/ by benchmarks/fit_alignment.py, which also says how well weights
# from all sets but one do on that one.
_WEIGHTS = {
    "meaning": 5.19,
    "words": 8.14,
    "links": 0.89,
    "one quotes": -3.31,
    "quoted": 28.68,
    "figures": 8.43,
    "speakers": 1.75,
    "rivals": -2.7,
    "context": 3.09,
}
_BIAS = -5.25

# Long words are rare ones (Zipf 1935). Two sentences that share such a word alone are not shown
# if all else speaks against them.
_LONG_WORD = 7
_FAINT = 0.01

# Only the same words reach 1.
_MOST_UNEQUAL = 0.999


@dataclass(frozen=True, slots=True, order=True)
class Aligned:
    """A statement of each of two articles, by number, and how close they are."""

    a: int
    b: int
    score: float


def align(a: Side, b: Side) -> list[Aligned]:
    """Pair each statement of either article with its closest one in the other.

    A statement may stand in several pairs: the other article may say in one sentence what
    this one says in three.

    Returns:
        Pairs of at least `UNSURE`, by their places in `a`, then in `b`; of equally close
        partners the first is taken. Also those less close that share a word which no other
        sentence of either article holds: worth a look where there is nothing better.
    """
    scores = closeness(a, b)
    return sorted({*best_pairs(scores, UNSURE), *_linked_pairs(a, b, scores)})


def _linked_pairs(a: Side, b: Side, scores: Scores) -> Iterator[Aligned]:
    places = [_places_of_long_words(side.facts) for side in (a, b)]
    for term in places[0].keys() & places[1].keys():
        rows, columns = places[0][term], places[1][term]
        if len(rows) == len(columns) == 1 and scores[rows[0], columns[0]] >= _FAINT:
            yield Aligned(rows[0], columns[0], float(scores[rows[0], columns[0]]))


def _places_of_long_words(side: Sequence[Facts]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for number, facts in enumerate(side):
        for term in set(chain.from_iterable(facts.clauses)):
            if len(term) >= _LONG_WORD and term.isalpha():
                places.setdefault(term, []).append(number)
    return places


def best_pairs(scores: Scores, least: float) -> list[Aligned]:
    """Return each row's and each column's best cell, those of at least so much, in order."""
    if not scores.size:
        return []
    pairs = set(enumerate(scores.argmax(axis=1).tolist()))
    pairs |= {(row, column) for column, row in enumerate(scores.argmax(axis=0).tolist())}
    return [
        Aligned(row, column, float(scores[row, column]))
        for row, column in sorted(pairs)
        if scores[row, column] >= least
    ]


def closeness(a: Side, b: Side) -> Scores:
    """Say how likely each statement of one article says the same as each of the other.

    Returns:
        Scores from 0 to 1, shape (statements of a, of b); 1 if, and only if, the words are
        the same. Rounded, so that the order of the articles makes no difference.
    """
    rows = len(a.facts)
    scores = np.zeros((rows, len(b.facts)))
    if not scores.size:
        return scores
    evidence = Evidence(a, b)
    for first in range(0, rows, ROWS_A_STEP):
        last = min(first + ROWS_A_STEP, rows)
        scores[first:last] = _likelihood(evidence.of(first, last))
    np.round(scores, 5, out=scores)
    numbers: dict[str, list[int]] = {}
    for column, facts in enumerate(b.facts):
        numbers.setdefault(_plain(facts.text), []).append(column)
    for row, facts in enumerate(a.facts):
        scores[row, numbers.get(_plain(facts.text), [])] = 1.0
    return scores


def _likelihood(evidence: Mapping[str, Matrix]) -> Matrix:
    """Weigh what speaks for and against pairs; it is used up."""
    total = np.full_like(evidence["meaning"], _BIAS)
    for name, found in evidence.items():
        found *= np.float32(_WEIGHTS[name])
        total += found
    return np.minimum(_expit(total), _MOST_UNEQUAL, out=total)


def _expit(total: Matrix) -> Matrix:
    """Return 1 / (1 + exp(-x)) of each, in place; scipy's takes a quarter of a second to import."""
    with np.errstate(over="ignore"):  # exp(89) is infinite in float32, and the answer then 0.
        np.exp(np.negative(total, out=total), out=total)
    total += 1
    return np.reciprocal(total, out=total)


def _plain(text: str) -> str:
    return " ".join(text.split())
