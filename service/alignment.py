"""Which sentences of two articles say alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix, cosine, unit
from service.facts import Facts, read_facts
from service.facts.quantities import Quantity
from service.reading import Reading
from service.terms import Folding, links, overlap

Scores = npt.NDArray[np.float64]

# Closeness from which a pair counts as the same statement, and as perhaps the same.
SHARED = 0.5
UNSURE = 0.2

# From here on numbers and dates are held against one another; of looser pairs, read by hand,
# most were of different things.
SURE = 0.6

# How much each piece of evidence speaks for the same statement, in a logistic model fitted to
# the gold by hand of seeds/gold/ by benchmarks/fit_alignment.py, which also says how well weights
# from all sets but one do on that one.
_WEIGHTS = {
    "meaning": 5.19,
    "words": 8.14,
    "links": 0.89,
    "one quotes": -3.31,
    "quoted": 28.68,
    "figures": 8.43,
    "speakers": 1.75,
    "rivals": -2.7,
    "context": 3.09,
}
_BIAS = -5.25

# So many sentences tell half of what the sentences of two articles have in common.
_FEW_SENTENCES = 5

# Two quotations that share less speak against one remark, and more for it.
_UNLIKE_QUOTATIONS = 0.2
_FEWEST_QUOTED_TERMS = 3
_MOSTLY = 0.5

# Counts below this agree by chance unless they are the same.
_LARGE_COUNT = 100

_MOST_LINKS = 3

# Long words are rare ones (Zipf 1935). Two sentences that share such a word alone are not shown
# if all else speaks against them.
_LONG_WORD = 7
_FAINT = 0.01

# Only the same words reach 1.
_MOST_UNEQUAL = 0.999


@dataclass(frozen=True, slots=True)
class Side:
    """One of two articles that are held side by side.

    Attributes:
        reading: Its statements and their vectors.
        facts: The facts of each statement.
    """

    reading: Reading
    facts: Sequence[Facts]


@dataclass(frozen=True, slots=True, order=True)
class Aligned:
    """A statement of each of two articles, by number, and how close they are."""

    a: int
    b: int
    score: float


def side_of(reading: Reading, folding: Folding) -> Side:
    """Read the facts of an article that is to be held beside another one.

    Args:
        reading: The article.
        folding: How the words of the two articles fold.
    """
    facts = read_facts(
        [one.text for one in reading.statements],
        [one.place for one in reading.statements],
        reading.article.published,
        folding,
    )
    return Side(reading, facts)


def align(a: Side, b: Side) -> list[Aligned]:
    """Pair each statement of either article with its closest one in the other.

    A statement may stand in several pairs: the other article may say in one sentence what
    this one says in three.

    Returns:
        Pairs of at least `UNSURE`, by their places in `a`, then in `b`; of equally close
        partners the first is taken. Also those less close that share a word which no other
        sentence of either article holds: worth a look where there is nothing better.
    """
    scores = closeness(a, b)
    return sorted({*best_pairs(scores, UNSURE), *_linked_pairs(a, b, scores)})


def _linked_pairs(a: Side, b: Side, scores: Scores) -> Iterator[Aligned]:
    places = [_places_of_long_words(side.facts) for side in (a, b)]
    for term in places[0].keys() & places[1].keys():
        rows, columns = places[0][term], places[1][term]
        if len(rows) == len(columns) == 1 and scores[rows[0], columns[0]] >= _FAINT:
            yield Aligned(rows[0], columns[0], float(scores[rows[0], columns[0]]))


def _places_of_long_words(side: Sequence[Facts]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for number, facts in enumerate(side):
        for term in set(chain.from_iterable(facts.clauses)):
            if len(term) >= _LONG_WORD and term.isalpha():
                places.setdefault(term, []).append(number)
    return places


def best_pairs(scores: Scores, least: float) -> list[Aligned]:
    """Return each row's and each column's best cell, those of at least so much, in order."""
    if not scores.size:
        return []
    pairs = set(enumerate(scores.argmax(axis=1).tolist()))
    pairs |= {(row, column) for column, row in enumerate(scores.argmax(axis=0).tolist())}
    return [
        Aligned(row, column, float(scores[row, column]))
        for row, column in sorted(pairs)
        if scores[row, column] >= least
    ]


def closeness(a: Side, b: Side) -> Scores:
    """Say how likely each statement of one article says the same as each of the other.

    Returns:
        Scores from 0 to 1, shape (statements of a, of b); 1 if, and only if, the words are
        the same. Rounded, so that the order of the articles makes no difference.
    """
    if not a.facts or not b.facts:
        return np.zeros((len(a.facts), len(b.facts)))
    total = np.full((len(a.facts), len(b.facts)), _BIAS, np.float32)
    for name, found in evidence(a, b).items():
        found *= np.float32(_WEIGHTS[name])  # In place: these are large.
        total += found
    np.minimum(_expit(total), _MOST_UNEQUAL, out=total)
    scores: Scores = total.astype(np.float64)
    np.round(scores, 5, out=scores)
    numbers: dict[str, list[int]] = {}
    for column, facts in enumerate(b.facts):
        numbers.setdefault(_plain(facts.text), []).append(column)
    for row, facts in enumerate(a.facts):
        scores[row, numbers.get(_plain(facts.text), [])] = 1.0
    return scores


def _expit(total: Matrix) -> Matrix:
    """Return 1 / (1 + exp(-x)) of each, in place; scipy's takes a quarter of a second to import."""
    with np.errstate(over="ignore"):  # exp(89) is infinite in float32, and the answer then 0.
        np.exp(np.negative(total, out=total), out=total)
    total += 1
    return np.reciprocal(total, out=total)


