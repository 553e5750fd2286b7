"""How well passages answer a question: the formula, over vectors and shares of BM25."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.sketches import Rows
from embeddings.stored import Ids, StoredChunk
from embeddings.vectors import Matrix

Scores = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

# The question moves towards this many passages, of as many articles. It hardly matters from one
# to five; see benchmarks/README.md.
_FEEDBACK_PASSAGES = 3

# Rounding differs with the shapes of matrices; what differs by less than this is equal.
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage and what may speak for it.

    Attributes:
        chunk: The passage.
        chunk_words: Its BM25 as a share of the most there could be; 0 if it holds no word.
        article_words: The same of its whole article.
        vectors: Its vector and its sentences', shape (1 + sentences, dim); no rows where it is
            ranked by words alone.
        title: The vector of its article's title, shape (1, dim); no row if there is none.
    """

    chunk: StoredChunk
    chunk_words: float
    article_words: float
    vectors: Matrix
    title: Matrix


def lexical_scores(candidates: Sequence[Candidate]) -> Scores:
    """Score passages by words: half what they hold themselves, half what their article holds.

    A passage need not repeat what its article says elsewhere.

    Args:
        candidates: What is scored.

    Returns:
        Numbers from 0 to 1, shape (n,).
    """
    shares = [(one.chunk_words + one.article_words) / 2 for one in candidates]
    return np.array(shares, np.float64)


def dense_scores(
    query: Matrix, candidates: Sequence[Candidate], lexical: Scores | None = None
) -> Scores:
    """Score passages by meaning, with a question that has learnt from its first hits.

    Args:
        query: Unit vector, shape (dim,).
        candidates: What is scored, in the order in which equal ones come.
        lexical: How they are scored by words, where that too decides which the first hits are.

    Returns:
        Cosines, shape (n,): of the closest sentence, or of the title if that is closer.
    """
    first = mixed(closest(query, candidates), lexical)
    return closest(moved(query, candidates, first), candidates)


def mixed(dense: Scores | None, lexical: Scores | None) -> Scores:
    """Return the mean of both parts, or the one there is.

    Both are absolute, so that the mix is comparable between questions, too.

    Raises:
        ValueError: There is neither.
    """
    parts = [part for part in (dense, lexical) if part is not None]
    if not parts:
        raise ValueError("Expected at least one part of a score.")
    mean: Scores = np.mean(parts, axis=0)
    return mean


def closest(query: Matrix, candidates: Sequence[Candidate]) -> Scores:
    """Return of each passage the cosine of its closest sentence, or of its title if that is closer.

    A sentence's vector is the model's of the sentence in its passage; one that answers is not
    thinned out by the others around it, as it is in the passage's own vector.

    Args:
        query: Vector of length 1 at most, shape (dim,).
        candidates: Passages.

    Returns:
        Numbers from -1 to 1, shape (n,).
    """
    rows = [part for one in candidates for part in (one.vectors[1:], one.title)]
    counts = np.array([len(one.vectors) - 1 + len(one.title) for one in candidates], np.int64)
    return Rows(np.concatenate([query[np.newaxis][:0], *rows]), counts).closest(query)


def moved(query: Matrix, candidates: Sequence[Candidate], scores: Scores) -> Matrix:
    """Move a question towards the best passages found for it.

    It becomes the mean of itself and of the best passage of each of the first articles, each
    weighed by its score, so that poor hits hardly move it. The mean is not brought back to
    length 1: it stays within the unit sphere, and its cosines within their range.

    Source: Rocchio (1971), "Relevance Feedback in Information Retrieval"; here without anybody's
    judgment and without what is not relevant.

    Args:
        query: Unit vector, shape (dim,).
        candidates: Passages, in the order in which equal ones come.
        scores: How well they answer, shape (n,).

    Returns:
        Vector of length 1 at most, shape (dim,).
    """
    first: dict[str, int] = {}
    for number in best_first(scores):
        first.setdefault(candidates[number].chunk.article_id, number)
        if len(first) == _FEEDBACK_PASSAGES:
            break
    weights = [max(0.0, float(scores[number])) / _FEEDBACK_PASSAGES for number in first.values()]
    total = query.astype(np.float64)
    for number, weight in zip(first.values(), weights, strict=True):
        total = total + weight * candidates[number].vectors[0]
    return (total / (1 + sum(weights))).astype(np.float32)


def leading(scores: Scores, articles: Ids, error: float) -> Numbers:
    """Return the places of all that may be the best of the first articles; see `moved`.

    Args:
        scores: How well passages answer, shape (n,); each differs from the truth by less than
            `error`.
        articles: A number for each that it shares with those of its article.
        error: See `scores`.
    """
    order = np.argsort(-scores, kind="stable")
    first = np.sort(np.unique(articles[order], return_index=True)[1])[:_FEEDBACK_PASSAGES]
    least = scores[order[first[-1]]] if len(first) else 0.0
    return np.flatnonzero(scores >= least - 2 * error)


def in_reach(scores: Scores, k: int, error: float) -> Numbers:
    """Return the places of all that may be among the best `k`; see `leading`."""
    if len(scores) <= k:
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -k)[-k] - 2 * error)


def best_first(scores: Scores) -> list[int]:
    """Return the places of scores from the highest on; equal ones stay in their order."""
    places: list[int] = np.argsort(-rounded(scores), kind="stable").tolist()
    return places


def rounded(scores: Scores) -> Scores:
    """Round scores to what can be told apart."""
    result: Scores = np.round(scores, _DECIMALS) + 0.0  # No negative zero.
    return result
