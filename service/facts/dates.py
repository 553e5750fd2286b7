"""Days and times of day of a sentence, relative ones resolved against the article's own day."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from service.facts.surroundings import nearby
from service.numerals import NUMBER_WORD, numeral
from service.terms import Folding

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, a span of days, or a time of day.

    Attributes:
        start: Where it starts in the sentence.
        end: Where it ends.
        days: The spans of days, first and last, that it may be: one as a rule, two where it may
            be past or to come; none if that cannot be told.
        parts: Its month and day and, if that is said, its year, where `days` cannot be told.
        weekday: Its weekday, where that is all that is said; or "".
        minutes: Its time of day in minutes since midnight; None for days.
        slack: Minutes that a time of day may be off: "about 3 p.m.".
        zone: The time zone that is named with a time of day, or "".
        near: Folded words that stand close by.
    """

    start: int
    end: int
    days: tuple[Days, ...]
    parts: tuple[int, ...]
    weekday: str
    minutes: int | None
    slack: int
    zone: str
    near: frozenset[str]

    @property
    def is_time(self) -> bool:
        """Tell whether it is a time of day."""
        return self.minutes is not None

    @property
    def length(self) -> int:
        """How many days it may be at the most; 0 if that cannot be told."""
        return max(((last - first).days + 1 for first, last in self.days), default=0)

    def may_be(self, other: "Moment") -> bool:
        """Tell whether two moments of the same sort may be the same one."""
        if self.minutes is not None and other.minutes is not None:
            apart = abs(self.minutes - other.minutes)
            return self.zone != other.zone or apart <= max(self.slack, other.slack)
        if self.days and other.days:
            return any(
                one[0] <= two[1] and two[0] <= one[1] for one in self.days for two in other.days
            )
        if self.weekday and other.weekday:
            return self.weekday == other.weekday
        # A year that only one side gives is no difference.
        return all(one == two for one, two in zip(self.parts, other.parts, strict=False))


