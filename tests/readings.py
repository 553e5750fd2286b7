"""Readings made of sentences, without a model or a library."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from embeddings.article import Article, Span
from embeddings.vectors import Matrix, unit
from service.reading import Reading, Statement


def reading(article_id: str, sentences: Sequence[str], vectors: Matrix | None = None) -> Reading:
    """Make a reading of sentences that stand in a row, each with a vector of its words."""
    statements = []
    start = 0
    for place, text in enumerate(sentences, start=1):
        span = Span(start, start + len(text))
        statements.append(Statement(article_id, span, text, place))
        start = span.end + 1
    rows = word_vectors(sentences) if vectors is None else vectors
    return Reading(Article("", id=article_id), statements, rows)


def word_vectors(sentences: Sequence[str], dim: int = 64) -> Matrix:
    """Return unit rows; sentences are alike by the letters they share."""
    rows = np.zeros((len(sentences), dim), np.float32)
    for row, text in zip(rows, sentences, strict=True):
        for one, other in pairwise(text):
            row[(ord(one) * 31 + ord(other)) % dim] += 1
    return unit(rows)
