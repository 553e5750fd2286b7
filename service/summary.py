"""Extractive summaries: sentences chosen for the whole summary, quoted with their place."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from embeddings.errors import BadRequest
from embeddings.vectors import Matrix, cosine, unit
from service.answers import LeftOut, Quote, ScoredQuote, Summary, SummarySentence
from service.coherence import leaning
from service.reading import Reading, Statement
from service.search import Question
from service.words import stems

MOST_WORDS = 10_000

# The dense part of the evidence; the rest is lexical. See benchmarks/quality.py.
_DENSE_SHARE = 0.3

# News tells the most important first: in what the summary is to be like, a sentence counts
# less by this factor (1/e) every so many sentences. From 7 to 15 the figure hardly matters.
_FADING_SENTENCES = 10

# How much a question counts beside what the articles are about.
_QUESTION_SHARE = 0.7

# A sentence answers a question if it is at least this close to it, beside the closest one.
_RELEVANT_SHARE = 0.6

# Sentences that say the same: so much of their words is shared, or less of the words and so
# much of the meaning. Meaning alone does not tell: "8 died" and "9 died" mean alike.
_SAME_WORDS = 0.6
_ALIKE_WORDS = 0.3
_ALIKE_MEANING = 0.7

# A shorter sentence says nothing on its own.
_FEWEST_WORDS = 5

# Candidates are compared with one another; this many keep that quick.
_MOST_CANDIDATES = 800

_MOST_LEFT_OUT = 10


class Method(StrEnum):
    """How the sentences of a summary are chosen."""

    CENTROID = "centroid"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of all candidate sentences.

    Attributes:
        statements: The candidates, in reading order.
        lengths: Words of each, shape (n,).
        dense: Cosines of their vectors with one another, shape (n, n).
        lexical: The same of their TF-IDF vectors.
        dense_aim: Cosine of each with what the summary is to be like, shape (n,).
        lexical_aim: The same in terms.
    """

    statements: Sequence[Statement]
    lengths: npt.NDArray[np.int64]
    dense: Matrix
    lexical: Matrix
    dense_aim: Matrix
    lexical_aim: Matrix

    def alike(self, one: int, other: int) -> bool:
        """Tell whether two sentences say the same."""
        words = self.lexical[one, other]
        return bool(
            # Sentences of small words alone have no terms to be alike in.
            self.statements[one].text == self.statements[other].text
            or words >= _SAME_WORDS
            or (words >= _ALIKE_WORDS and self.dense[one, other] >= _ALIKE_MEANING)
        )


def summarize(
    readings: Sequence[Reading],
    *,
    words: int = 100,
    sentences: int | None = None,
    question: Question | None = None,
    method: Method = Method.CENTROID,
) -> Summary:
    """Choose the sentences that together are most like all that was read.

    Greedy: each step takes the sentence that brings the whole summary closest to the
    centroid of all sentences, in meaning and in words, and that can stand where it would.

    Source: Gholipour Ghalandari (2017), "Revisiting the Centroid-based Method: A Strong
    Baseline for Multi-Document Summarization"; here with vectors of sentences beside
    TF-IDF, a centroid that leans to how articles begin, and the conditions of `coherence`.

    Args:
        readings: What to summarise, in the order in which it is to be told.
        words: The most words; sentences are never cut.
        sentences: The most sentences, if that is limited too.
        question: What the summary is to answer, if anything is asked.
        method: How the sentences are chosen.

    Returns:
        The summary; sentences of one article in their order. Empty if nothing qualifies.

    Raises:
        BadRequest: `words` or `sentences` is out of range.
    """
    check_lengths(words, sentences)
    if not readings:
        return Summary(text="", words=0, sentences=[], left_out=[])
    evidence = _gather(readings, question)
    choice = _Choice(evidence, method, words, sentences or len(evidence.statements))
    choice.run()
    return _told(evidence, choice)


def check_lengths(words: int, sentences: int | None = None) -> None:
    """Raise `BadRequest` if a summary of that length cannot be asked for."""
    if not 1 <= words <= MOST_WORDS:
        raise BadRequest(f"words is {words}; expected a number from 1 to {MOST_WORDS}.")
    if sentences is not None and not 1 <= sentences <= MOST_WORDS:
        raise BadRequest(f"sentences is {sentences}; expected a number from 1 to {MOST_WORDS}.")


