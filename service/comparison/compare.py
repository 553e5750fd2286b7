"""What two articles share, what only one of them says, and where they differ."""

from collections.abc import Sequence

from service.answers import ComparedArticle, Comparison, Difference, Pair, Quote, SharedPair
from service.comparison.alignment import SHARED, SURE, Aligned, align
from service.comparison.differences import differences
from service.comparison.sides import Side, side_of
from service.comparison.similarity import article_score, folding_of, parts_of
from service.reading import Reading, Statement
from service.terms import Folding


def compare(a: Reading, b: Reading) -> Comparison:
    """Say what two articles share and what only one of them says.

    Every statement of an article stands in pairs, shared or unsure, or else among those that
    only this article has.

    Returns:
        Pairs and statements in the order of `a`, then of `b`. `compare(b, a)` says the same
        with the sides exchanged.
    """
    folding = folding_of(a, b)
    left, right = side_of(a, folding), side_of(b, folding)
    pairs = align(left, right)
    shared = [pair for pair in pairs if pair.score >= SHARED]
    sure_a, sure_b = {pair.a for pair in shared}, {pair.b for pair in shared}
    # What is surely shared already needs no doubtful partner, unless that one has no other.
    unsure = [
        pair
        for pair in pairs
        if pair.score < SHARED and not (pair.a in sure_a and pair.b in sure_b)
    ]
    kept = [*shared, *unsure]
    parts = parts_of(a, b, folding)
    return Comparison(
        articles=[_compared(a), _compared(b)],
        score=article_score(parts),
        parts=parts,
        shared=[_shared_pair(left, right, pair, folding) for pair in shared],
        only_a=_others(a.statements, {pair.a for pair in kept}),
        only_b=_others(b.statements, {pair.b for pair in kept}),
        unsure=[
            Pair(a=a.statements[pair.a].quote(), b=b.statements[pair.b].quote(), score=pair.score)
            for pair in unsure
        ],
    )


def _compared(reading: Reading) -> ComparedArticle:
    article = reading.article
    return ComparedArticle(
        id=article.id, title=article.title, source=article.source, published=article.published
    )


def _shared_pair(a: Side, b: Side, pair: Aligned, folding: Folding) -> SharedPair:
    return SharedPair(
        a=a.reading.statements[pair.a].quote(),
        b=b.reading.statements[pair.b].quote(),
        score=pair.score,
        differs=told_differences(a, b, pair, folding),
    )


def told_differences(a: Side, b: Side, pair: Aligned, folding: Folding) -> list[Difference]:
    """Return what differs between a statement of each of two articles, with its places.

    Args:
        a: One article.
        b: The other.
        pair: A statement of each, which say the same.
        folding: How the words of the two articles fold.
    """
    left, right = a.reading.statements[pair.a], b.reading.statements[pair.b]
    found = differences(a.facts[pair.a], b.facts[pair.b], folding, sure=pair.score >= SURE)
    return [Difference(kind=one.kind, a=_part(left, one.a), b=_part(right, one.b)) for one in found]


def _part(statement: Statement, span: tuple[int, int]) -> Quote:
    start, end = span
    return Quote(
        article_id=statement.article_id,
        start=statement.span.start + start,
        end=statement.span.start + end,
        text=statement.text[start:end],
    )


def _others(statements: Sequence[Statement], told: set[int]) -> list[Quote]:
    return [one.quote() for number, one in enumerate(statements) if number not in told]
