"""The plain methods of the field, kept to compare with: each scores a sentence by itself.

They are as their papers give them: no labels, no conditions, no thought of the whole summary.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from embeddings.vectors import Matrix

Scores = npt.NDArray[np.float64]
Terms = Sequence[str]

# From this cosine on two sentences are neighbours; the paper found .1 the best of .1 to .3.
_NEIGHBOUR = 0.1

# How far a walk over the graph follows its edges rather than jumping anywhere: PageRank's.
_DAMPING = 0.85

# A walk stops when a step moves less than this of it, and at the latest after so many steps.
_STILL = 1e-8
_MOST_STEPS = 200

# How many sentences are held against all others at a time, to spare memory.
_SENTENCES_A_STEP = 512

# What differs by less is rounding, and the earlier sentence goes first.
_DECIMALS = 12


def lead(places: Sequence[int]) -> Scores:
    """Score sentences by where they stand in their articles, the first highest.

    Args:
        places: Of each sentence its number in its article, from 1 on.

    Returns:
        Numbers above 0, up to 1, shape (n,).
    """
    scores: Scores = 1 / np.asarray(places, np.float64)
    return scores


def lexrank(sentences: Sequence[Terms]) -> Scores:
    """Score sentences by how many others are like them, and how many are like those.

    Source: Erkan & Radev (2004), "LexRank: Graph-based Lexical Centrality as Salience in Text
    Summarization", with the threshold .1; here how rare a term is comes from the sentences
    themselves, as there is no other collection.

    Args:
        sentences: The words of each, in order.

    Returns:
        Shares of 1, shape (n,).
    """
    rows = _tf_idf(sentences)
    return _centrality(
        _stacked([(cosines > _NEIGHBOUR).astype(np.float32) for _, cosines in _products(rows)])
    )


def textrank(sentences: Sequence[Terms]) -> Scores:
    """Score sentences by the words that they share with others, and these with others.

    Source: Mihalcea & Tarau (2004), "TextRank: Bringing Order into Texts".

    Args:
        sentences: The words of each, in order.

    Returns:
        Shares of 1, shape (n,).
    """
    logarithms = np.log([max(1, len(words)) for words in sentences]).astype(np.float32)
    blocks: list[Matrix] = []
    for start, shared in _products(_incidence(sentences)):
        lengths = logarithms[start : start + len(shared), np.newaxis] + logarithms
        # Two sentences of one word each have no logarithm to be divided by.
        weights = np.divide(shared, lengths, out=shared.copy(), where=lengths > 0)
        own = np.arange(len(shared))
        weights[own, start + own] = 0.0
        blocks.append(weights)
    return _centrality(_stacked(blocks))


# Those that rank sentences by their words, by name.
GRAPHS = {"lexrank": lexrank, "textrank": textrank}


def take(
    scores: Scores, lengths: Sequence[int], *, words: int, sentences: int | None = None
) -> list[int]:
    """Take sentences from the highest score on, each that still fits.

    Args:
        scores: One a sentence; equal ones go in the order of the text.
        lengths: Words of each.
        words: The most words.
        sentences: The most sentences, if that is limited too.

    Returns:
        Numbers of the sentences taken, in the order of the text.
    """
    room = words
    taken: list[int] = []
    for number in np.argsort(-np.round(scores, _DECIMALS), kind="stable").tolist():
        if sentences is not None and len(taken) == sentences:
            break
        if lengths[number] <= room:
            taken.append(number)
            room -= lengths[number]
    return sorted(taken)


def _centrality(graph: csr_array) -> Scores:
    """Return how often a walk over a graph visits each node, shape (n,).

    Source: Brin & Page (1998), "The Anatomy of a Large-Scale Hypertextual Web Search Engine".
    """
    count = graph.shape[0]
    if count == 0:
        return np.zeros(0)
    visits: Scores = np.full(count, 1 / count)
    weights = np.asarray(graph.sum(axis=1), np.float64).reshape(-1)
    shares = np.divide(1.0, weights, out=np.zeros(count), where=weights > 0)
    steps = graph.T.tocsr()
    for _ in range(_MOST_STEPS):
        # Where no edge leads on, the walk jumps anywhere.
        lost = visits[weights == 0].sum()
        moved = _DAMPING * (steps @ (visits * shares) + lost / count) + (1 - _DAMPING) / count
        change = np.abs(moved - visits).sum()
        visits = moved
        if change < _STILL:
            break
    return visits


def _products(rows: csr_array) -> Iterator[tuple[int, Matrix]]:
    """Yield the products of some rows with all of them, and the number of the first."""
    columns = rows.T.tocsr()
    for start in range(0, rows.shape[0], _SENTENCES_A_STEP):
        yield start, (rows[start : start + _SENTENCES_A_STEP] @ columns).toarray()


def _stacked(blocks: Sequence[Matrix]) -> csr_array:
    if not blocks:
        return csr_array((0, 0), dtype=np.float32)
    return csr_array(vstack([csr_array(block) for block in blocks], format="csr"))


def _incidence(sentences: Sequence[Terms]) -> csr_array:
    """Return which sentence holds which word, as ones, shape (sentences, words)."""
    return _rows([dict.fromkeys(words, 1.0) for words in sentences])


def _tf_idf(sentences: Sequence[Terms]) -> csr_array:
    """Weigh words by how often they occur in a sentence and in how few; rows of length 1."""
    frequency = Counter(word for words in sentences for word in set(words))
    weighed: list[dict[str, float]] = []
    for words in sentences:
        counts = Counter(words)
        row = {word: n * math.log(len(sentences) / frequency[word]) for word, n in counts.items()}
        length = math.hypot(*row.values()) or 1.0
        weighed.append({word: weight / length for word, weight in row.items()})
    return _rows(weighed)


def _rows(weighed: Sequence[dict[str, float]]) -> csr_array:
    """Make a row of each sentence's weights, one column a word."""
    columns = {word: column for column, word in enumerate(dict.fromkeys(chain(*weighed)))}
    ends = np.cumsum([0, *map(len, weighed)])
    weights = np.array([weight for row in weighed for weight in row.values()], np.float32)
    places = np.array([columns[word] for row in weighed for word in row], np.int64)
    return csr_array((weights, places, ends), shape=(len(weighed), max(1, len(columns))))
