"""The choice of the sentences that together make a summary."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.vectors import Matrix
from service.coherence import Leaning
from service.summarization.evidence import DENSE_SHARE, Evidence, Flags, Numbers
from service.summarization.salience import Values
from service.summarization.sparse import Products

# Sentences that say the same: so much of their words is shared, or less of the words and so
# much of the meaning. Meaning alone does not tell: "8 died" and "9 died" mean alike.
_SAME_WORDS = 0.6
_ALIKE_WORDS = 0.3
_ALIKE_MEANING = 0.7

# What a sentence counts less that tells again what another article is quoted for: so much for
# what it is closer in meaning than this. Articles on one event retell it in their first lines.
_AGAIN_WEIGHT = 1.0
_AGAIN_MEANING = 0.6

# These weights were chosen on the data of benchmarks/README.md; half or twice as much changes
# little.

# What the first sentence of an article counts more, where others are quoted already: every
# source is to have its say, if it has something to say.
_SOURCE_WEIGHT = 0.04

# What a sentence counts less that leans loosely on one that is not chosen.
_LOOSE_WEIGHT = 0.15

# A sentence that leans comes with at most so many that were not chosen anyway.
_MOST_COMPANIONS = 2


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a sentence was not chosen, though it was worth it.

    Attributes:
        number: The sentence.
        reason: Why it cannot stand where it would; empty if it repeats another one.
        repeated: The chosen sentence that it repeats, if it does.
    """

    number: int
    reason: str = ""
    repeated: int | None = None


class _Closeness:
    """How close the sums of the chosen vectors come to their aims, with each further vector.

    Vectors are of two kinds, in meaning and in words. Only products of rows are needed:
    |s + r|^2 = s.s + 2 s.r + r.r.
    """

    def __init__(self, grams: tuple[Matrix | Products, ...], aims: Sequence[Matrix]) -> None:
        self._grams = grams
        self._aims = np.stack(aims)
        self._squares = np.stack([gram.diagonal() for gram in grams])
        self._with_chosen = np.zeros(self._aims.shape)  # Products with the sums of the chosen.
        self._square = [0.0 for _ in grams]
        self._along = [0.0 for _ in grams]

    def of_each(self) -> Values:
        """Return the cosines of the aims with the chosen and each one more, shape (2, n)."""
        square = np.array([self._square]).T + 2 * self._with_chosen + self._squares
        along = np.array([self._along], np.float32).T + self._aims
        close: Values = along / np.sqrt(np.maximum(square, 1e-9))
        return close

    def of(self, more: Sequence[int]) -> list[float]:
        """Return the cosines of the aims with the chosen and some more."""
        return [self._of(kind, gram, more) for kind, gram in enumerate(self._grams)]

    def _of(self, kind: int, gram: Matrix | Products, more: Sequence[int]) -> float:
        square, along = self._square[kind], self._along[kind]
        for at, one in enumerate(more):
            square += 2 * self._with_chosen.item(kind, one) + self._squares.item(kind, one)
            for other in more[:at]:
                square += 2 * gram.item(one, other)
            along += self._aims.item(kind, one)
        return along / math.sqrt(max(square, 1e-9))

    def add(self, number: int) -> None:
        """Take one more for chosen."""
        for kind, gram in enumerate(self._grams):
            with_chosen = self._with_chosen[kind]
            self._square[kind] += 2 * with_chosen.item(number) + self._squares.item(kind, number)
            self._along[kind] += self._aims.item(kind, number)
            with_chosen += gram[number]


