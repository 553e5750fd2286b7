"""What is known of the sentences that a summary may be made of."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix, cosine, unit
from service import coherence
from service.reading import Reading, Statement
from service.summarization.looks import Looks, looks_of
from service.summarization.remarks import Remarks
from service.summarization.salience import Values, features, salience, weights_for
from service.summarization.sparse import Products, SparseRows
from service.summarization.wording import Judge, wording_of, wording_remarked
from service.words import stems

if TYPE_CHECKING:
    from service.retrieval.search import Question

# The dense part of the evidence; the rest is lexical. See benchmarks/README.md.
DENSE_SHARE = 0.3

# News tells the most important first: in what the summary is to be like, a sentence counts
# less by this factor (1/e) every so many sentences. From 7 to 15 the figure hardly matters.
_FADING_SENTENCES = 10

# How much salience, or with a question the beginning of an article, counts beside closeness.
_SALIENCE_WEIGHT = 0.8
_EARLY_WEIGHT = 0.4
_EARLY_SENTENCES = 5

# How much the words of a question count beside its meaning, in what a sentence is worth; and
# how many sentences feed back into the question.
_WORDS_WEIGHT = 0.3
_FEEDBACK_SENTENCES = 3

# A sentence answers a question unless it is so much further from it than the closest one, or
# not half as close.
_RELEVANT_GAP = 0.2
_RELEVANT_SHARE = 0.5

# Where nothing comes closer than this, the question is hardly spoken of, and only what comes
# nearly as close as the closest is told.
HARDLY = 0.125
_HARDLY_SHARE = 0.7

# What comes less close to what is told than this share of the closest sentence belongs to
# something else: a teaser of another story, an advertisement. Several articles tell more sides.
_BELONGING = 0.5
_BELONGING_OF_SEVERAL = 0.4

# A shorter sentence says nothing on its own; in scripts that put no spaces between words it may.
FEWEST_WORDS = 5

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of some sentences, in an order that does not hang on that of the articles.

    Attributes:
        statements: The sentences, article by article.
        articles: The number of each one's article among the distinct ones, shape (n,).
        origins: The number of each one's origin, shape (n,): near-copies share one.
        rows: The place of each one among the statements of its article, from 0, shape (n,).
        lengths: Words of each, shape (n,).
        wordings: A number for what each says, the same for the same text, shape (n,).
        judges: What its sentences lean on, article by article.
        looks: What they look like, if that is known already.
        eligible: Which may be chosen, shape (n,); others only go along with one of these.
        dense: Their vectors, unit rows of shape (n, dim).
        lexical: Their TF-IDF vectors, unit rows of shape (n, terms).
        dense_aim: Cosine of each with what the summary is to be like, shape (n,).
        lexical_aim: The same in terms.
        worth: What each is worth for itself, shape (n,); its parts by name.
        closest: With a question, how close the closest sentence is to it, from about 0 to 1.
    """

    statements: Sequence[Statement]
    articles: Numbers
    origins: Numbers
    rows: Numbers
    lengths: Numbers
    wordings: Numbers
    judges: Sequence[Judge]
    looks: Looks | None
    eligible: Flags
    dense: Matrix
    lexical: SparseRows
    dense_aim: Matrix
    lexical_aim: Matrix
    worth: dict[str, Values]
    closest: float | None

    @property
    def has_several(self) -> bool:
        """Whether the sentences are of several origins."""
        return len(self.judges) > 1 and bool((self.origins != self.origins[:1]).any())

    @property
    def closeness(self) -> Values:
        """How close each sentence by itself is to what the summary is to be like, shape (n,)."""
        return _mixed(self.dense_aim, self.lexical_aim)

    @property
    def rating(self) -> Values:
        """What each sentence is worth as the first one of a summary, shape (n,)."""
        return sum(self.worth.values(), self.closeness)

    def leaning(self, number: int) -> coherence.Leaning | None:
        """Say what a sentence leans on; None for one that can stand alone.

        What it leans on has a number of these sentences, or None if it is not among them.
        """
        row = int(self.rows[number])
        found: coherence.Leaning | None = self.judges[self.articles[number]].leaning(row)
        if found is None or found.on is None:
            return found
        on = self._place(number, found.on)
        return found if on == found.on else replace(found, on=on)

    def _place(self, number: int, row: int) -> int | None:
        """Return the number of an earlier sentence of the same article; None if it is left out."""
        on = int(number - self.rows[number] + row)
        if on >= 0 and self.rows[on] == row and self.articles[on] == self.articles[number]:
            return on  # None is left out between them.
        first = int(np.searchsorted(self.articles, self.articles[number]))
        on = first + int(np.searchsorted(self.rows[first:number], row))
        return on if on < number and self.rows[on] == row else None

    def cosines(self) -> tuple[Matrix, Matrix | Products]:
        """Return the cosines of all sentences with one another, shape (n, n): dense, lexical."""
        # Of several origins each sentence is held against all others, else only what is chosen.
        lexical = (
            self.lexical.products(self.lexical) if self.has_several else Products(self.lexical)
        )
        return cosine(self.dense, self.dense), lexical

    def among(self, kept: Numbers) -> "Evidence":
        """Return the same of some sentences, in ascending order."""
        if len(kept) == len(self.statements):
            return self
        return replace(
            self,
            statements=[self.statements[number] for number in kept],
            articles=self.articles[kept],
            origins=self.origins[kept],
            lengths=self.lengths[kept],
            wordings=self.wordings[kept],
            rows=self.rows[kept],
            looks=None if self.looks is None else self.looks.among(kept),
            eligible=self.eligible[kept],
            dense=self.dense[kept],
            lexical=self.lexical.among(kept),
            dense_aim=self.dense_aim[kept],
            lexical_aim=self.lexical_aim[kept],
            worth={name: part[kept] for name, part in self.worth.items()},
        )