def _plain(text: str) -> str:
    return " ".join(text.split())


def evidence(a: Side, b: Side) -> dict[str, Matrix]:
    """Gather what speaks for and against each two statements saying the same.

    Source: the features of sentence alignment that need no parser, close to those of MacCartney,
    Galley & Manning (2008), "A Phrase-Based Alignment Model for Natural Language Inference".

    Args:
        a: One article; it has statements.
        b: The other, likewise.

    Returns:
        Matrices of shape (statements of a, of b) by name; turned, for (b, a).
    """
    meaning = cosine(_centred(a, b), _centred(b, a))
    words, linked = _shared_words(a.facts, b.facts)
    base = meaning + words
    # How much closer one of the two is to another one. In place: these are large.
    rivals = _lag(base, 0)
    np.maximum(rivals, _lag(base, 1), out=rivals)
    return {
        "meaning": meaning,
        "words": words,
        "links": np.minimum(linked, _MOST_LINKS, out=linked),
        "one quotes": _one_only(a.facts, b.facts, _is_quotation),
        "quoted": _alike_quotations(a.facts, b.facts),
        "figures": _agreeing_quantities(a.facts, b.facts),
        "speakers": _same_speakers(a.facts, b.facts),
        "rivals": rivals,
        "context": _context(base),
    }


def _centred(side: Side, other: Side) -> Matrix:
    """Return the vectors without what all sentences of both articles have in common.

    Sentences of one story are all somewhat alike, and some are close to everything; with few
    sentences little can be said of what they have in common.
    """
    means = [one.reading.vectors.mean(axis=0) for one in (side, other)]
    count = min(len(side.facts), len(other.facts))
    common = (means[0] + means[1]) / 2 * (count / (count + _FEW_SENTENCES))
    return unit(side.reading.vectors - common)


def _shared_words(a: Sequence[Facts], b: Sequence[Facts]) -> tuple[Matrix, Matrix]:
    """Return the words' cosine of the closest clauses of each two sentences, and their links."""
    closest = overlap(*([one.clauses for one in side] for side in (a, b)))
    whole = ([list(chain.from_iterable(one.clauses)) for one in side] for side in (a, b))
    return closest, links(*whole)


def _alike_quotations(a: Sequence[Facts], b: Sequence[Facts]) -> Matrix:
    """Say of sentences that both quote how much more than by chance they quote alike."""
    found = np.zeros((len(a), len(b)), np.float32)
    rows, columns = ([n for n, one in enumerate(side) if _quotes(one)] for side in (a, b))
    if rows and columns:
        words = overlap(
            [[a[row].quoted_terms] for row in rows],
            [[b[column].quoted_terms] for column in columns],
        )
        found[np.ix_(rows, columns)] = words - _UNLIKE_QUOTATIONS
    return found


