"""Two articles side by side: what speaks for and against each two statements saying the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from embeddings.vectors import Matrix, cosine, unit
from service.facts import Facts, read_facts
from service.facts.quantities import Quantity
from service.reading import Reading
from service.terms import Folding, links, overlap

Numbers = npt.NDArray[np.int64]

# So many sentences tell half of what the sentences of two articles have in common.
_FEW_SENTENCES = 5

# Two quotations that share less speak against one remark, and more for it.
_UNLIKE_QUOTATIONS = 0.2
_FEWEST_QUOTED_TERMS = 3
_MOSTLY = 0.5

# Counts below this agree by chance unless they are the same.
_LARGE_COUNT = 100

_MOST_LINKS = 3

# How many statements' evidence is gathered at a time: so much stays in a processor's cache.
ROWS_A_STEP = 128

# Less close than any two statements.
_NOT_AT_ALL = np.float32(-1.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two articles that are held side by side.

    Attributes:
        reading: Its statements and their vectors.
        facts: The facts of each statement.
    """

    reading: Reading
    facts: Sequence[Facts]


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


class Evidence:
    """What speaks for and against each two statements, for some of the first article at a time.

    All of it at once would be many matrices as large as the answer.

    Source: the features of sentence alignment that need no parser, close to those of MacCartney,
    Galley & Manning (2008), "A Phrase-Based Alignment Model for Natural Language Inference".
    """

    def __init__(self, a: Side, b: Side) -> None:
        """Hold two articles side by side; turned around, the evidence is turned.

        Args:
            a: One article; it has statements.
            b: The other, likewise.
        """
        self._shape = len(a.facts), len(b.facts)
        self._meaning = cosine(_centred(a, b), _centred(b, a))
        self._words = overlap(*([one.clauses for one in side.facts] for side in (a, b)))
        self._links = links(
            *([list(chain.from_iterable(one.clauses)) for one in side.facts] for side in (a, b))
        )
        self._quote = [np.array([*map(_is_quotation, side.facts)]) for side in (a, b)]
        self._quoted = _alike_quotations(a.facts, b.facts)
        self._figures = _agreeing_quantities(a.facts, b.facts)
        self._speakers = _same_speakers(a.facts, b.facts)
        self._closest = np.full(self._shape[1], _NOT_AT_ALL)
        for first in range(0, self._shape[0], ROWS_A_STEP):
            base = self._base(first, first + ROWS_A_STEP)
            np.maximum(self._closest, base.max(axis=0), out=self._closest)

    def of(self, first: int, last: int) -> dict[str, Matrix]:
        """Gather it for the statements of the first article from one number up to another.

        Returns:
            Matrices of shape (last - first, statements of b) by name; they may be changed.
        """
        framed = self._framed(first, last)
        base = framed[1:-1, 1:-1]
        # How much closer one of the two is to another one.
        closest = np.maximum(self._closest, base.max(axis=1, keepdims=True))
        quote = np.not_equal.outer(self._quote[0][first:last], self._quote[1])
        return {
            "meaning": self._meaning[first:last].copy(),
            "words": self._words[first:last].copy(),
            "links": np.minimum(self._links[first:last].toarray(), _MOST_LINKS),
            "one quotes": quote.astype(np.float32),
            "quoted": self._quoted.of(first, last),
            "figures": self._figures[first:last].toarray(),
            "speakers": self._speakers.of(first, last),
            "rivals": closest - base,
            "context": _context(framed),
        }

    def _base(self, first: int, last: int) -> Matrix:
        """Say how close some statements are by themselves."""
        base: Matrix = self._meaning[first:last] + self._words[first:last]
        return base

    def _framed(self, first: int, last: int) -> Matrix:
        """Return the same with what stands around them; where nothing stands, -1."""
        framed = np.full((last - first + 2, self._shape[1] + 2), _NOT_AT_ALL)
        begin, end = max(0, first - 1), min(self._shape[0], last + 1)
        framed[begin - first + 1 : end - first + 1, 1:-1] = self._base(begin, end)
        return framed


class _Patch:
    """Values for some rows and some columns of a matrix that is 0 everywhere else."""

    def __init__(
        self, rows: Sequence[int], columns: Sequence[int], width: int, values: Matrix
    ) -> None:
        self._rows, self._columns = np.array(rows, np.int64), np.array(columns, np.int64)
        self._width = width
        self._values = values

    def of(self, first: int, last: int) -> Matrix:
        """Return the matrix from one row up to another."""
        found = np.zeros((last - first, self._width), np.float32)
        begin, end = np.searchsorted(self._rows, [first, last])
        found[np.ix_(self._rows[begin:end] - first, self._columns)] = self._values[begin:end]
        return found


def _centred(side: Side, other: Side) -> Matrix:
    """Return the vectors without what all sentences of both articles have in common.

    Sentences of one story are all somewhat alike, and some are close to everything; with few
    sentences little can be said of what they have in common.
    """
    means = [one.reading.vectors.mean(axis=0) for one in (side, other)]
    count = min(len(side.facts), len(other.facts))
    common = (means[0] + means[1]) / 2 * (count / (count + _FEW_SENTENCES))
    return unit(side.reading.vectors - common)


