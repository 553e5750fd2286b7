"""How comparisons are laid out for reading, on a terminal as on a page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_uppercase

from service.answers import Coverage, Difference, Pair, Quote, SharedStatement


@dataclass(slots=True)
class Row:
    """What stands side by side: statements of A and of B, one of which may face several.

    Attributes:
        a: Statements of the first article, in its order.
        b: Those of the second one that say the same.
        differs: Where they differ.
    """

    a: list[Quote]
    b: list[Quote]
    differs: list[Difference]


@dataclass(slots=True)
class Voice:
    """What one article says, or several in the same words.

    Attributes:
        letters: Of the articles.
        quotes: The same text in each of them.
    """

    letters: list[str]
    quotes: list[Quote]


@dataclass(slots=True)
class Version:
    """Two ways in which something is put, and which articles put it so."""

    kind: str
    a: str
    b: str
    a_letters: list[str]
    b_letters: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an article that differs from another's.

    Attributes:
        kind: What kind of thing it is.
        quote: The part.
        other: What stands in the other article.
    """

    kind: str
    quote: Quote
    other: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Statements that so many of the origins make.

    Attributes:
        said_by: How many origins.
        of: How many there are.
        statements: What they say.
    """

    said_by: int
    of: int
    statements: list[SharedStatement]


def rows(pairs: Iterable[Pair]) -> list[Row]:
    """Put pairs that follow on one another and share a statement into one row.

    One of the two sides of a row always has a single statement, so it stays plain which
    statement goes with which.
    """
    found: list[Row] = []
    for pair in pairs:
        differs = list(getattr(pair, "differs", ()))
        last = found[-1] if found else None
        if last and last.a == [pair.a]:
            last.b.append(pair.b)
            last.differs += differs
        elif last and last.b == [pair.b]:
            last.a.append(pair.a)
            last.differs += differs
        else:
            found.append(Row([pair.a], [pair.b], differs))
    return found


def letters(coverage: Coverage) -> dict[str, str]:
    """Return the letter of each article by its id, in the order of the answer."""
    # No more than twenty are compared.
    return {one.id: letter for one, letter in zip(coverage.articles, ascii_uppercase, strict=False)}


def originals(coverage: Coverage) -> dict[str, str]:
    """Return of each near-copy, by its id, the letter of the first article of its origin."""
    named = letters(coverage)
    first: dict[int, str] = {}
    for one in coverage.articles:
        first.setdefault(one.origin, one.id)
    return {
        one.id: named[first[one.origin]] for one in coverage.articles if first[one.origin] != one.id
    }


def tallies(coverage: Coverage) -> list[Tally]:
    """Sort statements by how many origins make them; what one alone says, by who says it."""
    named = letters(coverage)
    return [
        Tally(
            count,
            coverage.origins,
            sorted(found, key=lambda one: named[one.quotes[0].article_id] if count == 1 else ""),
        )
        for count, found in groupby(coverage.statements, key=lambda one: one.said_by)
    ]


def voices(quotes: Iterable[Quote], named: dict[str, str]) -> list[Voice]:
    """Gather the articles that say a thing in the same words.

    Args:
        quotes: What they say.
        named: The articles' letters by their ids.
    """
    found: dict[str, Voice] = {}
    for quote in quotes:
        voice = found.setdefault(" ".join(quote.text.split()), Voice([], []))
        voice.letters.append(named[quote.article_id])
        voice.quotes.append(quote)
    return list(found.values())


def versions(
    differs: Iterable[Difference], named: dict[str, str], quotes: Sequence[Quote] = ()
) -> list[Version]:
    """Tell of each difference who puts it so and who otherwise.

    Args:
        differs: What differs, each told of two articles.
        named: The articles' letters by their ids.
        quotes: What all articles say there; others may put it as one of the two.
    """
    return [
        Version(
            one.kind,
            one.a.text,
            one.b.text,
            *(
                sorted(
                    {named[side.article_id]}
                    | {
                        named[quote.article_id]
                        for quote in quotes
                        if _echo(side, quote, one) is not None
                    }
                )
                for side in (one.a, one.b)
            ),
        )
        for one in differs
    ]


def parts_of(quote: Quote, differs: Iterable[Difference]) -> list[Part]:
    """Return the parts of the article of a quote that differ from another's."""
    found: list[Part] = []
    for one in differs:
        for side, other in ((one.a, one.b), (one.b, one.a)):
            part = side if side.article_id == quote.article_id else _echo(side, quote, one)
            if part is not None:
                found.append(Part(one.kind, part, other.text))
    return found


def _echo(side: Quote, quote: Quote, told: Difference) -> Quote | None:
    """Return where a third article puts a thing as one of the two of which it is told does."""
    if quote.article_id in (told.a.article_id, told.b.article_id):
        return None
    found = re.search(rf"(?<!\w){re.escape(side.text)}(?!\w)", quote.text)
    if found is None:
        return None
    start, end = (quote.start + place for place in found.span())
    return Quote(article_id=quote.article_id, start=start, end=end, text=found.group())
