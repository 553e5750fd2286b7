"""Article and article: how alike they are, and by which sentences."""

import math
from collections import Counter
from itertools import groupby

import numpy as np

from embeddings.errors import BadRequest
from embeddings.library import Library
from embeddings.store import Filters
from embeddings.vectors import Matrix, cosine, unit
from service.alignment import align, side_of
from service.answers import Pair, SimilarArticle, SimilarArticles, Similarity
from service.reading import Reading, reading_of
from service.terms import Folding, names_and_numbers

MOST_SIMILAR = 1000

_MOST_PAIRS = 10

# Half sentences, half words; names and numbers among the words count double, since they tell
# one story from another of its kind. See benchmarks/articles.py.
_DENSE_SHARE = 0.5
_NAME_WEIGHT = 2.0

# Candidates are found by the means of runs of sentences, which are about as long as chunks.
_SENTENCES_A_RUN = 5
_MOST_RUNS = 16
_FEWEST_CHUNKS = 200
_CHUNKS_AN_ARTICLE = 10
_FEWEST_CANDIDATES = 30


def similar(library: Library, reading: Reading, k: int, filters: Filters) -> SimilarArticles:
    """Find the articles most like one, never itself.

    Args:
        library: Where to look.
        reading: The article, of the library or not.
        k: The most to return.
        filters: Which articles count.

    Returns:
        Articles, highest score first; equal scores by id. None if the article has no
        sentences in its body.

    Raises:
        BadRequest: `k` is out of range.
    """
    if not 1 <= k <= MOST_SIMILAR:
        raise BadRequest(f"k is {k}; expected a number from 1 to {MOST_SIMILAR}.")
    ids = _candidates(library, reading, k, filters)
    headers = library.store.headers(ids)
    found = [
        SimilarArticle(
            id=article_id,
            title=headers[article_id].title,
            source=headers[article_id].source,
            published=headers[article_id].published,
            score=article_score(reading, other, folding_of(reading, other)),
        )
        for article_id, chunks in groupby(
            library.store.chunks_of(ids), key=lambda chunk: chunk.article_id
        )
        # Another process may have removed the article since it was found.
        if article_id in headers
        for other in [reading_of(library, headers[article_id], list(chunks))]
        if other.statements
    ]
    found.sort(key=lambda one: (-one.score, one.id))
    return SimilarArticles(articles=found[:k])


def similarity(a: Reading, b: Reading) -> Similarity:
    """Say how alike two articles are, and by which sentences.

    Returns:
        A score from -1 to 1, the same for (b, a), 1 for the same text, 0 if either has no
        sentences; and the closest pairs of sentences, best first.
    """
    folding = folding_of(a, b)
    pairs = sorted(align(side_of(a, folding), side_of(b, folding)), key=lambda pair: -pair.score)
    return Similarity(
        score=article_score(a, b, folding),
        pairs=[
            Pair(a=a.statements[pair.a].quote(), b=b.statements[pair.b].quote(), score=pair.score)
            for pair in pairs[:_MOST_PAIRS]
        ],
    )


def article_score(a: Reading, b: Reading, folding: Folding) -> float:
    """Return how alike two articles are, from -1 to 1.

    The sentences' part is the mean cosine of each sentence with its best match.

    Source: Singh et al. (2022), "WueDevils at SemEval-2022 Task 8: Multilingual News Article
    Similarity via Pair-Wise Sentence Similarity Matrices"; here with words beside it.
    """
    if not a.statements or not b.statements:
        return 0.0
    alike = cosine(a.vectors, b.vectors)
    dense = float(alike.max(axis=1).mean() + alike.max(axis=0).mean()) / 2
    lexical = _shared_words(_weights(a, folding), _weights(b, folding))
    return round(_DENSE_SHARE * dense + (1 - _DENSE_SHARE) * lexical, 5)


def folding_of(a: Reading, b: Reading) -> Folding:
    """Learn the words of two articles."""
    return Folding([one.text for one in a.statements], [one.text for one in b.statements])


def _candidates(library: Library, reading: Reading, k: int, filters: Filters) -> list[str]:
    """Return ids of the articles with the chunks nearest to the article's own, without it."""
    best: dict[str, float] = {}
    for vector in _runs(reading.vectors):
        nearest = library.nearest(vector, max(_FEWEST_CHUNKS, _CHUNKS_AN_ARTICLE * k), filters)
        closest: dict[str, float] = {}
        for chunk in library.store.chunks(list(nearest)).values():
            score = max(closest.get(chunk.article_id, 0.0), nearest[chunk.id])
            closest[chunk.article_id] = score
        for article_id, score in closest.items():
            best[article_id] = best.get(article_id, 0.0) + score
    best.pop(reading.article.id, None)
    order = sorted(best, key=lambda article_id: (-round(best[article_id], 5), article_id))
    return order[: max(_FEWEST_CANDIDATES, 2 * k)]


def _runs(vectors: Matrix) -> Matrix:
    """Return the means of runs of sentences; of a long article, of fewer, longer ones."""
    count = min(_MOST_RUNS, math.ceil(len(vectors) / _SENTENCES_A_RUN))
    if not count:
        return vectors
    return unit(np.stack([part.mean(axis=0) for part in np.array_split(vectors, count)]))


def _weights(reading: Reading, folding: Folding) -> dict[str, float]:
    texts = [one.text for one in reading.statements]
    counts = Counter(term for text in texts for term in folding.terms(text))
    marked = names_and_numbers(texts, folding)
    return {
        term: (1 + math.log(count)) * (_NAME_WEIGHT if term in marked else 1.0)
        for term, count in counts.items()
    }


def _shared_words(left: dict[str, float], right: dict[str, float]) -> float:
    # Summed exactly, so that the order of the words makes no difference.
    shared = math.fsum(left[term] * right[term] for term in left.keys() & right.keys())
    lengths = [math.fsum(weight**2 for weight in side.values()) for side in (left, right)]
    return shared / math.sqrt(lengths[0] * lengths[1]) if all(lengths) else 0.0
