"""What can be checked in a sentence: its counts, its dates, its quotation, who speaks."""

import re
from dataclasses import dataclass

from service.numerals import SCALES, numeral
from service.terms import Folding
from service.words import is_content_word


@dataclass(frozen=True, slots=True)
class Quantity:
    """A counted or measured thing.

    Attributes:
        start: Where the number starts in the sentence.
        end: Where it ends.
        value: The number.
        digits: How many digits of it are certain; a round number is often rounded.
        hedge: "more", "less", "about" or "", as in "more than 6,500".
        what: Folded words of what is counted ("peopl", "week war"), or "$", or "%".
        near: Folded words that stand close by.
        fate: Whether it counts the dead ("dead") or the hurt ("hurt"), or "".
    """

    start: int
    end: int
    value: float
    digits: int
    hedge: str
    what: str
    near: frozenset[str]
    fate: str


@dataclass(frozen=True, slots=True)
class Day:
    """A date.

    Attributes:
        start: Where it starts in the sentence.
        end: Where it ends.
        parts: Its month and day and, if that is said, its year; or its weekday alone.
        near: Folded words that stand close by.
    """

    start: int
    end: int
    parts: tuple[str | int, ...]
    near: frozenset[str]


@dataclass(frozen=True, slots=True)
class Quotation:
    """The words between quotation marks, where they stand in the sentence."""

    start: int
    end: int


