"""Where two sentences that say the same put it differently: numbers, dates, names, quotations.

Precision first: a false conflict costs more than a missed one. A fact is only compared where
exactly one of its kind stands on each side, once those that agree are set aside; and where
both can be true nothing is said.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from service.facts import Facts
from service.facts.dates import Moment
from service.facts.names import Person
from service.facts.quantities import Quantity
from service.facts.surroundings import Surroundings, surroundings
from service.terms import Folding

# A conflict about one thing is rarely of another magnitude.
_MOST_TIMES = 3

# Longer spans of time are the background of a story, not its events.
_MOST_DAYS = 31

# Facts are of the same thing if so many of the words around them are the same.
_FEWEST_NEAR = 2
_FEWEST_NEAR_DATES = 3
_FEWEST_NEAR_WEEKDAYS = 4  # Of which week is not known.

# So much of the shorter wording's terms stands in the other, if both are the same quotation.
_SAME_QUOTATION = 0.4
_SAME_WITHOUT_SPEAKER = 0.6
_FEWEST_SHARED_TERMS = 2
_FEWEST_WITHOUT_SPEAKER = 4

# Characters of a quotation of more than a few words.
_FEWEST_QUOTED = 12


_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Difference:
    """Parts of two sentences that differ: spans of each, and of what kind they are.

    `kind` is "number", "date", "time", "name" or "quotation".
    """

    kind: str
    a: tuple[int, int]
    b: tuple[int, int]


class _Placed(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


_Fact = TypeVar("_Fact", bound=_Placed)


def differences(a: Facts, b: Facts, folding: Folding, *, sure: bool = True) -> list[Difference]:
    """Find what two sentences that say the same put differently.

    Args:
        a: One sentence.
        b: The other.
        folding: How the words of their articles fold.
        sure: Whether they surely say the same. If not, only names and quotations are compared,
            which tell by themselves whether they are of one thing.

    Returns:
        Numbers, dates and times, names, quotations, each in the order of `a`.
    """
    if a.text == b.text:
        return []
    renamed = list(_renamed(a.people, b.people, folding))
    return [
        *(_numbers(a, b, folding) if sure else ()),
        *(_moments(a, b) if sure else ()),
        *(_told("name", one, other) for one, other in renamed),
        *_quotations(a, b, folding, renamed),
    ]


def _odd_ones(
    left: Sequence[_Fact],
    right: Sequence[_Fact],
    agree: Callable[[_Fact, _Fact], bool],
    group: Callable[[_Fact], object] = lambda fact: None,
    same: Callable[[_Fact, _Fact], bool] | None = None,
) -> Iterator[tuple[_Fact, _Fact]]:
    """Yield the one fact of a group on each side that agrees with none of the other side.

    All others of the group must be the `same` on both sides, not only agree.
    """
    for name in dict.fromkeys(map(group, left)):
        sides = [[one for one in side if group(one) == name] for side in (left, right)]
        ours = [one for one in sides[0] if not any(agree(one, other) for other in right)]
        theirs = [one for one in sides[1] if not any(agree(other, one) for other in left)]
        if not len(ours) == len(theirs) == 1 or len(sides[0]) != len(sides[1]):
            continue
        others = [one for one in sides[0] if one is not ours[0]]
        if all(any((same or agree)(one, other) for other in sides[1]) for one in others):
            yield ours[0], theirs[0]


def _told(kind: str, one: _Placed, other: _Placed) -> Difference:
    return Difference(kind, (one.start, one.end), (other.start, other.end))


@dataclass(frozen=True, slots=True)
class _Number:
    """A quantity and what is said around it."""

    quantity: Quantity
    around: Surroundings

    @property
    def start(self) -> int:
        return self.quantity.start

    @property
    def end(self) -> int:
        return self.quantity.end

    @property
    def group(self) -> str:
        """What sets quantities of a kind apart: the dead, the 78th minute."""
        if self.quantity.kind == "ordinal":
            return self.quantity.noun
        return self.around.fate

    def agrees(self, other: "_Number") -> bool:
        """Tell whether both can be true."""
        one, two = self.quantity, other.quantity
        return one.allows(two.value) or two.allows(one.value)

    def is_about(self, other: "_Number") -> bool:
        return self.quantity.is_about(other.quantity)


def _numbers(a: Facts, b: Facts, folding: Folding) -> Iterable[Difference]:
    left, right = _merged(a.quantities), _merged(b.quantities)
    for kind in dict.fromkeys(one.kind for one in left):
        ours, theirs = (
            [
                _Number(one, surroundings(facts.text, one.start, one.end, folding))
                for one in found
                if one.kind == kind
            ]
            for facts, found in ((a, left), (b, right))
        )
        for one, other in _odd_ones(ours, theirs, _Number.agrees, _group, _Number.is_about):
            added_up = _is_sum(one, theirs, other) or _is_sum(other, ours, one)
            if not added_up and _are_of_one_thing(one, other):
                yield _told("number", one, other)


def _group(one: _Number) -> object:
    return one.group


def _merged(found: Sequence[Quantity]) -> list[Quantity]:
    """Leave out what only repeats the one before it: "80 km (50 miles)", "A$2m ($1.5m)"."""
    kept: list[Quantity] = []
    for one in found:
        before = kept[-1] if kept else None
        if not (before and one.kind == before.kind and one.start - before.end <= 2):
            kept.append(one)
    return kept


def _is_sum(total: _Number, parts: Sequence[_Number], part: _Number) -> bool:
    """Tell whether one side's number is what the other's add up to: "two women and one man"."""
    values = [one.quantity.value for one in parts if one.group == part.group]
    return len(values) > 1 and sum(values) == total.quantity.value


def _are_of_one_thing(a: _Number, b: _Number) -> bool:
    one, other = a.quantity, b.quantity
    small, large = sorted((abs(one.value), abs(other.value)))
    if large > _MOST_TIMES * small and one.kind != "score":
        return False
    if a.around.scope and b.around.scope and not a.around.scope & b.around.scope:
        return False  # "In Holm", "in the first quarter": of something else.
    if {term for term in a.around.near ^ b.around.near if _YEAR.fullmatch(term)}:
        return False  # What was counted at another time may well differ.
    near = len(a.around.near & b.around.near)
    if one.kind == "count":
        named = set(one.nouns) & set(other.nouns) or one.is_total or other.is_total
        return near > 0 and bool(a.around.fate or named)
    if one.kind == "ordinal":
        # Small ones tell things apart: the second round, the first book.
        return bool(one.noun) and one.telling and other.telling
    return near >= (1 if one.kind == "duration" else _FEWEST_NEAR)


def _moments(a: Facts, b: Facts) -> Iterable[Difference]:
    for one, other in _odd_ones(a.moments, b.moments, Moment.may_be, lambda moment: moment.is_time):
        fewest = _FEWEST_NEAR_WEEKDAYS if one.weekday and not one.days else _FEWEST_NEAR_DATES
        if _can_be_told(one, other) and len(one.near & other.near) >= fewest:
            yield _told("time" if one.is_time else "date", one, other)


def _can_be_told(one: Moment, other: Moment) -> bool:
    """Tell whether two days are told in ways that can be held side by side."""
    if one.is_time:
        return True
    if one.days and other.days:
        # A day and a month are hardly given of one event, and a year mostly of its background.
        short, long = sorted((one.length, other.length))
        return long <= min(_MOST_TIMES * short, _MOST_DAYS)
    return bool(one.weekday and other.weekday) or bool(one.parts and other.parts)


def _renamed(
    left: Sequence[Person], right: Sequence[Person], folding: Folding
) -> Iterator[tuple[Person, Person]]:
    """Yield people of one office, of one deed, or with half a name in common, named otherwise."""
    seen: set[int] = set()
    for group in (_office, _deed, _anyone):
        for one, other in _odd_ones(left, right, Person.may_be, group):
            # Of one surname there are siblings, and nicknames: "William", "Bill".
            alike = one.has_first_name_of(other) if group is _anyone else bool(group(one))
            # Whom both articles name is one more person, not another name for this one.
            known = any(
                folding.is_in_both(name) for name in (_own_name(one, other), _own_name(other, one))
            )
            if alike and not known and one.start not in seen and _in_one_place(one, other):
                seen.add(one.start)
                yield one, other


def _office(one: Person) -> object:
    return one.office


def _deed(one: Person) -> object:
    return one.deed


def _anyone(one: Person) -> object:
    return None


def _in_one_place(one: Person, other: Person) -> bool:
    return not (one.of and other.of) or bool(one.of & other.of)


def _own_name(one: Person, other: Person) -> str:
    """Return the part of a name that the other does not share."""
    return one.first if one.surname == other.surname else one.surname


def _quotations(
    a: Facts, b: Facts, folding: Folding, renamed: Sequence[tuple[Person, Person]]
) -> Iterable[Difference]:
    left, right = _long_quotations(a, folding), _long_quotations(b, folding)
    if not len(left) == len(right) == 1:
        return
    ours, theirs = left[0], right[0]
    terms = [folding.terms(a.text[slice(*ours)]), folding.terms(b.text[slice(*theirs)])]
    # One speaker by two names is one speaker all the same.
    names = {other.surname: one.surname for one, other in renamed}
    who = (a.speech.speakers, {names.get(one, one) for one in b.speech.speakers})
    if _are_versions(terms, bool(who[0] & who[1]), known=bool(who[0] and who[1])):
        yield Difference("quotation", ours, theirs)


def _long_quotations(one: Facts, folding: Folding) -> list[tuple[int, int]]:
    """Return what is quoted, if it is more than a few words."""
    return [
        (start, end)
        for start, end in one.speech.quoted
        if end - start >= _FEWEST_QUOTED and " " in one.text[start:end]
    ]


def _are_versions(terms: Sequence[Sequence[str]], same_speaker: bool, *, known: bool) -> bool:
    """Tell whether two quotations are the same one in other words."""
    left, right = set(terms[0]), set(terms[1])
    if known and not same_speaker:
        return False
    if left <= right or right <= left:
        # A part of a quotation, or all of it in another spelling, is no other wording; the same
        # words in another order are.
        return left == right and list(terms[0]) != list(terms[1]) and len(left) > 1
    shared = len(left & right)
    share = shared / min(len(left), len(right))
    if same_speaker:
        return shared >= _FEWEST_SHARED_TERMS and share >= _SAME_QUOTATION
    return shared >= _FEWEST_WITHOUT_SPEAKER and share >= _SAME_WITHOUT_SPEAKER