def _one_only(a: Sequence[Facts], b: Sequence[Facts], test: Callable[[Facts], bool]) -> Matrix:
    """Say of which pairs one passes a test and the other does not, as 1."""
    found = np.zeros((len(a), len(b)), np.float32)
    rows, columns = ([n for n, one in enumerate(side) if test(one)] for side in (a, b))
    found[rows] = 1
    found[:, columns] = 1 - found[:, columns]
    return found


def _is_quotation(facts: Facts) -> bool:
    """Tell whether most of a sentence stands between quotation marks."""
    quoted = sum(end - start for start, end in facts.speech.quoted)
    return quoted > _MOSTLY * len(facts.text)


def _quotes(facts: Facts) -> bool:
    return len(facts.quoted_terms) >= _FEWEST_QUOTED_TERMS


def _context(base: Matrix) -> Matrix:
    """Return the closest of each pair's neighbours: what stands before and behind both."""
    rows, columns = base.shape
    framed = np.full((rows + 2, columns + 2), -1.0, np.float32)
    framed[1:-1, 1:-1] = base
    found = np.full_like(base, -1.0)
    for x, y in ((1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0)):
        np.maximum(found, framed[1 + x : 1 + x + rows, 1 + y : 1 + y + columns], out=found)
    return found


def _lag(base: Matrix, axis: int) -> Matrix:
    lag: Matrix = base.max(axis=axis, keepdims=True, initial=-1.0) - base
    return lag


def _agreeing_quantities(a: Sequence[Facts], b: Sequence[Facts]) -> Matrix:
    """Say how telling the figures are that agree: those of few sentences tell more."""
    found = np.zeros((len(a), len(b)), np.float32)
    kinds = {one.kind for side in (a, b) for facts in side for one in facts.quantities}
    for kind in sorted(kinds):
        left, right = (list(_of_kind(side, kind)) for side in (a, b))
        if not left or not right:
            continue
        least = _LARGE_COUNT if kind == "count" else -np.inf
        rows = np.array([row for row, _ in left])
        columns = np.array([column for column, _ in right])
        values = [np.array([one.value for _, one in side]) for side in (left, right)]
        slack = [np.array([one.tolerance for _, one in side]) for side in (left, right)]
        gap = np.abs(np.subtract.outer(*values))
        agree = gap < np.maximum.outer(*slack)
        agree &= np.minimum.outer(*values) >= least
        agree |= gap < 1e-9
        agree &= np.logical_or.outer(*([one.telling for _, one in side] for side in (left, right)))
        ours, theirs = np.nonzero(agree)
        often = np.bincount(ours)[ours] * np.bincount(theirs)[theirs]
        np.maximum.at(found, (rows[ours], columns[theirs]), (1 / np.sqrt(often)).astype(np.float32))
    return found


def _of_kind(side: Sequence[Facts], kind: str) -> Iterator[tuple[int, Quantity]]:
    # A small count agrees with small ones only, which tell nothing.
    is_bare = kind in ("count", "ordinal")
    for number, facts in enumerate(side):
        for one in facts.quantities:
            if one.kind == kind and (one.telling or not is_bare):
                yield number, one


def _same_speakers(a: Sequence[Facts], b: Sequence[Facts]) -> Matrix:
    """Say of each pair whether both name who speaks: 1 if it is the same one, -1 if not."""
    found = np.zeros((len(a), len(b)), np.float32)
    rows, columns = ([n for n, one in enumerate(side) if one.speech.speakers] for side in (a, b))
    known = {name for side in (a, b) for facts in side for name in facts.speech.speakers}
    names = {name: place for place, name in enumerate(sorted(known))}
    said = []
    for side, numbers in ((a, rows), (b, columns)):
        marks = np.zeros((len(numbers), len(names)), np.float32)
        for row, number in enumerate(numbers):
            marks[row, [names[name] for name in side[number].speech.speakers]] = 1
        said.append(marks)
    found[np.ix_(rows, columns)] = np.where(said[0] @ said[1].T > 0, 1, -1)
    return found
