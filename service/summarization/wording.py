"""What is found in the words of sentences alone: their terms, and what they lean on."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple, Protocol

import numpy as np

from service import coherence
from service.copies import origins_of
from service.reading import Reading, Statement
from service.summarization.looks import Counts, Looks, lengths_of, spaceless
from service.summarization.remarks import Remarks, counted, wordings_of
from service.summarization.sparse import SparseRows
from service.words import stems_of, words


class Judge(Protocol):
    """Whoever says what the sentences of an article lean on."""

    def leaning(self, number: int) -> coherence.Leaning | None:
        """Say what a sentence leans on, by its number; None for one that can stand alone."""


class Wording(NamedTuple):
    """What is found in the words of sentences alone, by the names that evidence has for it."""

    origins: Counts
    lengths: Counts
    spaceless: Counts
    wordings: Counts
    judges: Sequence[Judge]
    looks: Looks | None
    lexical: SparseRows
    terms: Mapping[str, int]


def wording_of(readings: Sequence[Reading], statements: Sequence[Statement]) -> Wording:
    """Find out about the sentences of distinct readings."""
    texts = [one.text for one in statements]
    stemmed = stems_of(map(words, texts))
    ends = accumulate((len(reading.statements) for reading in readings), initial=0)
    lexical, terms = tf_idf(stemmed)
    return Wording(
        np.array(
            origins_of([list(chain(*stemmed[start:end])) for start, end in pairwise(ends)]),
            np.int64,
        ),
        lengths_of(texts),
        spaceless(texts),
        wordings_of(texts),
        [coherence.Article(reading.statements) for reading in readings],
        None,
        lexical,
        terms,
    )


def wording_remarked(remarks: Remarks) -> Wording:
    """Return what is known of the sentences of one reading by the remarks on them."""
    looks = remarks.looks
    return Wording(
        np.array([1]),
        looks.lengths,
        looks.spaceless,
        remarks.wordings,
        [remarks],
        looks,
        _weighed(remarks.counts),
        {},
    )


def tf_idf(stemmed: Sequence[Sequence[str]]) -> tuple[SparseRows, dict[str, int]]:
    """Weigh terms by how often they occur in a sentence and in how few sentences.

    Returns:
        Unit rows, one a sentence, and the column of each term.
    """
    counts, terms = counted(stemmed)
    return _weighed(counts), terms


def _weighed(counts: SparseRows) -> SparseRows:
    frequency = np.maximum(counts.frequency, 1)
    rarity = np.log((1 + len(counts)) / frequency).astype(np.float32)
    return counts.with_values(counts.values * rarity[counts.columns]).unit()