class _Choice:
    """The greedy choice and what it left out."""

    def __init__(self, evidence: _Evidence, method: Method, words: int, sentences: int) -> None:
        self._evidence = evidence
        self._method = method
        self._words = words
        self._sentences = sentences
        self.chosen: list[int] = []
        self.scores: dict[int, dict[str, float]] = {}
        self.leaning: dict[int, str] = {}
        """Candidates that cannot stand where they would, and why."""
        self.repeating: dict[int, int] = {}
        """Candidates that repeat a chosen sentence, and which."""
        self._places = {
            (statement.article_id, statement.place): number
            for number, statement in enumerate(evidence.statements)
        }

    def run(self) -> None:
        """Choose until nothing fits any more."""
        lengths = self._evidence.lengths
        free = np.ones(len(lengths), dtype=bool)
        room = self._words
        while len(self.chosen) < self._sentences and (free & (lengths <= room)).any():
            parts = self._parts()
            total = np.where(free & (lengths <= room), parts["total"], -np.inf)
            best = int(total.argmax())
            free[best] = False
            if self._is_objectionable(best):
                continue
            self.chosen.append(best)
            self.scores[best] = {name: round(float(part[best]), 6) for name, part in parts.items()}
            room -= int(lengths[best])
            # What leans on this sentence can stand now.
            follower = self._neighbour(best, 1)
            if follower is not None and self.leaning.pop(follower, ""):
                free[follower] = True

    def _parts(self) -> dict[str, Matrix]:
        """Say for each sentence how close the summary would be to its aim with it."""
        evidence = self._evidence
        if self._method is Method.LEAD:
            places = np.array([one.place for one in evidence.statements], dtype=np.float32)
            return {"total": np.reciprocal(places)}
        dense = _closeness(evidence.dense, evidence.dense_aim, self.chosen)
        lexical = _closeness(evidence.lexical, evidence.lexical_aim, self.chosen)
        total = _DENSE_SHARE * dense + (1 - _DENSE_SHARE) * lexical
        return {"total": total, "dense": dense, "lexical": lexical}

    def _is_objectionable(self, number: int) -> bool:
        """Tell whether a sentence cannot be taken now, and note why."""
        repeated = [taken for taken in self.chosen if self._evidence.alike(number, taken)]
        if repeated:
            self.repeating[number] = repeated[0]
            return True
        reason = leaning(self._evidence.statements[number].text)
        if reason and self._neighbour(number, -1) not in self.chosen:
            self.leaning[number] = reason
            return True
        return False

    def _neighbour(self, number: int, step: int) -> int | None:
        statement = self._evidence.statements[number]
        return self._places.get((statement.article_id, statement.place + step))


def _closeness(gram: Matrix, aim: Matrix, chosen: Sequence[int]) -> Matrix:
    """Return the cosine with the aim of the chosen rows' sum and each row, shape (n,).

    Only products of rows are needed: |s + r|^2 = s.s + 2 s.r + r.r.
    """
    along = aim + aim[chosen].sum()
    square = gram[np.ix_(chosen, chosen)].sum() + 2 * gram[:, chosen].sum(axis=1) + gram.diagonal()
    close: Matrix = np.divide(along, np.sqrt(square), out=np.zeros_like(along), where=square > 1e-9)
    return close


def _gather(readings: Sequence[Reading], question: Question | None) -> _Evidence:
    statements = [one for reading in readings for one in reading.statements]
    dense = np.concatenate([reading.vectors for reading in readings])
    lexical, terms = _tf_idf([stems(one.text) for one in statements])
    weights = _weights(statements, fading=question is None)
    dense_target = unit((weights @ dense)[np.newaxis])[0]
    lexical_target = unit((weights @ lexical)[np.newaxis])[0]
    relevant = np.ones(len(statements), dtype=bool)
    if question is not None:
        asked = np.zeros(len(terms), np.float32)
        asked[[terms[stem] for stem in stems(question.text) if stem in terms]] = 1.0
        vector = (
            np.zeros(dense.shape[1], np.float32) if question.vector is None else question.vector
        )
        relevant = _is_relevant(dense @ vector, lexical @ unit(asked[np.newaxis])[0])
        dense_target = _towards(vector, dense_target)
        lexical_target = _towards(asked, lexical_target)
    dense_aim, lexical_aim = dense @ dense_target, lexical @ lexical_target
    lengths = np.array([len(one.text.split()) for one in statements], dtype=np.int64)
    rating = _DENSE_SHARE * dense_aim + (1 - _DENSE_SHARE) * lexical_aim
    rating[(lengths < _FEWEST_WORDS) | ~relevant] = -np.inf
    kept = np.sort(np.argsort(-rating, kind="stable")[:_MOST_CANDIDATES])
    kept = kept[np.isfinite(rating[kept])]
    return _Evidence(
        statements=[statements[number] for number in kept],
        lengths=lengths[kept],
        dense=cosine(dense[kept], dense[kept]),
        lexical=(lexical[kept] @ lexical[kept].T).toarray().clip(-1.0, 1.0),
        dense_aim=dense_aim[kept],
        lexical_aim=lexical_aim[kept],
    )


