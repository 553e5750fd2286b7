"""Extractive summaries: sentences chosen for the whole summary, quoted with their place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embeddings.errors import BadRequest
from embeddings.vectors import Matrix
from service.answers import LeftOut, ScoredQuote, Summary, SummarySentence
from service.reading import Reading, Statement
from service.summarization.evidence import (
    FEWEST_WORDS,
    HARDLY,
    Evidence,
    distinct,
    gather,
    most_promising,
    with_salience,
)
from service.summarization.methods import MOST_WORDS, Method, check_lengths
from service.summarization.remarks import Remarks
from service.summarization.selection import Objection, Selection, alike
from service.words import stems

if TYPE_CHECKING:
    from service.retrieval.search import Question

_WORDS = 100

# Candidates are compared with one another; this many keep that quick. Of more sentences those
# count that are rated highest by themselves.
_MOST_CANDIDATES = 800

_MOST_LEFT_OUT = 10

# A question is not spoken of where no sentence comes this close to it, half by meaning and half
# by words. No line divides well here: of ten questions about other things three lie below it on
# the seeds, and so do two fifths of the vague aspects of AspectNews on the articles they are of.
_SPOKEN_OF = 0.08


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which sentences were chosen, by number, and what is to be said of it.

    Attributes:
        scores: Of each chosen sentence its score and the parts of it.
        objections: Why others were not chosen, the best first.
    """

    scores: Mapping[int, Mapping[str, float]]
    objections: Sequence[Objection] = ()


def summarize(
    readings: Sequence[Reading],
    *,
    words: int | None = None,
    sentences: int | None = None,
    question: "Question | None" = None,
    method: Method = Method.CENTROID,
    weights: Mapping[str, float] | None = None,
    remarks: Remarks | None = None,
) -> Summary:
    """Choose the sentences that together are most like all that was read.

    The choice hangs neither on the order of the readings nor on how many copies there are of
    one. It is told in the order of each article's text, and article by article: the earlier
    published first where the days are known, else the one that says most of what is told.

    Args:
        readings: What to summarise.
        words: The most words; sentences are never cut. 100 unless `sentences` is given.
        sentences: The most sentences, if that is limited too.
        question: What the summary is to answer, if anything is asked.
        method: How the sentences are chosen.
        weights: Of the features of `salience`, instead of those that are shipped.
        remarks: On the sentences of the only reading, where nothing is asked, if they are known.

    Returns:
        The summary. Empty if nothing qualifies, and if what is asked is not spoken of.

    Raises:
        BadRequest: `words` or `sentences` is out of range, or a plain method is to answer.
    """
    check_lengths(words, sentences)
    if question is not None and method is not Method.CENTROID:
        raise BadRequest(f"The method {method} takes no question; leave one of the two out.")
    if words is None:
        words = _WORDS if sentences is None else MOST_WORDS
    groups = distinct(readings)
    if not groups:
        return Summary(text="", words=0, sentences=[], left_out=[])
    first = [group[0] for group in groups]
    evidence = gather(first, question, remarks)
    if question is not None and (evidence.closest or 0.0) < _SPOKEN_OF:
        return _empty(f"No sentence here speaks of {question.text!r}; the summary stays empty.")
    most = sentences or len(evidence.statements)
    if method is Method.CENTROID:
        choice = _choose(evidence, words, most, weights)
    else:
        choice = _choose_plainly(evidence, method, words, most)
    if not choice.scores and not choice.objections:
        return _empty(_why_empty(evidence, words))
    told = _told(evidence, groups, choice)
    if question is not None and (evidence.closest or 0.0) < HARDLY:
        why = f"Hardly a sentence here speaks of {question.text!r}; these come closest."
        return replace(told, warnings=[why])
    return told