def distinct(readings: Sequence[Reading]) -> list[list[Reading]]:
    """Gather the readings that say exactly the same, and put them in an order of their own.

    Returns:
        Groups of one or more; the first of a group stands for it. The order hangs neither on
        that of the readings nor, but for the choice of the first, on how many copies there are.
    """
    groups: dict[tuple[str, ...], list[Reading]] = {}
    for reading in readings:
        if reading.statements:
            texts = tuple(one.text for one in reading.statements)
            groups.setdefault(texts, []).append(reading)
    return [sorted(groups[texts], key=_seniority) for texts in sorted(groups)]


def _seniority(reading: Reading) -> tuple[str, str]:
    """Put the earlier of two copies first."""
    return reading.article.published or "9999", reading.article.id


def gather(
    readings: Sequence[Reading],
    question: "Question | None" = None,
    remarks: Remarks | None = None,
) -> Evidence:
    """Gather what is known of the sentences of distinct readings, in time linear in their number.

    Args:
        readings: What was read, one of each group of `distinct`; at least one.
        question: What is to be answered, if anything is asked.
        remarks: On the sentences of the only reading, where nothing is asked, if they are known.
    """
    statements = [one for reading in readings for one in reading.statements]
    found = wording_of(readings, statements) if remarks is None else wording_remarked(remarks)
    sizes = [len(reading.statements) for reading in readings]
    dense = np.concatenate([reading.vectors for reading in readings])
    weights = _weights(statements, np.repeat(1 / np.bincount(found.origins)[found.origins], sizes))
    dense_aim = dense @ _centre(weights @ dense)
    lexical_aim = found.lexical.times(_centre(found.lexical.summed(weights)))
    eligible = (found.lengths >= FEWEST_WORDS) | (found.spaceless > 0)
    if question is None:
        eligible &= _belongs(_mixed(dense_aim, lexical_aim), found.origins)
    evidence = Evidence(
        statements=statements,
        articles=np.repeat(np.arange(len(readings)), sizes),
        origins=np.repeat(found.origins, sizes),
        rows=np.concatenate([np.arange(size) for size in sizes]),
        lengths=found.lengths,
        wordings=found.wordings,
        judges=found.judges,
        looks=found.looks,
        eligible=eligible,
        dense=dense,
        lexical=found.lexical,
        dense_aim=dense_aim,
        lexical_aim=lexical_aim,
        worth={},
        closest=None,
    )
    return evidence if question is None else _asked(evidence, found.terms, question)


def _belongs(closeness: Values, origins: Numbers) -> Flags:
    """Tell which sentences belong to what the articles of these origins tell."""
    share = _BELONGING_OF_SEVERAL if len(set(origins.tolist())) > 1 else _BELONGING
    belongs: Flags = closeness >= share * np.maximum.reduce(closeness, initial=0.0)
    return belongs


def _mixed(dense: Matrix, lexical: Matrix) -> Values:
    """Mix closeness in meaning and in words."""
    mixed: Values = DENSE_SHARE * dense + (1 - DENSE_SHARE) * lexical
    return mixed


def most_promising(evidence: Evidence, most: int) -> Numbers:
    """Return the eligible sentences that are rated highest, each with the one before it.

    Returns:
        Numbers of sentences, ascending; of all sentences if there are no more than `most`.
    """
    if len(evidence.statements) <= most:
        return np.arange(len(evidence.statements))
    rating = np.where(evidence.eligible, evidence.rating, -np.inf)
    best = np.argsort(-rating, kind="stable")[:most]
    best = best[evidence.eligible[best]]
    before = best[evidence.rows[best] > 0] - 1  # A sentence mostly leans on that.
    return np.union1d(best, before)