def _is_relevant(dense: Matrix, lexical: Matrix) -> npt.NDArray[np.bool_]:
    """Tell of each sentence whether it is close enough to the question, shape (n,)."""
    closeness = (dense + lexical) / 2
    relevant: npt.NDArray[np.bool_] = closeness >= _RELEVANT_SHARE * closeness.max(initial=0.0)
    return relevant


def _weights(statements: Sequence[Statement], *, fading: bool) -> Matrix:
    """Return how much each sentence counts in what the summary is to be like, shape (n,).

    What answers a question may stand anywhere, so then all count the same.
    """
    places = np.array([one.place - 1 for one in statements], dtype=np.float32)
    weights: Matrix = np.exp(-places / _FADING_SENTENCES) if fading else np.ones_like(places)
    return weights


def _towards(question: Matrix, target: Matrix) -> Matrix:
    mixed: Matrix = _QUESTION_SHARE * unit(question[np.newaxis]) + (1 - _QUESTION_SHARE) * target
    towards: Matrix = unit(mixed)[0]
    return towards


def _tf_idf(stemmed: Sequence[Sequence[str]]) -> tuple[csr_array, dict[str, int]]:
    """Weigh terms by how often they occur in a sentence and in how few sentences.

    Returns:
        Unit rows, one a sentence, and the column of each term.
    """
    # Not a set: its order, and so the order of sums, would differ from process to process.
    frequency = Counter(stem for found in stemmed for stem in dict.fromkeys(found))
    terms = {stem: column for column, stem in enumerate(frequency)}
    weights: list[float] = []
    columns: list[int] = []
    ends = [0]
    for found in stemmed:
        counts = Counter(found)
        row = [
            count * math.log((1 + len(stemmed)) / frequency[stem]) for stem, count in counts.items()
        ]
        length = math.hypot(*row) or 1.0
        weights += [weight / length for weight in row]
        columns += [terms[stem] for stem in counts]
        ends.append(len(columns))
    rows = csr_array(
        (np.array(weights, np.float32), np.array(columns, np.int32), np.array(ends, np.int32)),
        shape=(len(stemmed), len(terms)),
    )
    return rows, terms


def _told(evidence: _Evidence, choice: _Choice) -> Summary:
    """Put the chosen sentences in reading order and say what belongs to them."""
    order = sorted(choice.chosen)
    quotes = [evidence.statements[number].quote() for number in order]
    sentences = [
        SummarySentence(
            **quote.model_dump(),
            score=choice.scores[number],
            also_in=_also_in(evidence, number),
        )
        for number, quote in zip(order, quotes, strict=True)
    ]
    reasons = choice.leaning | {
        number: f"repeats sentence {order.index(taken) + 1}"
        for number, taken in choice.repeating.items()
    }
    left_out = [
        LeftOut(**evidence.statements[number].quote().model_dump(), reason=reason)
        for number, reason in list(reasons.items())[:_MOST_LEFT_OUT]
    ]
    return Summary(
        text=_joined(quotes),
        words=int(evidence.lengths[order].sum()),
        sentences=sentences,
        left_out=left_out,
    )


def _also_in(evidence: _Evidence, number: int) -> list[ScoredQuote]:
    """Return the closest sentence of each other article that says the same."""
    best: dict[str, ScoredQuote] = {}
    own = evidence.statements[number].article_id
    for other in np.argsort(-evidence.dense[number], kind="stable"):
        statement = evidence.statements[other]
        if statement.article_id not in {own, *best} and evidence.alike(number, int(other)):
            score = round(float(evidence.dense[number, other]), 6)
            best[statement.article_id] = ScoredQuote(**statement.quote().model_dump(), score=score)
    return list(best.values())


def _joined(quotes: Sequence[Quote]) -> str:
    """Join sentences; those of another article start a paragraph."""
    parts: list[str] = []
    for number, quote in enumerate(quotes):
        if number:
            parts.append(" " if quote.article_id == quotes[number - 1].article_id else "\n\n")
        parts.append(quote.text)
    return "".join(parts)
