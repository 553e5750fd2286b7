"""Quantities of a sentence: counts, amounts, shares, measures, scores and ordinals."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from service.numerals import NUMBER_WORD, ORDINAL_WORD, SCALES, numeral, ordinal
from service.terms import Folding
from service.words import is_content_word


@dataclass(frozen=True, slots=True)
class Quantity:
    """A counted or measured thing.

    Attributes:
        start: Where the number starts in the sentence.
        end: Where it ends, unit included.
        kind: "count", "ordinal", "age", "score", "percent", "money $" or what is measured:
            "length", "speed", "duration" and so on. Values of one kind are in one unit.
        value: The number, in the unit of its kind.
        step: A difference smaller than this is one of rounding.
        hedge: "more", "less", "about" or "", as in "more than 6,500".
        nouns: Folded words that follow right behind, in order: what is counted.
        is_total: Whether it counts all there are of what was named before: "71 in all".
        telling: Whether the number is one that does not occur by chance, as "three days" does.
    """

    start: int
    end: int
    kind: str
    value: float
    step: float
    hedge: str
    nouns: tuple[str, ...]
    is_total: bool
    telling: bool

    @property
    def noun(self) -> str:
        """The first of the nouns; "" if there is none."""
        return next(iter(self.nouns), "")

    @property
    def tolerance(self) -> float:
        """How far another writing of the same number may be off."""
        if self.hedge:
            return max(self.step, _MOST_ROUNDED * abs(self.value))
        rounded = min(self._last_place(), _MOST_ROUNDED * self.value) if self._is_round() else 0.0
        return max(self.step, rounded)

    def is_about(self, other: "Quantity") -> bool:
        """Tell whether both are the same number, written so or so."""
        gap = abs(self.value - other.value)
        return gap < 1e-9 or gap < max(self.tolerance, other.tolerance)

    def allows(self, value: float) -> bool:
        """Tell whether what is said leaves room for the true value to be this one."""
        if self.hedge == "more":
            return value >= self.value
        if self.hedge == "less":
            return value <= self.value
        gap = abs(value - self.value)
        if self.kind == "age":  # There are birthdays.
            return gap <= 1
        if self.hedge == "about":
            return gap <= _ABOUT * max(abs(value), abs(self.value))
        return gap < 1e-9 or gap < self.step or self._rounds(value)

    def _rounds(self, value: float) -> bool:
        gap = abs(value - self.value)
        return self._is_round() and gap < self._last_place() and gap <= _MOST_ROUNDED * self.value

    def _last_place(self) -> float:
        """Return the size of the last digit that is not zero: 100 for 6,500."""
        whole = f"{self.value:.0f}"
        return 10.0 ** (len(whole) - len(whole.rstrip("0")))

    def _is_round(self) -> bool:
        """Tell whether it may be a rounded number, as one that ends in zeros often is.

        The age of a man or the dead of a town are not rounded.
        """
        whole = f"{self.value:.0f}"
        return (
            self.kind not in _NEVER_ROUND and self.value >= _FEWEST_ROUNDED and whole.endswith("0")
        )


# Two numbers this close may be the same one, if one of them is given as about so much.
_ABOUT = 0.15

# A round number of at least so much stands for what lies within this share of it.
_FEWEST_ROUNDED = 100
_MOST_ROUNDED = 0.05
_NEVER_ROUND = ("age", "ordinal", "percent", "score")

_MOST_QUANTITIES = 30

# Smaller whole numbers are in every text.
_FEWEST_TELLING = 10

# Who says "three-quarters" has counted to a few per cent.
_FRACTION_STEP = 4.0

_SCALE = r"dozen|hundred|thousand|million|billion|trillion"
_NUMBER = rf"(?!0\d)\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?!0\d)\d+(?:\.\d+)?|{NUMBER_WORD}"
_QUANTITY = re.compile(
    rf"""(?<![\w.,:/$£€¥-])
    [-−]?(?P<money>(?:US|A|C|NZ|HK)?\$(?:US|AU)?|[£€¥])?
    (?P<number>{_NUMBER}|half(?=\sa\s(?:{_SCALE})\b)|an?(?=[ ](?:{_SCALE})\b))
    (?P<scale>[ -](?:a\s)?(?:{_SCALE})s?\b|(?:k|mn?|bn?|tn)\b)?
    (?P<unit>\s?(?:%|°[ ]?[CF])|[ -](?:per[ ]?cent|percentage[ ]points?)\b)?
    (?![\w:/]*\d|[.,]\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_FRACTIONS = {
    "half": 50.0,
    "third": 100 / 3,
    "thirds": 100 / 3,
    "quarter": 25.0,
    "quarters": 25.0,
    "fifth": 20.0,
    "fifths": 20.0,
    "tenth": 10.0,
    "tenths": 10.0,
}
_FRACTION = re.compile(
    rf"\b(?:(?P<count>{NUMBER_WORD}|an?)[ -])?(?P<part>{'|'.join(_FRACTIONS)})\sof\b"
    rf"|\b(?P<one>{NUMBER_WORD}|\d+)\s(?:in|out\sof)\s(?:every\s)?(?P<every>{NUMBER_WORD}|\d+)\b"
    rf"|\b(?P<many>two|three|four)[ -](?P<parts>thirds|quarters|fifths)\b",
    re.IGNORECASE,
)
_SCORE = re.compile(r"(?<![\w.,:/$£€–-])(\d{1,2})[-–](\d{1,2})(?![\w/%–-]|[.,:]\d)")
_ORDINAL = re.compile(rf"\b(?:\d+(?:st|nd|rd|th)|{ORDINAL_WORD})\b(?!\s(?-i:[A-Z]))", re.IGNORECASE)

_ANY_FRACTION = re.compile(
    rf"(?:half|third|quarter|fifth|tenth)s?\b|\s(?:in|of)\s(?:every\s)?(?:\d|{NUMBER_WORD})",
    re.IGNORECASE,
)
_ANY_NUMBER = re.compile(
    rf"\d|\b(?:{NUMBER_WORD}|{ORDINAL_WORD}|half|third|quarter|fifth|tenth|dozen|hundred|thousand"
    r"|million|billion|trillion)",
    re.IGNORECASE,
)

# How much of the unit of its kind each unit is.
_UNITS = {
    "length": {
        **{"km": 1e3, "kilomet": 1e3, "met": 1.0, "centimet": 0.01, "millimet": 0.001},
        **{"mile": 1609.344, "yard": 0.9144, "feet": 0.3048, "foot": 0.3048, "inch": 0.0254},
    },
    "speed": {"km/h": 1.0, "kph": 1.0, "kmh": 1.0, "mph": 1.609344},
    "mass": {"kg": 1.0, "kilogram": 1.0, "kilo": 1.0, "gram": 1e-3, "tonne": 1e3, "pound": 0.4536},
    "area": {"hectare": 1.0, "acre": 0.40468564},
    "duration": {
        **{"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0},
        **{"month": 30.4, "year": 365.25, "decade": 3652.5, "centur": 36525.0},
    },
    "money $": {"dollar": 1.0},
    "money €": {"euro": 1.0},
}
_UNIT = re.compile(
    r"[ -]?(?:(km/h|kph|kmh|mph|km|kg|m)\b"
    r"|(kilomet|centimet|millimet|met)(?:re|er)s?(?:\s(?:an|per)\s(hour))?\b"
    r"|(mile)s?(?:\s(?:an|per)\s(hour))?\b"
    r"|(feet|foot|inch|yard|kilogram|kilo|gram|pound|tonne|hectare|acre|second|minute|hour|day|week|month"
    r"|year|decade|centur|dollar|euro)(?:e?s|y|ies)?\b)",
    re.IGNORECASE,
)
_PER_HOUR = {"kilomet": "km/h", "mile": "mph"}
_SPELT = re.compile(r"(?:an?|half)\Z", re.IGNORECASE)
_OLD = re.compile(r"-olds?\b|[ ]old\b")

_HEDGES = {
    "more": "more than|over|at least|upwards of|above|exceeding|no fewer than|a minimum of",
    "less": "less than|fewer than|under|up to|at most|below|as many as|no more than|nearly|almost"
    "|just short of",
    "about": "about|around|some|roughly|approximately|close to|an estimated|estimated|circa",
}
_HEDGE = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words})\s+(?:an?\s+)?$)" for name, words in _HEDGES.items()),
    re.IGNORECASE,
)
_HEDGE_REACH = 24
_NAMED = re.compile(r"\b(?:[A-Z][a-z]+|No\.)\s$")
_MINUS = re.compile(r"(?:\bminus\s|(?<!\S)[-−])$")
_FAHRENHEIT = 1.8  # Of these degrees make one of Celsius.
# Behind the number: "six or more", "40-odd".
# "10,000 to 20,000", "between six and eight": at least the one, at most the other.
_HEDGE_BEHIND = re.compile(
    rf"\s?(?:or more\b|\+|-odd\b|plus\b|(?:to|or|-|–)\s?[$£€]?(?:\d|{NUMBER_WORD}))", re.IGNORECASE
)
_RANGE_BEFORE = re.compile(
    rf"(?:(?:\d|{NUMBER_WORD}|million|billion)\s?(?:to|or|-|–)|between\s\S+\sand)\s?[$£€]?$",
    re.IGNORECASE,
)