_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# With a capital: "may" is mostly no month.
_MONTH = (
    r"(?-i:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?:\d{1,2})(?:st|nd|rd|th)?"
_UNITS = {"day": 1, "week": 7, "fortnight": 14, "month": 31, "year": 366}
_UNIT = "|".join(_UNITS)
_MOMENT = re.compile(
    rf"""\b(?:
      (?P<month>{_MONTH})\s(?P<day>{_DAY})\b(?!\s?%)(?:,?\s(?P<year>[12]\d{{3}})\b)?
      |(?P<day2>{_DAY})\s(?:of\s)?(?P<month2>{_MONTH})(?:,?\s(?P<year2>[12]\d{{3}})\b)?
      |(?P<iso>[12]\d{{3}}-\d\d-\d\d)\b
      |(?P<month3>{_MONTH})\s(?P<year3>[12]\d{{3}})\b
      |(?:in|since|until|of|last|this|next)\s(?P<month4>{_MONTH})(?![\w-]|\s\d)
      |(?:(?P<which>last|next|this)\s)?(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b
      |(?P<near>yesterday|today|tonight|tomorrow|this\s(?:morning|afternoon|evening))\b
      |(?P<part>earlier\s|later\s)?(?P<rel>last|this|next)\s(?P<unit>week|month|year)\b
      |(?P<ago>\d+|{NUMBER_WORD}|an?)\s(?P<unit2>{_UNIT})s?\sago\b
      |(?:in|over|during|within)\sthe\s(?:past|last)\s
        (?:(?P<count>\d+|{NUMBER_WORD}|few|several|couple\sof)\s)?(?P<unit3>{_UNIT})s?\b
      |(?:in|since|of)\s(?P<year4>(?:19|20)\d\d)\b(?![-–%]|\s\w+s\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?P<hour2>[01]?\d|2[0-3]):(?P<minute2>[0-5]\d)(?!\d|:|\s?[ap]\.?m)"
    r"|(?P<hour3>[01]\d|2[0-3])(?P<minute3>[0-5]\d)(?=\s(?:GMT|UTC|hours|local))"
    r"|(?P<word>noon|midday|midnight))(?:\s(?P<zone>GMT|UTC|local\stime|[A-Z]{2,4}T|[A-Z]ST)\b)?",
    re.IGNORECASE,
)
# What most sentences lack, and are spared the search for.
_ANY_DAY = re.compile(
    rf"\d{{4}}|days?\b|tomorrow|tonight|morning|afternoon|evening|week|fortnight|month|year|\b{_MONTH}",
    re.IGNORECASE,
)
_ANY_TIME = re.compile(r"\d\s?[ap]\.?m|\d[:.]\d\d|\d{4}\s|noon|midday|midnight", re.IGNORECASE)
_ROUGHLY = re.compile(
    r"\b(?:about|around|shortly|just|soon|before|after|by|nearly|almost|past|until|between|some)"
    r"(?:\s(?:after|before|past))?\s$",
    re.IGNORECASE,
)
# What is still to come when it is written about.
_TO_COME = re.compile(
    r"\b(?:will|shall|next|upcoming|due|scheduled|planned|expected|set\sto|plans?\sto|is\sto|are\sto"
    r"|to\s(?:be|begin|start|open|meet|vote|resume|hear|decide|play|face|host)|until)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|had|did|came|went|fell|took|won|lost|met|told|said|gave|rose|struck|broke|began"
    r"|made|held|shot|sank|swept|tore)\b|(?<![\w-])[a-z]{2,}ed\b"
)
_HOUR_SLACK = 29
_ROUGH_SLACK = 45


def moments(text: str, published: str | None, folding: Folding) -> list[Moment]:
    """Return the days and times of day of a sentence, in order.

    Args:
        text: One sentence.
        published: The day of its article, ISO 8601, against which "on Tuesday" is resolved.
        folding: How the words of its article fold.
    """
    own_day = day_of(published)
    found = [
        *(_days(text, own_day, folding) if _ANY_DAY.search(text) else ()),
        *(_times(text, folding) if _ANY_TIME.search(text) else ()),
    ]
    return sorted(found, key=lambda one: one.start)


def day_of(published: str | None) -> date | None:
    """Return the day of a time in ISO 8601; None if only a year or month is known, or nothing."""
    try:
        return date.fromisoformat((published or "")[:10])
    except ValueError:  # Only its year or month is known.
        return None


def _days(text: str, own_day: date | None, folding: Folding) -> Iterator[Moment]:
    for match in _MOMENT.finditer(text):
        parts = _parts(match)
        if parts is None:
            continue
        days = _resolved(match, parts, own_day, text)
        if not days and not parts and not match["weekday"]:
            continue
        yield Moment(
            start=match.start(),
            end=match.end(),
            days=days,
            parts=parts,
            weekday=(match["weekday"] or "").lower(),
            minutes=None,
            slack=0,
            zone="",
            near=nearby(text, match.start(), match.end(), folding),
        )


def _parts(match: re.Match[str]) -> tuple[int, ...] | None:
    """Return month, day and perhaps year of an explicit date; () for others, None for none."""
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
        return (month, day, year) if 1 <= month <= 12 and 1 <= day <= 31 else None
    month_name = match["month"] or match["month2"]
    if not month_name:
        return ()
    day = int(re.sub(r"\D", "", match["day"] or match["day2"]))
    year_written = match["year"] or match["year2"]
    if not 1 <= day <= 31:
        return None
    return (_month(month_name), day, *([int(year_written)] if year_written else []))


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _resolved(
    match: re.Match[str], parts: tuple[int, ...], own_day: date | None, text: str
) -> tuple[Days, ...]:
    try:
        if parts:
            return _explicit(parts, own_day)
        if match["month3"]:
            return (_whole_month(int(match["year3"]), _month(match["month3"])),)
        if match["year4"]:
            return ((date(int(match["year4"]), 1, 1), date(int(match["year4"]), 12, 31)),)
        if own_day is None:
            return ()
        if match["weekday"]:
            return _weekday(match, own_day, text)
        return (_relative(match, own_day),)
    except (ValueError, OverflowError):  # The 31st of June is no day.
        return ()


def _explicit(parts: tuple[int, ...], own_day: date | None) -> tuple[Days, ...]:
    month, day, *year = parts
    if year:
        return ((date(year[0], month, day),) * 2,)
    if own_day is None:
        return ()
    near = [date(own_day.year + shift, month, day) for shift in (-1, 0, 1)]
    nearest = min(near, key=lambda one: abs(one - own_day))
    return ((nearest, nearest),)


def _relative(match: re.Match[str], own_day: date) -> Days:
    if match["month4"]:
        return _bare_month(match, own_day)
    if match["near"]:
        shift = {"yesterday": -1, "tomorrow": 1}.get(match["near"].lower(), 0)
        return (own_day + timedelta(shift),) * 2
    if match["rel"]:
        return _calendar(match["rel"].lower(), match["unit"].lower(), match["part"], own_day)
    if match["ago"]:
        count, unit = _count(match["ago"]), _UNITS[match["unit2"].lower()]
        # "Two weeks ago" is no more exact than to half a week.
        slack = timedelta(0 if unit == 1 else unit // 2)
        day = own_day - timedelta(count * unit)
        return day - slack, day + slack
    count = _count(match["count"] or "one")
    return own_day - timedelta(count * _UNITS[match["unit3"].lower()]), own_day


def _count(word: str) -> int:
    value = numeral(word)
    return int(value) if value is not None else 1 if word.lower() in ("a", "an") else 7


def _bare_month(match: re.Match[str], own_day: date) -> Days:
    """Resolve "in January": the nearest one, "last" and "next" taken at their word."""
    month = _month(match["month4"])
    word = match[0].split()[0].lower()
    years = {"last": (-1, 0), "next": (0, 1)}.get(word, (-1, 0, 1))
    months = [_whole_month(own_day.year + shift, month) for shift in years]
    if word == "last":
        months = [one for one in months if one[1] < own_day] or months[:1]
    return min(months, key=lambda one: abs(one[0] - own_day))


def _whole_month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _weekday(match: re.Match[str], own_day: date, text: str) -> tuple[Days, ...]:
    """Resolve a weekday: the last one, the next one, or either where the tense does not tell."""
    number = _WEEKDAYS.index(match["weekday"].lower())
    past = own_day - timedelta((own_day.weekday() - number) % 7)
    future = own_day + timedelta((number - own_day.weekday()) % 7)
    which = (match["which"] or "").lower()
    if which == "last":  # Said on a Friday, "last Monday" may be of this week or the one before.
        return ((past - timedelta(7), past),)
    if which == "next":
        return ((future, future + timedelta(7)),)
    around = text[max(0, match.start() - 80) : match.end() + 30]
    is_past, is_to_come = _PAST.search(around), _TO_COME.search(around)
    if is_past and not is_to_come:
        return ((past, past),)
    return ((past, past), (future, future))


def _calendar(rel: str, unit: str, part: str | None, own_day: date) -> Days:
    """Resolve "last week", "this month", "next year"."""
    first, last = _current(unit, own_day)
    if rel == "this":
        if part:
            return (first, own_day) if part.lower().startswith("earlier") else (own_day, last)
        return first, last
    if unit == "week":
        # Said loosely: "last week" on a Sunday may be five days ago.
        shift = timedelta(7 if rel == "next" else -7)
        return first + shift - timedelta(1), last + shift + timedelta(1)
    return _current(unit, last + timedelta(1) if rel == "next" else first - timedelta(1))


def _current(unit: str, day: date) -> Days:
    step: dict[str, Callable[[], Days]] = {
        "week": lambda: (
            day - timedelta(day.weekday()),
            day + timedelta(6 - day.weekday()),
        ),
        "month": lambda: _whole_month(day.year, day.month),
        "year": lambda: (date(day.year, 1, 1), date(day.year, 12, 31)),
    }
    return step[unit]()


def _times(text: str, folding: Folding) -> Iterator[Moment]:
    for match in _CLOCK.finditer(text):
        minutes = _minutes(match)
        if minutes is None:
            continue
        rough = _ROUGHLY.search(text, max(0, match.start() - 24), match.start())
        exact = match["minute"] or match["minute2"] or match["minute3"]
        yield Moment(
            start=match.start(),
            end=match.end(),
            days=(),
            parts=(),
            weekday="",
            minutes=minutes,
            slack=_ROUGH_SLACK if rough else 0 if exact else _HOUR_SLACK,
            zone=(match["zone"] or "").lower(),
            near=nearby(text, match.start(), match.end(), folding),
        )


def _minutes(match: re.Match[str]) -> int | None:
    if match["word"]:
        return 0 if match["word"].lower() == "midnight" else 720
    hour = int(match["hour"] or match["hour2"] or match["hour3"])
    minute = int(match["minute"] or match["minute2"] or match["minute3"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return hour * 60 + minute if minute < 60 else None