def _choose(
    evidence: Evidence, words: int, most: int, weights: Mapping[str, float] | None
) -> _Choice:
    """Choose for the whole summary; see `Selection`."""
    kept = most_promising(evidence, max(_MOST_CANDIDATES, words // FEWEST_WORDS))
    narrowed = evidence.among(kept)
    dense, lexical = narrowed.cosines()
    if evidence.closest is None:
        narrowed = with_salience(narrowed, dense, lexical, weights)
    selection = Selection(narrowed, dense, lexical)
    selection.run(words, most)
    return _Choice(
        {int(kept[number]): score for number, score in selection.scores.items()},
        [
            Objection(
                int(kept[one.number]),
                one.reason,
                None if one.repeated is None else int(kept[one.repeated]),
            )
            for one in selection.objections.values()
        ],
    )


def _choose_plainly(evidence: Evidence, method: Method, words: int, most: int) -> _Choice:
    """Take the sentences with the highest scores, as the plain methods do."""
    # Imported here: they are rarely asked for, and take scipy.
    from service.summarization.plain import GRAPHS, lead, take

    if method is Method.LEAD:
        scores = lead([one.place for one in evidence.statements])
    else:
        scores = GRAPHS[method]([stems(one.text) for one in evidence.statements])
    lengths = evidence.lengths.tolist()
    taken = take(scores, lengths, words=words, sentences=most)
    return _Choice({number: {"total": round(float(scores[number]), 6)} for number in taken})


def _told(evidence: Evidence, groups: Sequence[Sequence[Reading]], choice: _Choice) -> Summary:
    """Put the chosen sentences in order and say what belongs to them."""
    order = _order(evidence, groups, list(choice.scores))
    told = [evidence.statements[number] for number in order]
    elsewhere = _said_elsewhere(evidence, groups, order)
    return Summary(
        text=_joined(told),
        words=int(evidence.lengths[order].sum()),
        sentences=[
            SummarySentence(**one.fields(), score=dict(choice.scores[number]), also_in=also_in)
            for number, one, also_in in zip(order, told, elsewhere, strict=True)
        ],
        left_out=[
            LeftOut(**evidence.statements[one.number].fields(), reason=_reason(one, order))
            for one in choice.objections[:_MOST_LEFT_OUT]
        ],
    )


def _reason(objection: Objection, order: Sequence[int]) -> str:
    if objection.repeated is None:
        return objection.reason
    return f"repeats sentence {order.index(objection.repeated) + 1}"


def _order(
    evidence: Evidence, groups: Sequence[Sequence[Reading]], chosen: Sequence[int]
) -> list[int]:
    """Put the chosen sentences in the order in which they are told."""
    if len(groups) == 1:
        return sorted(chosen)
    rating = evidence.rating
    most: dict[int, float] = {}  # What the best sentence of each quoted article is worth.
    for number in chosen:
        article = int(evidence.articles[number])
        most[article] = max(most.get(article, -np.inf), float(rating[number]))
    days = {article: (groups[article][0].article.published or "")[:10] for article in most}
    dated = all(days.values())

    def key(number: int) -> tuple[str, float, int]:
        article = int(evidence.articles[number])
        return days[article] if dated else "", -most[article], number

    return sorted(chosen, key=key)


def _said_elsewhere(
    evidence: Evidence, groups: Sequence[Sequence[Reading]], chosen: Sequence[int]
) -> list[list[ScoredQuote]]:
    """Return for each chosen sentence where else it is said; nowhere, of a single article."""
    if sum(map(len, groups)) == 1:
        return [[] for _ in chosen]
    dense = np.clip(evidence.dense[chosen] @ evidence.dense.T, -1.0, 1.0)
    lexical = evidence.lexical.among(chosen).products(evidence.lexical)
    return [
        _also_in(evidence, groups, number, dense[row], lexical[row])
        for row, number in enumerate(chosen)
    ]


def _also_in(
    evidence: Evidence,
    groups: Sequence[Sequence[Reading]],
    number: int,
    dense: Matrix,
    lexical: Matrix,
) -> list[ScoredQuote]:
    """Return the closest sentence of each other article that says the same, the closest first."""
    same = np.flatnonzero(alike(evidence, number, dense, lexical))
    own = evidence.statements[number].article_id
    best: dict[str, ScoredQuote] = {}
    for other in sorted(same.tolist(), key=lambda other: (-dense[other], other)):
        for statement in _copies(evidence, groups, other):
            if statement.article_id not in {own, *best}:
                score = round(float(dense[other]), 6)
                best[statement.article_id] = ScoredQuote(**statement.fields(), score=score)
    return list(best.values())


def _copies(
    evidence: Evidence, groups: Sequence[Sequence[Reading]], number: int
) -> list[Statement]:
    """Return a sentence as it stands in each exact copy of its article, its own first."""
    article = int(evidence.articles[number])
    return [reading.statements[evidence.rows[number]] for reading in groups[article]]


def _joined(told: Sequence[Statement]) -> str:
    """Join sentences; those of another article start a paragraph."""
    parts: list[str] = []
    for number, one in enumerate(told):
        if number:
            parts.append(" " if one.article_id == told[number - 1].article_id else "\n\n")
        parts.append(one.text)
    return "".join(parts)


def _empty(why: str) -> Summary:
    return Summary(text="", words=0, sentences=[], left_out=[], warnings=[why])


def _why_empty(evidence: Evidence, words: int) -> str:
    """Say why no sentence was even looked at."""
    lengths = evidence.lengths[evidence.eligible]
    if not len(lengths):
        return f"No sentence here has {FEWEST_WORDS} words and says something by itself."
    return f"No sentence here fits into {words} words; the shortest has {lengths.min()}."