_NOUN = re.compile(r"[ -]([^\W\d_]+(?:-[^\W\d_]+)*)")
_IN_ALL = re.compile(r"\s?(?:in all|in total|altogether)\b", re.IGNORECASE)
_MOST_NOUN_WORDS = 3


def quantities(
    text: str, folding: Folding, taken: Sequence[tuple[int, int]] = ()
) -> list[Quantity]:
    """Return the quantities of a sentence, in order; no dates, no years, no times.

    Args:
        text: One sentence.
        folding: How the words of its article fold.
        taken: Spans that are something else: dates and times.
    """
    if not _ANY_NUMBER.search(text):  # What most sentences are spared.
        return []
    found: list[Quantity] = []
    for quantity in chain(
        _fractions(text, folding) if _ANY_FRACTION.search(text) else (),
        _scores(text, folding),
        _ordinals(text, folding),
        _plain(text, folding),
    ):
        span = (quantity.start, quantity.end)
        others = [*taken, *((other.start, other.end) for other in found)]
        # What is too large for a number, hundreds of digits in a row, counts nothing.
        if math.isfinite(quantity.value) and not any(_meet(span, other) for other in others):
            found.append(quantity)
        if len(found) == _MOST_QUANTITIES:  # A table, not a sentence.
            break
    return sorted(found, key=lambda one: one.start)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _fractions(text: str, folding: Folding) -> Iterator[Quantity]:
    """Read "three-quarters of", "a third of" and "one in five" as shares of a hundred."""
    for match in _FRACTION.finditer(text):
        if match["one"]:
            of = _whole(match["every"])
            share = 100 * _whole(match["one"]) / of if of else 0.0
        else:
            part = _FRACTIONS[(match["part"] or match["parts"]).lower()]
            share = part * _whole(match["count"] or match["many"] or "one")
        if 0 < share < 100:
            yield _made(text, match.span(), "percent", share, _FRACTION_STEP, folding)


