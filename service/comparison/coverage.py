"""What three and more articles say of one event: each statement, and how many say it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from embeddings.errors import BadRequest
from service.answers import Coverage, CoveredArticle, Difference, SharedStatement
from service.comparison.alignment import SHARED, UNSURE, Aligned, Scores, best_pairs, closeness
from service.comparison.bounds import check_count
from service.comparison.compare import told_differences
from service.comparison.sides import Side, side_of
from service.comparison.similarity import folding_of
from service.copies import origins_of
from service.reading import Reading
from service.terms import Folding
from service.words import words

# Pairs of sentences that are scored at once; 20 articles of 450 sentences, or 3 of 3,500.
_MOST_PAIRS = 40_000_000

# One article says in a few sentences what another says in one; more are not one statement.
_MOST_OF_ONE = 4

Key = tuple[int, int]  # An article and a statement of it, by number.


@dataclass(frozen=True, slots=True)
class _Held:
    """Two articles held side by side."""

    a: Side
    b: Side
    folding: Folding


def cover(readings: Sequence[Reading]) -> Coverage:
    """Say of each statement of some articles who says it.

    Near-copies of one text count as one origin: an agency's report in forty newspapers is one
    report. Statements are gathered from the closest pairs on; one joins others only if it may
    be the same as each of them (complete linkage), so that a chain of likenesses does not make
    one statement of two.

    Returns:
        Statements of most origins first, then in the order in which the articles tell them.

    Raises:
        BadRequest: Fewer than two articles or too many.
    """
    check_count(len(readings))
    _check_size(readings)
    origins = origins_of(
        [[word for one in reading.statements for word in words(one.text)] for reading in readings]
    )
    held = {pair: _held(readings, pair) for pair in combinations(range(len(readings)), 2)}
    scores = {pair: closeness(one.a, one.b) for pair, one in held.items()}
    pairs = {both: best_pairs(found, SHARED) for both, found in scores.items()}
    groups = _groups(readings, scores, pairs)
    groups.sort(
        key=lambda group: (
            -len({origins[number] for number, _ in group}),
            min(_place(readings, key) for key in group),
        )
    )
    return Coverage(
        articles=[
            CoveredArticle(
                id=one.article.id,
                title=one.article.title,
                source=one.article.source,
                published=one.article.published,
                origin=origin,
            )
            for one, origin in zip(readings, origins, strict=True)
        ],
        origins=len(set(origins)),
        statements=[_told(readings, held, pairs, origins, group) for group in groups],
    )


def _check_size(readings: Sequence[Reading]) -> None:
    lengths = [len(one.statements) for one in readings]
    if sum(a * b for a, b in combinations(lengths, 2)) > _MOST_PAIRS:
        raise BadRequest(
            f"{len(readings)} articles with {sum(lengths):,} sentences are too many to hold each "
            "against each; name fewer or shorter ones."
        )


def _held(readings: Sequence[Reading], pair: tuple[int, int]) -> _Held:
    a, b = (readings[number] for number in pair)
    folding = folding_of(a, b)
    return _Held(side_of(a, folding), side_of(b, folding), folding)


def _groups(
    readings: Sequence[Reading],
    scores: Mapping[tuple[int, int], Scores],
    pairs: Mapping[tuple[int, int], Sequence[Aligned]],
) -> list[list[Key]]:
    """Gather statements that say the same; every statement is in exactly one group."""
    group_of: dict[Key, int] = {}
    members: dict[int, list[Key]] = {}
    for number, reading in enumerate(readings):
        for row in range(len(reading.statements)):
            group_of[number, row] = len(members)
            members[len(members)] = [(number, row)]

    def score(one: Key, other: Key) -> float:
        left, right = sorted((one, other))
        return float(scores[left[0], right[0]][left[1], right[1]])

    for one, other in _closest_first(pairs):
        left, right = group_of[one], group_of[other]
        of_one = Counter(number for number, _ in (*members[left], *members[right]))
        if left == right or max(of_one.values()) > _MOST_OF_ONE:
            continue
        if all(
            score(x, y) >= UNSURE for x in members[left] for y in members[right] if x[0] != y[0]
        ):
            members[left] += members.pop(right)
            group_of.update(dict.fromkeys(members[left], left))
    return [sorted(group) for group in members.values()]


def _closest_first(
    pairs: Mapping[tuple[int, int], Sequence[Aligned]],
) -> Iterator[tuple[Key, Key]]:
    found = [
        (-pair.score, (a, pair.a), (b, pair.b)) for (a, b), held in pairs.items() for pair in held
    ]
    for _, one, other in sorted(found):
        yield one, other


def _told(
    readings: Sequence[Reading],
    held: Mapping[tuple[int, int], _Held],
    pairs: Mapping[tuple[int, int], Sequence[Aligned]],
    origins: Sequence[int],
    group: Sequence[Key],
) -> SharedStatement:
    members = set(group)
    # What near-copies have in common is told of one of them.
    differs: dict[frozenset[str], Difference] = {}
    for a, b in combinations(sorted({number for number, _ in group}), 2):
        if origins[a] == origins[b]:
            continue
        one = held[a, b]
        for pair in pairs[a, b]:
            if {(a, pair.a), (b, pair.b)} <= members:
                for found in told_differences(one.a, one.b, pair, one.folding):
                    differs.setdefault(frozenset([found.kind, found.a.text, found.b.text]), found)
    return SharedStatement(
        said_by=len({origins[number] for number, _ in group}),
        of=len(set(origins)),
        quotes=[readings[number].statements[row].quote() for number, row in group],
        differs=list(differs.values()),
    )


def _place(readings: Sequence[Reading], key: Key) -> tuple[float, int]:
    """Return how far into its article a statement stands, from 0 to 1."""
    number, row = key
    return row / len(readings[number].statements), number