class Selection:
    """A greedy choice: each step takes what makes the summary as a whole worth most.

    What a summary is worth is how close the sum of its vectors is to the aim, in meaning and in
    words, and what its sentences are worth for themselves. A sentence that leans on another one
    is taken with it, if that is not chosen already, or not at all.

    Source: Gholipour Ghalandari (2017), "Revisiting the Centroid-based Method: A Strong Baseline
    for Multi-Document Summarization".
    """

    def __init__(self, evidence: Evidence, dense: Matrix, lexical: Matrix | Products) -> None:
        """Prepare to choose.

        Args:
            evidence: What is known of the sentences.
            dense: Cosines of their vectors with one another, shape (n, n).
            lexical: The same of their TF-IDF vectors.
        """
        self._evidence = evidence
        self._dense, self._lexical = dense, lexical
        aims = evidence.dense_aim, evidence.lexical_aim
        self._closeness = _Closeness((dense, lexical), aims)
        self._worth: Values = sum(evidence.worth.values(), np.zeros(len(dense)))
        self._repeats = np.full(len(dense), -1)  # The chosen sentence that each says again.
        self._told = np.zeros(len(dense))  # The closest chosen sentence of another article.
        self._again = np.zeros(len(dense))  # What each counts less as others tell it already.
        self._first = np.zeros(len(dense))  # What each counts more as the first of its source.
        self._quoted = np.zeros(int(evidence.origins.max(initial=0)) + 1, dtype=bool)
        self._is_single = len(evidence.judges) == 1
        if not self._is_single:
            self._central = _highest_by(evidence.origins, evidence.closeness)
        self._lengths = evidence.lengths.tolist()
        self._free = evidence.eligible.copy()
        self._waiting: dict[int, list[int]] = {}
        """Sentences that were refused as they lean, by the one that they lean on."""
        self._judged: dict[int, Leaning | None] = {}
        self._said = ""  # The chosen sentences, in lower case.
        self.chosen: list[int] = []
        self.scores: dict[int, dict[str, float]] = {}
        self.objections: dict[int, Objection] = {}

    def run(self, words: int, sentences: int) -> None:
        """Choose until nothing fits any more.

        Args:
            words: The most words.
            sentences: The most sentences.
        """
        lengths = self._evidence.lengths
        room = words
        while len(self.chosen) < sentences:
            fitting = self._free & (lengths <= room)
            if not np.count_nonzero(fitting):
                return
            unit = self._next(fitting, room, sentences - len(self.chosen))
            for number in unit:
                room -= self._lengths[number]
                self._take(number)

    def _next(self, fitting: Flags, room: int, most: int) -> list[int]:
        """Return the sentence to take, behind those that it takes along; empty if none can be."""
        unit: list[int] = []
        value = -math.inf
        totals = np.where(fitting, self._totals(), -np.inf)
        # Hardly more than the first few are looked at: to find the highest is less than to sort.
        while (total := totals.item(number := int(totals.argmax()))) > value:
            totals[number] = -np.inf
            found = self._admitted(number, room, most)
            # With what it takes along, or leans on loosely, it may be worth less than the next.
            worth = self._total_of(found, *self._closeness.of(found)) if found[1:] else total
            worth -= _LOOSE_WEIGHT * self._is_loose(number)
            if found and worth > value:
                unit, value = found, worth
        return unit

    def _admitted(self, number: int, room: int, most: int) -> list[int]:
        """Return a sentence behind those it takes along; empty, and noted, if it cannot stand."""
        if self._repeats[number] >= 0:
            self._refuse(Objection(number, repeated=int(self._repeats[number])))
            return []
        unit = self._unit(number)
        if unit and len(unit) <= most and sum(self._lengths[one] for one in unit) <= room:
            return unit
        leaning = link = self._leaning(number)
        while link is not None and link.on is not None and link.on not in self.scores:
            # With any of those it leans on in the summary it may fit.
            self._waiting.setdefault(link.on, []).append(number)
            link = self._leaning(link.on)
        reason = leaning.reason if leaning else ""
        self._refuse(Objection(number, f"{reason}; together they do not fit" if unit else reason))
        return []

    def _unit(self, number: int) -> list[int]:
        """Return a sentence behind those it leans on and that are not there; empty if in vain."""
        unit = [number]
        while (leaning := self._leaning(unit[0])) is not None and not leaning.loosely:
            on = leaning.on
            if on is not None and on in self.scores:
                break
            if on is None or self._repeats[on] >= 0 or len(unit) > _MOST_COMPANIONS:
                return []
            if any(map(self._alike(on).item, unit)):
                return []
            unit.insert(0, on)
        return unit

    def _alike(self, number: int) -> Flags:
        return alike(self._evidence, number, self._dense[number], self._lexical[number])

    def _leaning(self, number: int) -> Leaning | None:
        if number not in self._judged:
            self._judged[number] = self._evidence.leaning(number)
        return self._judged[number]

    def _refuse(self, objection: Objection) -> None:
        self.objections[objection.number] = objection
        self._free[objection.number] = False

    def _take(self, number: int) -> None:
        meaning, words = self._closeness.of([number])
        parts = {
            "dense": meaning,
            "lexical": words,
            **{name: part.item(number) for name, part in self._evidence.worth.items()},
            "source": self._first.item(number),
            "again": -self._again.item(number),
            "loose": -_LOOSE_WEIGHT * self._is_loose(number),
        }
        parts = {"total": self._total_of([number], meaning, words), **parts}
        self.scores[number] = {name: round(part, 6) for name, part in parts.items()}
        self.chosen.append(number)
        self._closeness.add(number)
        self._weigh_articles(number)
        self._repeats[self._alike(number) & (self._repeats < 0)] = number
        self._said += self._evidence.statements[number].text.lower() + "\n"
        self._free[number] = False
        self.objections.pop(number, None)
        # What leans on this sentence can stand now.
        for follower in self._waiting.pop(number, []):
            self._free[follower] = True
            self.objections.pop(follower, None)

    def _weigh_articles(self, number: int) -> None:
        """Say what other articles' sentences count less, and other sources' more, with this one."""
        if self._is_single:
            return
        origins, articles = self._evidence.origins, self._evidence.articles
        elsewhere = articles != articles[number]
        self._told = np.maximum(self._told, np.where(elsewhere, self._dense[number], 0.0))
        self._again = _AGAIN_WEIGHT * np.maximum(0.0, self._told - _AGAIN_MEANING)
        self._quoted[origins[number]] = True
        self._first = (_SOURCE_WEIGHT * np.where(self._quoted, 0.0, self._central))[origins]

    def _totals(self) -> Values:
        """Say what the summary would be worth with each sentence, shape (n,)."""
        meaning, words = self._closeness.of_each()
        totals: Values = DENSE_SHARE * meaning + (1 - DENSE_SHARE) * words + self._worth
        return totals if self._is_single else totals + self._first - self._again

    def _total_of(self, unit: Sequence[int], meaning: float, words: float) -> float:
        """Say what the summary would be worth with some sentences and this closeness."""
        return (
            DENSE_SHARE * meaning
            + (1 - DENSE_SHARE) * words
            + _mean(self._worth, unit)
            + max(map(self._first.item, unit))
            - _mean(self._again, unit)
        )

    def _is_loose(self, number: int) -> bool:
        """Tell whether a sentence leans loosely on one that is not chosen."""
        leaning = self._leaning(number)
        if leaning is None or not leaning.loosely or leaning.on in self.scores:
            return False
        return not leaning.about or leaning.about not in self._said


def alike(evidence: Evidence, number: int, dense: Matrix, lexical: Matrix) -> Flags:
    """Tell of each sentence whether it says the same as one of them.

    Args:
        evidence: What is known of the sentences.
        number: The one.
        dense: Cosine of its vector with that of each sentence, shape (n,).
        lexical: The same of their TF-IDF vectors.
    """
    # Sentences of small words alone have no terms to be alike in.
    same: Flags = evidence.wordings == evidence.wordings[number]
    near = lexical >= _ALIKE_WORDS
    if np.count_nonzero(near) > 1:  # Else none but the sentence itself.
        same |= near & ((lexical >= _SAME_WORDS) | (dense >= _ALIKE_MEANING))
    return same


def _mean(values: Values, numbers: Sequence[int]) -> float:
    return sum(map(values.item, numbers)) / len(numbers)


def _highest_by(groups: Numbers, values: Values) -> Values:
    """Return the highest value of each group as a share of the highest of all."""
    highest = np.zeros(int(groups.max(initial=0)) + 1)
    np.maximum.at(highest, groups, values)
    shares: Values = highest / (highest.max(initial=0.0) or 1.0)
    return shares