def with_salience(
    evidence: Evidence,
    dense: Matrix,
    lexical: Matrix | Products,
    weights: Mapping[str, float] | None = None,
) -> Evidence:
    """Say what the sentences are worth for themselves, where nothing is asked.

    Args:
        evidence: What is known of them.
        dense: Cosines of their vectors with one another, shape (n, n).
        lexical: The same of their TF-IDF vectors.
        weights: Of features; those that are shipped unless others are given.
    """
    if weights is None:
        weights = weights_for(several=evidence.has_several)
    found = salience_features(evidence, dense, lexical)
    return replace(evidence, worth={"salience": _SALIENCE_WEIGHT * salience(found, weights)})


def salience_features(
    evidence: Evidence, dense: Matrix, lexical: Matrix | Products
) -> dict[str, Values]:
    """Say of each sentence what may tell whether it belongs into a summary; see `features`."""
    closeness = {
        "meaning": evidence.dense_aim,
        "words": evidence.lexical_aim,
        "meaning_of_all": evidence.dense @ _centre(evidence.dense.sum(axis=0)),
        "words_of_all": evidence.lexical.times(_centre(evidence.lexical.summed())),
        "meaning_elsewhere": _elsewhere(evidence, dense),
        "words_elsewhere": _elsewhere(evidence, lexical),
    }
    looks = evidence.looks
    if looks is None:
        looks = looks_of([one.text for one in evidence.statements])
    places = np.array([one.place for one in evidence.statements])
    return features(looks, places, evidence.articles, closeness)


def _elsewhere(evidence: Evidence, cosines: Matrix | Products) -> Values:
    """Say how close each sentence is to the closest one of each other origin, in the mean."""
    if not evidence.has_several or isinstance(cosines, Products):  # There is no other one.
        return np.zeros(len(evidence.statements))
    # Articles stand in a row, so a run of columns is an article; an origin may have several.
    origins, starts = [], []
    for start in np.flatnonzero(np.diff(evidence.articles, prepend=-1)).tolist():
        starts.append(start)
        origins.append(int(evidence.origins[start]))
    by_article = np.maximum.reduceat(cosines, starts, axis=1)
    distinct_origins = sorted(set(origins))
    by_origin = np.stack(
        [
            by_article[:, [at for at, one in enumerate(origins) if one == origin]].max(axis=1)
            for origin in distinct_origins
        ],
        axis=1,
    )
    by_origin[evidence.origins[:, np.newaxis] == np.array(distinct_origins)] = 0.0
    closest: Values = by_origin.sum(axis=1, dtype=np.float64) / max(1, len(distinct_origins) - 1)
    return closest


def _asked(evidence: Evidence, terms: Mapping[str, int], question: "Question") -> Evidence:
    """Say what the sentences are worth as an answer, and let only those be chosen that are one."""
    vector = question.vector
    if vector is None:
        vector = np.zeros(evidence.dense.shape[1], np.float32)
    meaning = evidence.dense @ vector
    held = _words_held(evidence.lexical, terms, stems(question.text))
    close = (meaning + held) / 2
    # What comes closest says in other words what is asked, so that more is found.
    best = np.argsort(-(meaning + held / 2), kind="stable")[:_FEEDBACK_SENTENCES]
    moved = _centre(vector + _centre(evidence.dense[best].sum(axis=0)))
    places = np.array([one.place - 1 for one in evidence.statements])
    closest = float(close.max(initial=0.0))
    share = _RELEVANT_SHARE if closest >= HARDLY else _HARDLY_SHARE
    least = max(closest - _RELEVANT_GAP, closest * share)
    return replace(
        evidence,
        eligible=evidence.eligible & (close >= least),
        worth={
            "answer": evidence.dense @ moved + _WORDS_WEIGHT * held,
            "early": _EARLY_WEIGHT * np.exp(-places / _EARLY_SENTENCES),
        },
        closest=closest,
    )


def _words_held(lexical: SparseRows, terms: Mapping[str, int], asked: Sequence[str]) -> Values:
    """Say how much of the question's words each sentence holds, by rarity, from 0 to 1."""
    count, frequency = len(lexical), lexical.frequency
    wanted = dict.fromkeys(asked)
    rarity = {
        stem: math.log((1 + count) / max(1, frequency[terms[stem]] if stem in terms else 1))
        for stem in wanted
    }
    weights = np.zeros(lexical.width)
    for stem in wanted:
        if stem in terms:
            weights[terms[stem]] = rarity[stem]
    held = lexical.with_values(np.ones_like(lexical.values)).times(weights)
    share: Values = held.astype(np.float64) / (sum(rarity.values()) or 1.0)
    return share


def _weights(statements: Sequence[Statement], shares: Values) -> Matrix:
    """Say how much each sentence counts in what the summary is to be like, shape (n,)."""
    places = np.array([one.place - 1 for one in statements], dtype=np.float32)
    weights: Matrix = (np.exp(-places / _FADING_SENTENCES) * shares).astype(np.float32)
    return weights


def _centre(total: Matrix) -> Matrix:
    centre: Matrix = unit(total[np.newaxis])[0]
    return centre
