"""Which sentences of two articles say alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix, cosine
from service.facts import speakers
from service.reading import Reading
from service.terms import Folding, overlap

# Closeness from which a pair counts as the same statement, and as perhaps the same. Of
# sentences in unrelated articles, one in a thousand has a partner over .12; the upper one
# was set by reading pairs. See benchmarks/articles.py and seeds/pairs.yaml.
SHARED = 0.30
UNSURE = 0.22

# Sentences of one story are all somewhat alike in meaning, and some are close to everything.
# What counts is how much closer two are than each is to the other article on average; with few
# sentences that average is not known, so it is mixed with what is usual for the default model,
# and never taken for less.
_USUAL_COSINE = 0.4
_USUAL_WEIGHT = 5

_DENSE_SHARE = 0.5

# What a word adds that stands in this sentence only and in that one only.
_LINK = 0.03
_MOST_LINKS = 3

# What two different speakers say is hardly the same statement, however alike.
_OTHER_SPEAKER = 0.1

# Only the same words reach 1.
_MOST_UNEQUAL = 0.999


@dataclass(frozen=True, slots=True)
class Aligned:
    """A statement of each of two articles, by number, and how close they are."""

    a: int
    b: int
    score: float


def align(a: Reading, b: Reading, folding: Folding) -> list[Aligned]:
    """Pair each statement of either article with its closest one in the other.

    A statement may stand in several pairs: the other article may say in one sentence what
    this one says in three.

    Returns:
        Pairs of at least `UNSURE`, by their places in `a`, then in `b`. Of equally close
        partners the first is taken.
    """
    scores = closeness(a, b, folding)
    if not scores.size:
        return []
    pairs = set(enumerate(scores.argmax(axis=1).tolist()))
    pairs |= {(row, column) for column, row in enumerate(scores.argmax(axis=0).tolist())}
    return [
        Aligned(row, column, float(scores[row, column]))
        for row, column in sorted(pairs)
        if scores[row, column] >= UNSURE
    ]


def closeness(a: Reading, b: Reading, folding: Folding) -> npt.NDArray[np.float64]:
    """Say how close each statement of one article is to each of the other.

    Half of it is meaning: the cosine above what is usual between these articles. Half is the
    words they share, rare ones above all; names, numbers and dates are rare by nature. A
    word that no other sentence of either article holds adds a little; different speakers
    take some away.

    Returns:
        Scores from -1 to 1, shape (statements of a, of b); 1 if, and only if, the words are
        the same. Rounded, so that the order of the articles makes no difference.
    """
    dense = cosine(a.vectors, b.vectors)
    usual = np.maximum(_usual(dense, 1) + _usual(dense, 0) - _usual(dense, None), _USUAL_COSINE)
    above = (dense - usual) / np.maximum(1 - usual, 1e-3)
    lexical, links = overlap(
        [folding.terms(one.text) for one in a.statements],
        [folding.terms(one.text) for one in b.statements],
    )
    mixed = _DENSE_SHARE * above + (1 - _DENSE_SHARE) * lexical
    mixed += _LINK * np.minimum(links, _MOST_LINKS)
    mixed -= _OTHER_SPEAKER * _have_other_speakers(a, b, folding)
    scores: npt.NDArray[np.float64] = (
        np.clip(mixed, -1.0, _MOST_UNEQUAL).astype(np.float64).round(5)
    )
    numbers: dict[str, list[int]] = {}
    for column, statement in enumerate(b.statements):
        numbers.setdefault(_plain(statement.text), []).append(column)
    for row, statement in enumerate(a.statements):
        scores[row, numbers.get(_plain(statement.text), [])] = 1.0
    return scores


def _usual(dense: Matrix, axis: int | None) -> Matrix:
    total = dense.sum(axis=axis, keepdims=True) + _USUAL_WEIGHT * _USUAL_COSINE
    count = dense.size if axis is None else dense.shape[axis]
    mean: Matrix = total / (count + _USUAL_WEIGHT)
    return mean


def _have_other_speakers(a: Reading, b: Reading, folding: Folding) -> npt.NDArray[np.bool_]:
    """Tell of each pair whether both sentences name who speaks, and not the same one."""
    left, right = ([speakers(one.text, folding) for one in side.statements] for side in (a, b))
    other = np.zeros((len(left), len(right)), dtype=np.bool_)
    named = [column for column, names in enumerate(right) if names]
    for row, names in enumerate(left):
        if names:
            other[row, [column for column in named if not names & right[column]]] = True
    return other


def _plain(text: str) -> str:
    return " ".join(text.split())