def _passing(side: Sequence[Facts], test: Callable[[Facts], bool]) -> list[int]:
    return [number for number, one in enumerate(side) if test(one)]


def _is_quotation(facts: Facts) -> bool:
    """Tell whether most of a sentence stands between quotation marks."""
    quoted = sum(end - start for start, end in facts.speech.quoted)
    return quoted > _MOSTLY * len(facts.text)


def _quotes(facts: Facts) -> bool:
    return len(facts.quoted_terms) >= _FEWEST_QUOTED_TERMS


def _names_speaker(facts: Facts) -> bool:
    return bool(facts.speech.speakers)


def _alike_quotations(a: Sequence[Facts], b: Sequence[Facts]) -> _Patch:
    """Say of sentences that both quote how much more than by chance they quote alike."""
    rows, columns = _passing(a, _quotes), _passing(b, _quotes)
    if not rows or not columns:
        return _Patch([], [], len(b), np.zeros((0, 0), np.float32))
    words = overlap(
        [[a[row].quoted_terms] for row in rows], [[b[column].quoted_terms] for column in columns]
    )
    return _Patch(rows, columns, len(b), words - _UNLIKE_QUOTATIONS)


def _context(framed: Matrix) -> Matrix:
    """Return the closest of each pair's neighbours: what stands before and behind both."""
    rows, columns = framed.shape[0] - 2, framed.shape[1] - 2
    found = np.full((rows, columns), _NOT_AT_ALL)
    for x, y in ((1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0)):
        np.maximum(found, framed[1 + x : 1 + x + rows, 1 + y : 1 + y + columns], out=found)
    return found


def _agreeing_quantities(a: Sequence[Facts], b: Sequence[Facts]) -> csr_array:
    """Say how telling the figures are that agree: those of few sentences tell more."""
    rows, columns, values = [], [], []
    for kind in sorted({one.kind for side in (a, b) for facts in side for one in facts.quantities}):
        left, right = (list(_of_kind(side, kind)) for side in (a, b))
        if left and right:
            ours, theirs = np.nonzero(_agree(left, right, kind))
            often = np.bincount(ours)[ours] * np.bincount(theirs)[theirs]
            rows.append(np.array([row for row, _ in left])[ours])
            columns.append(np.array([column for column, _ in right])[theirs])
            values.append((1 / np.sqrt(often)).astype(np.float32))
    return _highest(rows, columns, values, (len(a), len(b)))


def _agree(
    left: Sequence[tuple[int, Quantity]], right: Sequence[tuple[int, Quantity]], kind: str
) -> npt.NDArray[np.bool_]:
    """Tell of each two quantities of a kind whether they agree and one of them tells something."""
    least = _LARGE_COUNT if kind == "count" else -np.inf
    values = [np.array([one.value for _, one in side]) for side in (left, right)]
    slack = [np.array([one.tolerance for _, one in side]) for side in (left, right)]
    gap = np.abs(np.subtract.outer(*values))
    agree = gap < np.maximum.outer(*slack)
    agree &= np.minimum.outer(*values) >= least
    agree |= gap < 1e-9
    agree &= np.logical_or.outer(*([one.telling for _, one in side] for side in (left, right)))
    found: npt.NDArray[np.bool_] = agree
    return found


def _highest(
    rows: Sequence[Numbers],
    columns: Sequence[Numbers],
    values: Sequence[Matrix],
    shape: tuple[int, int],
) -> csr_array:
    """Put values into a matrix; where several come to stand in one cell, the highest stays."""
    if not values:
        return csr_array(shape, dtype=np.float32)
    row, column, value = (np.concatenate(one) for one in (rows, columns, values))
    order = np.lexsort((np.negative(value), column, row))
    row, column, value = row[order], column[order], value[order]
    is_first = np.ones(len(row), bool)
    is_first[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    return csr_array((value[is_first], (row[is_first], column[is_first])), shape=shape)


def _of_kind(side: Sequence[Facts], kind: str) -> Iterator[tuple[int, Quantity]]:
    # A small count agrees with small ones only, which tell nothing.
    is_bare = kind in ("count", "ordinal")
    for number, facts in enumerate(side):
        for one in facts.quantities:
            if one.kind == kind and (one.telling or not is_bare):
                yield number, one


def _same_speakers(a: Sequence[Facts], b: Sequence[Facts]) -> _Patch:
    """Say of each pair that names who speaks whether it is the same one: 1, else -1."""
    rows, columns = _passing(a, _names_speaker), _passing(b, _names_speaker)
    known = {name for side in (a, b) for facts in side for name in facts.speech.speakers}
    names = {name: place for place, name in enumerate(sorted(known))}
    said = []
    for side, numbers in ((a, rows), (b, columns)):
        marks = np.zeros((len(numbers), len(names)), np.float32)
        for row, number in enumerate(numbers):
            marks[row, [names[name] for name in side[number].speech.speakers]] = 1
        said.append(marks)
    same = np.where(said[0] @ said[1].T > 0, np.float32(1), np.float32(-1))
    return _Patch(rows, columns, len(b), same)