_NUMBER_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty"
    "|ninety)(?:-(?:one|two|three|four|five|six|seven|eight|nine))?"
)
_QUANTITY = re.compile(
    rf"""(?<![\w.,:/$£€-])
    (?P<money>(?:US|A|C|NZ|HK)?\$(?:US|A|C|NZ|HK)?|[£€])?
    (?P<number>(?!0\d)\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?!0\d)\d+(?:\.\d+)?
      |(?:{_NUMBER_WORD})\b)
    (?P<scale>[ -](?:hundred|thousand|million|billion|trillion)\b)?
    (?P<percent>\s?%|\spercent\b|\sper\scent\b)?
    (?![\w:/,]*\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_HEDGES = {
    "more": ("more than", "over", "at least", "upwards of", "above", "exceeding"),
    "less": ("less than", "fewer than", "under", "up to", "at most", "below", "as many as"),
    "about": (
        "about",
        "around",
        "some",
        "nearly",
        "almost",
        "roughly",
        "approximately",
        "close to",
    ),
}
_HEDGED = {phrase: hedge for hedge, phrases in _HEDGES.items() for phrase in phrases}
_HEDGE = re.compile(rf"\b({'|'.join(_HEDGED)})\s+(?:an?\s+)?$", re.IGNORECASE)
_HEDGE_REACH = 24

_NOUN = re.compile(r"[ -]([^\W\d_]+(?:-[^\W\d_]+)*)")
_MOST_NOUN_WORDS = 3
_TIMES = re.compile(r"(?:second|minute|hour|day|week|month|year|decade|century|centurie)s?\Z", re.I)
_FATES = {
    "dead": re.compile(r"\b(?:kill|die[sd]?\b|dead|death|dying|deadl|slain|fatal|lives\b)", re.I),
    "hurt": re.compile(r"\b(?:injur|wound|hurt\b|hospitali)", re.I),
}
_NEAR = 40

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = re.compile(
    rf"""\b(?:
      (?P<month>{_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<year>[12]\d{{3}})\b)?
      |(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month2>{_MONTH})
        (?:,?\s(?P<year2>[12]\d{{3}})\b)?
      |(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b
    )""",
    re.VERBOSE,
)

_YEAR = re.compile(r"(?<![\w.,$£€-])(?:1[5-9]|20)\d\d(?![\w%-]|[.,]\d)")

_QUOTATION = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”“»]?")
_FEWEST_QUOTED = 12

_SAID = (
    "said|says|told|tells|asked|added|adds|wrote|announced|argued|claimed|tweeted|replied"
    "|explained|noted|stated|insisted|warned|recalled|declared|described|expressed|reiterated"
    "|urged|cited|called|confirmed|denied|vowed|pledged|promised|testified|acknowledged"
)
_SPEAKER = re.compile(
    rf"([A-Z][\w'’-]+)\s+(?:also\s+|has\s+|had\s+)?(?:{_SAID})\b|\b(?:{_SAID})\s+([A-Z][\w'’-]+)"
)
_PRONOUNS = frozenset(["He", "She", "It", "They", "We", "I", "Who", "Which"])


def quantities(text: str, folding: Folding) -> list[Quantity]:
    """Return the counts, amounts and shares of a sentence, in order; no dates, no years."""
    in_dates = {place for day in dates(text, folding) for place in range(day.start, day.end)}
    found = []
    for match in _QUANTITY.finditer(text):
        quantity = _quantity(text, match, folding)
        if quantity is not None and match.start() not in in_dates:
            found.append(quantity)
    return found


def dates(text: str, folding: Folding) -> list[Day]:
    """Return the dates of a sentence, in order."""
    found = []
    for match in _DAY.finditer(text):
        parts: tuple[str | int, ...]
        if match["weekday"]:
            parts = (match["weekday"],)
        else:
            month = _MONTHS.index((match["month"] or match["month2"])[:3].lower()) + 1
            year = match["year"] or match["year2"]
            parts = (month, int(match["day"] or match["day2"]), *([int(year)] if year else []))
        near = _near(text, match.start(), match.end(), folding)
        found.append(Day(match.start(), match.end(), parts, near))
    return found


def years(text: str) -> set[str]:
    """Return the years that a sentence names."""
    return set(_YEAR.findall(text))


def quotations(text: str) -> list[Quotation]:
    """Return what is quoted in a sentence, without the marks, if it is more than a few words."""
    found = []
    for match in _QUOTATION.finditer(text):
        words = match[1].strip(" ,.")
        # Straight marks do not show which way they face: words that name a speaker stand between
        # two quotations, not in one.
        if len(words) >= _FEWEST_QUOTED and " " in words and not _SPEAKER.search(words):
            start = match.start(1) + match[1].index(words)
            found.append(Quotation(start, start + len(words)))
    return found


def speakers(text: str, folding: Folding) -> set[str]:
    """Return who says something in a sentence, outside of what is quoted, if that is a name."""
    outside = _QUOTATION.sub(" ", text)
    names = {before or after for before, after in _SPEAKER.findall(outside)}
    return {folding.name(name) for name in names - _PRONOUNS}


def _quantity(text: str, match: re.Match[str], folding: Folding) -> Quantity | None:
    value = numeral(match["number"])
    what, end = _what(text, match, folding)
    if value is None or not what:
        return None
    scale = (match["scale"] or "").strip(" -").lower()
    hedge = _HEDGE.search(text, max(0, match.start() - _HEDGE_REACH), match.start())
    around = text[max(0, match.start() - _NEAR) : end + _NEAR]
    return Quantity(
        start=match.start(),
        end=match.end(),
        value=value * SCALES.get(scale, 1.0),
        digits=len(f"{value:.10g}".replace(".", "").rstrip("0")),
        hedge=_HEDGED[hedge[1].lower()] if hedge else "",
        what=what,
        near=_near(text, match.start(), end, folding),
        fate=" ".join(fate for fate, words in _FATES.items() if words.search(around)),
    )


def _what(text: str, match: re.Match[str], folding: Folding) -> tuple[str, int]:
    """Return what is counted, and where that ends; "" if it cannot be told."""
    if match["money"] or match["percent"]:
        return (match["money"] or "%").strip("USANZCHK"), match.end()
    words: list[str] = []
    end = match.end()
    while len(words) < _MOST_NOUN_WORDS and (noun := _NOUN.match(text, end)):
        if not is_content_word(noun[1]):
            break
        words.append(noun[1])
        end = noun.end()
    if not words:
        return "", end
    # A span of time is the same only in the same construction: "two weeks after", "two-week".
    time = _TIMES.match(words[0].split("-")[0])
    follower = _NOUN.match(text, end) if time and len(words) == 1 else None
    after = follower[1].lower() if follower else ""
    return " ".join([*folding.terms(" ".join(words)), *([after] if after else [])]), end


def _near(text: str, start: int, end: int, folding: Folding) -> frozenset[str]:
    around = f"{text[max(0, start - _NEAR) : start]} | {text[end : end + _NEAR]}"
    # The outermost words may be cut.
    return frozenset(folding.terms(around.partition(" ")[2].rpartition(" ")[0]))