def _whole(word: str) -> float:
    return 1.0 if word.lower() in ("a", "an") else numeral(word) or 0.0


def _scores(text: str, folding: Folding) -> Iterator[Quantity]:
    for match in _SCORE.finditer(text):
        high, low = sorted((int(match[1]), int(match[2])), reverse=True)
        yield _made(text, match.span(), "score", 100.0 * high + low, 0.0, folding)


def _ordinals(text: str, folding: Folding) -> Iterator[Quantity]:
    for match in _ORDINAL.finditer(text):
        value = ordinal(match[0])
        if value is not None:
            telling = value >= _FEWEST_TELLING
            yield _made(text, match.span(), "ordinal", value, 0.0, folding, telling=telling)


def _plain(text: str, folding: Folding) -> Iterator[Quantity]:
    for match in _QUANTITY.finditer(text):
        written = match["number"].lower()
        value = 0.5 if written == "half" else 1.0 if _SPELT.match(written) else numeral(written)
        if value is None or _is_a_year(match) or _is_a_label(text, match):
            continue
        scale = _scale(match["scale"] or "")
        decimals = len(written.partition(".")[2])
        kind, factor, end = _measured(text, match)
        step = 10.0**-decimals * scale * factor
        number = value * scale * factor
        if kind == "temperature":
            number = _temperature(text, match, value)
        telling = value >= _FEWEST_TELLING or decimals > 0 or scale > 1
        yield _made(text, (match.start(), end), kind, number, step, folding, telling=telling)


