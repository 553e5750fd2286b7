"""Article and article: how alike they are, and by which sentences."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from embeddings.errors import BadRequest
from embeddings.library import Library
from embeddings.stored import Filters
from embeddings.vectors import Matrix, cosine, unit
from service.answers import Pair, SimilarArticle, SimilarArticles, Similarity, SimilarityParts
from service.comparison.alignment import align
from service.comparison.sides import side_of
from service.facts.dates import day_of
from service.reading import Reading, reading_of
from service.terms import Folding, names_and_numbers

MOST_SIMILAR = 1000

_MOST_PAIRS = 10

# The mix of the parts, and so many sentences on, a sentence or a word counts 1/e of what one at
# the top does: news tells the most important first. The figures hardly matter; see
# benchmarks/README.md.
_MIX = {"sentences": 0.45, "words": 0.2, "names": 0.35}
_FADING = 10

# Published so many days apart, two articles are close in time by exp(-1/2), as in Miranda et al.
# (2018), "Multilingual Clustering of Streaming News". What is far apart loses this share at the
# most: a small one, for the sets at hand bear no dates to weigh it by.
_DAYS = 3
_TIME_SHARE = 0.1

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
            score=article_score(parts),
            parts=parts,
        )
        for article_id, chunks in groupby(
            library.store.chunks_of(ids), key=lambda chunk: chunk.article_id
        )
        # Another process may have removed the article since it was found.
        if article_id in headers
        for other in [reading_of(library, headers[article_id], list(chunks))]
        if other.statements
        for parts in [parts_of(reading, other, folding_of(reading, other))]
    ]
    found.sort(key=lambda one: (-one.score, one.id))
    return SimilarArticles(articles=found[:k])


def similarity(a: Reading, b: Reading) -> Similarity:
    """Say how alike two articles are, and by which sentences.

    Returns:
        A score from -1 to 1, the same for (b, a), 1 for the same text, 0 if either has no
        sentences; the parts that made it; and the closest pairs of sentences, best first.
    """
    folding = folding_of(a, b)
    parts = parts_of(a, b, folding)
    pairs = sorted(align(side_of(a, folding), side_of(b, folding)), key=lambda pair: -pair.score)
    return Similarity(
        score=article_score(parts),
        parts=parts,
        pairs=[
            Pair(a=a.statements[pair.a].quote(), b=b.statements[pair.b].quote(), score=pair.score)
            for pair in pairs[:_MOST_PAIRS]
        ],
    )


def article_score(parts: SimilarityParts) -> float:
    """Mix the parts to how alike two articles are, from -1 to 1; what is None has no say.

    Time only takes away, and the less the closer the articles are in all else: the same text is
    the same text on any day, and articles of one day are not alike for that.
    """
    known = [
        (share, part) for name, share in _MIX.items() if (part := getattr(parts, name)) is not None
    ]
    mixed = float(sum(share * part for share, part in known) / sum(share for share, _ in known))
    if parts.time is not None:
        mixed -= _TIME_SHARE * (1 - parts.time) * max(mixed, 0.0) * (1 - mixed)
    return round(mixed, 5)


def parts_of(a: Reading, b: Reading, folding: Folding) -> SimilarityParts:
    """Return in what two articles are alike, the same for (b, a).

    The sentences' part is the mean cosine of each sentence with its best match, the others are
    cosines of the sets of words; what comes early counts more.

    Source: Singh et al. (2022), "WueDevils at SemEval-2022 Task 8: Multilingual News Article
    Similarity via Pair-Wise Sentence Similarity Matrices"; here with words beside it.
    """
    time = _closeness_in_time(a.article.published, b.article.published)
    if not a.statements or not b.statements:
        return SimilarityParts(sentences=0, words=0, names=0, time=time)
    alike = cosine(a.vectors, b.vectors)
    best = [
        float(np.average(alike.max(axis=axis), weights=_fading(alike.shape[1 - axis])))
        for axis in (0, 1)
    ]
    texts = [[one.text for one in side.statements] for side in (a, b)]
    weights = [_weights(side, folding) for side in texts]
    marked = [names_and_numbers(side, folding) for side in texts]
    # A name is shared if it is one in both: what begins a sentence may be any word.
    sides = list(zip(weights, marked, strict=True))
    words = [{term: one[term] for term in one.keys() - names} for one, names in sides]
    names = [{term: one[term] for term in one.keys() & names} for one, names in sides]
    return SimilarityParts(
        # Rounding of float32 may lead beyond 1.
        sentences=round(min(sum(best) / 2, 1.0), 5),
        words=_shared(*words),
        names=_shared(*names),
        time=time,
    )


def folding_of(a: Reading, b: Reading) -> Folding:
    """Learn the words of two articles."""
    return Folding([one.text for one in a.statements], [one.text for one in b.statements])


def _candidates(library: Library, reading: Reading, k: int, filters: Filters) -> list[str]:
    """Return ids of the articles with the chunks nearest to the article's own, without it."""
    best: dict[str, float] = {}
    for vector in _runs(reading.vectors):
        nearest = library.nearest(vector, max(_FEWEST_CHUNKS, _CHUNKS_AN_ARTICLE * k), filters)
        closest: dict[str, float] = {}
        for chunk in library.chunks(list(nearest)):
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


def _closeness_in_time(one: str | None, other: str | None) -> float | None:
    days = [day_of(published) for published in (one, other)]
    if days[0] is None or days[1] is None:
        return None
    return round(math.exp(-(((days[0] - days[1]).days / _DAYS) ** 2) / 2), 5)


def _fading(count: int) -> Matrix:
    fading: Matrix = np.exp(-np.arange(count, dtype=np.float32) / _FADING)
    return fading


def _weights(texts: Sequence[str], folding: Folding) -> dict[str, float]:
    """Weigh each term by where it stands first; how often it comes again says little."""
    weights: dict[str, float] = {}
    for text, weight in zip(texts, _fading(len(texts)).tolist(), strict=True):
        for term in folding.terms(text):
            weights.setdefault(term, weight)
    return weights


def _shared(left: Mapping[str, float], right: Mapping[str, float]) -> float | None:
    """Return the cosine of two sets of weighted terms; 0 if one is empty, None if both are."""
    if not left and not right:
        return None
    # Summed exactly, so that the order of the words makes no difference.
    shared = math.fsum(left[term] * right[term] for term in left.keys() & right.keys())
    lengths = [math.fsum(weight**2 for weight in side.values()) for side in (left, right)]
    return round(min(shared / math.sqrt(lengths[0] * lengths[1]), 1.0), 5) if all(lengths) else 0.0
