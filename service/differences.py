"""Where two sentences that say the same put it differently: numbers, dates, quotations.

Precision first: a false conflict costs more than a missed one. A fact is only compared where
exactly one of its kind stands on each side, and where both can be true nothing is said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.facts import Day, Quantity, dates, quantities, quotations, speakers, years
from service.terms import Folding

# Two numbers this close are the same number, if one of them is given as about so much.
_ABOUT = 0.15

# So much of the shorter wording's terms stands in the other, if both are the same quotation.
_SAME_QUOTATION = 0.4
_SAME_WITHOUT_SPEAKER = 0.6
_FEWEST_SHARED_TERMS = 3
_FEWEST_WITHOUT_SPEAKER = 4

# Numbers and dates are only compared in sentences at least this close; of looser pairs, read by
# hand, most were of different things. A conflict about one thing is rarely of another magnitude.
_SURELY_ALIKE = 0.4
_MOST_TIMES = 3

# Amounts and dates are of the same thing if so many of the words around them are the same.
_FEWEST_NEAR = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """Parts of two sentences that differ: spans of each, and of what kind they are."""

    kind: str
    a: tuple[int, int]
    b: tuple[int, int]


def differences(a: str, b: str, score: float, folding: Folding) -> list[Difference]:
    """Find what two sentences that say the same put differently.

    Args:
        a: One sentence.
        b: The other.
        score: How close they are.
        folding: How the words of their articles fold.

    Returns:
        Numbers, then dates, then quotations, each in the order of `a`.
    """
    if a == b:
        return []
    found = [*_quotations(a, b, folding)]
    if score >= _SURELY_ALIKE:
        found = [*_numbers(a, b, folding), *_dates(a, b, folding), *found]
    return found


def _numbers(a: str, b: str, folding: Folding) -> Iterable[Difference]:
    if years(a) and years(b) and years(a) != years(b):
        return  # What was counted at different times may well differ.
    left, right = quantities(a, folding), quantities(b, folding)
    said_by_both = {one.value for one in left} & {one.value for one in right}
    for what in dict.fromkeys(one.what for one in left):
        ours = [one for one in left if one.what == what]
        theirs = [one for one in right if one.what == what]
        if not len(ours) == len(theirs) == 1 or {ours[0].value, theirs[0].value} & said_by_both:
            continue
        if _conflict(ours[0], theirs[0]):
            yield Difference(
                "number", (ours[0].start, ours[0].end), (theirs[0].start, theirs[0].end)
            )


def _conflict(one: Quantity, other: Quantity) -> bool:
    """Tell whether two quantities of the same kind cannot both be true."""
    near = len(one.near & other.near)
    if max(one.value, other.value) > _MOST_TIMES * min(one.value, other.value):
        return False
    if one.fate != other.fate or near < (_FEWEST_NEAR if one.what in "$£€%" else 1):
        return False
    return not (_allows(one, other) or _allows(other, one))


def _allows(one: Quantity, other: Quantity) -> bool:
    """Tell whether what one says leaves room for the other's value."""
    if one.hedge == "more":
        return other.value >= one.value
    if one.hedge == "less":
        return other.value <= one.value
    if one.hedge == "about":
        return abs(other.value - one.value) <= _ABOUT * max(one.value, other.value)
    # "26 million" may be 26.6 million told roughly, up or down.
    step = _step(one)
    return abs(other.value - one.value) < step if step > 1 else other.value == one.value


def _step(one: Quantity) -> float:
    """Return the size of the last digit that is certain: 100 for 6,500."""
    return float(10 ** (len(f"{int(one.value)}") - one.digits)) if one.value >= 1 else 0.0


def _dates(a: str, b: str, folding: Folding) -> Iterable[Difference]:
    left, right = dates(a, folding), dates(b, folding)
    for is_weekday in (False, True):
        ours = [one for one in left if (len(one.parts) == 1) is is_weekday]
        theirs = [one for one in right if (len(one.parts) == 1) is is_weekday]
        if len(ours) == len(theirs) == 1 and _are_of_different_days(ours[0], theirs[0]):
            yield Difference("date", (ours[0].start, ours[0].end), (theirs[0].start, theirs[0].end))


def _are_of_different_days(one: Day, other: Day) -> bool:
    # A year that only one side gives is no difference.
    differ = any(left != right for left, right in zip(one.parts, other.parts, strict=False))
    return differ and len(one.near & other.near) >= _FEWEST_NEAR


def _quotations(a: str, b: str, folding: Folding) -> Iterable[Difference]:
    left, right = quotations(a), quotations(b)
    if not len(left) == len(right) == 1:
        return
    ours, theirs = left[0], right[0]
    terms = [
        folding.terms(a[ours.start : ours.end]),
        folding.terms(b[theirs.start : theirs.end]),
    ]
    who = (speakers(a, folding), speakers(b, folding))
    if _are_versions(terms, bool(who[0] & who[1]), known=bool(who[0] and who[1])):
        yield Difference("quotation", (ours.start, ours.end), (theirs.start, theirs.end))


def _are_versions(terms: Sequence[Sequence[str]], same_speaker: bool, *, known: bool) -> bool:
    """Tell whether two quotations are the same one in other words."""
    left, right = set(terms[0]), set(terms[1])
    # A part of a quotation, or all of it in another spelling, is no other wording.
    if left <= right or right <= left or (known and not same_speaker):
        return False
    shared = len(left & right)
    share = shared / min(len(left), len(right))
    if same_speaker:
        return shared >= _FEWEST_SHARED_TERMS and share >= _SAME_QUOTATION
    return shared >= _FEWEST_WITHOUT_SPEAKER and share >= _SAME_WITHOUT_SPEAKER