def _is_a_label(text: str, match: re.Match[str]) -> bool:
    """Tell whether a number is part of a name: "Category 2", "Flight 370"."""
    named = _NAMED.search(text, max(0, match.start() - _HEDGE_REACH), match.start())
    return named is not None and named.start() > 0 and not match["money"]


def _scale(written: str) -> float:
    word = written.strip(" -").lower().removeprefix("a ")
    return SCALES.get(word.removesuffix("s"), 1.0)


def _is_a_year(match: re.Match[str]) -> bool:
    bare = not (match["money"] or match["scale"] or match["unit"])
    return bare and re.fullmatch(r"1[5-9]\d\d|20\d\d", match["number"]) is not None


def _temperature(text: str, match: re.Match[str], value: float) -> float:
    """Return degrees Celsius; a minus before the number counts."""
    sign = -1 if _MINUS.search(text, max(0, match.start() - 8), match.start("number")) else 1
    unit = (match["unit"] or "").replace(" ", "").upper()
    return (sign * value - 32) / _FAHRENHEIT if unit == "°F" else sign * value


def _currency(written: str) -> str:
    sign = written.upper()
    return "$" if sign in ("US$", "$US") else sign


def _measured(text: str, match: re.Match[str]) -> tuple[str, float, int]:
    """Return what kind a number is of, its unit in that kind's unit, and where it ends."""
    unit = (match["unit"] or "").strip(" -").lower()
    if match["money"]:
        return f"money {_currency(match['money'])}", 1.0, match.end()
    if "point" in unit:
        return "points", 1.0, match.end()
    if unit:
        return ("temperature" if "°" in unit else "percent"), 1.0, match.end()
    return _measured_behind(text, match)


def _measured_behind(text: str, match: re.Match[str]) -> tuple[str, float, int]:
    """Return the same where the unit, if any, stands behind the number as a word."""
    behind = _UNIT.match(text, match.end())
    if not behind:
        return "count", 1.0, match.end()
    name = next(part for part in behind.groups() if part).lower()
    name = _PER_HOUR.get(name, name) if "hour" in (behind[3] or behind[5] or "") else name
    if name == "year" and _OLD.match(text, behind.end()):
        return "age", 1.0, match.end()
    name = {"m": "met"}.get(name, name)
    if name == "pound" and match["scale"]:  # Nobody weighs millions of pounds.
        return "money £", 1.0, behind.end()
    for kind, units in _UNITS.items():
        if name in units:
            return kind, units[name], behind.end()
    return "count", 1.0, match.end()


def _made(
    text: str,
    span: tuple[int, int],
    kind: str,
    value: float,
    step: float,
    folding: Folding,
    *,
    telling: bool = True,
) -> Quantity:
    start, end = span
    before = text[max(0, start - _HEDGE_REACH) : start]
    hedge = _HEDGE.search(before)
    named = (hedge.lastgroup or "") if hedge else ""
    if _HEDGE_BEHIND.match(text, end):
        named = "more"
    elif _RANGE_BEFORE.search(before):
        named = "less"
    return Quantity(
        start=start,
        end=end,
        kind=kind,
        value=value,
        step=step,
        hedge=named,
        nouns=_nouns(text, end, folding),
        is_total=_IN_ALL.match(text, end) is not None,
        telling=telling,
    )


def _nouns(text: str, end: int, folding: Folding) -> tuple[str, ...]:
    words: list[str] = []
    while len(words) < _MOST_NOUN_WORDS and (noun := _NOUN.match(text, end)):
        if not is_content_word(noun[1]) and noun[1].lower() not in ("of", "more"):
            break
        words.append(noun[1])
        end = noun.end()
    return tuple(folding.terms(" ".join(words)))
