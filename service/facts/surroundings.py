"""What stands around a fact: the words that say what it is a fact of."""

import re
from dataclasses import dataclass

from service.terms import Folding


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is said around a number.

    Attributes:
        near: Folded words that stand close by.
        fate: What became of the people counted: "dead", "hurt", "missing", or "".
        scope: Folded names that say where or of what: "in Holm", "first quarter".
    """

    near: frozenset[str]
    fate: str
    scope: frozenset[str]


_REACH = 48
_FATES = {
    "dead": r"kill\w*|die[sd]?|dead|deaths?|dying|deadl\w+|slain|fatal\w*|lives|toll|perish\w*",
    "hurt": r"injur\w+|wound\w+|hurt|hospitali\w+",
    "missing": r"missing|unaccounted",
}
_FATE = re.compile(
    "|".join(rf"(?P<{fate}>\b(?:{words})\b)" for fate, words in _FATES.items()), re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[;:.!?—()]|,\s|\s(?:and|but|while|compared)\s")
_IN_A_PLACE = re.compile(
    r"\b(?:in|at|near|around|across|outside|from)\s(?:the\s)?((?:[A-Z][\w'’-]*\s?)+)"
)
_PERIOD = re.compile(
    r"\b(?:(first|second|third|fourth)[ -](quarter|half|set|leg)|(full|half)[ -](year)"
    r"|(half)[ -]?(time)|(annual|quarterly|monthly|daily)|(?:in|by|for|of)\s((?:19|20)\d\d))\b",
    re.IGNORECASE,
)


def surroundings(text: str, start: int, end: int, folding: Folding) -> Surroundings:
    """Return what is said around a span of a sentence."""
    clause = _clause(text, start, end)
    return Surroundings(
        near=nearby(text, start, end, folding),
        fate=_fate(text, start, end, clause),
        scope=_scope(text[clause[0] : clause[1]], folding),
    )


def nearby(text: str, start: int, end: int, folding: Folding) -> frozenset[str]:
    """Return the folded words that stand within some 48 characters of a span."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    # The outermost words may be cut.
    if start > _REACH:
        before = before.partition(" ")[2]
    if end + _REACH < len(text):
        after = after.rpartition(" ")[0]
    return frozenset(folding.terms(f"{before} | {after}"))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the clause around a span starts and ends."""
    ends = [found.end() for found in _CLAUSE_END.finditer(text, 0, start)]
    behind = _CLAUSE_END.search(text, end)
    return (ends[-1] if ends else 0), (behind.start() if behind else len(text))


def _fate(text: str, start: int, end: int, clause: tuple[int, int]) -> str:
    """Return what became of the people counted: what the nearest word of the clause says."""
    # "Six men and two women died": the word may stand behind the "and".
    for reach in (clause, _long_clause(text, start, end)):
        best = ("", len(text))
        for found in _FATE.finditer(text, *reach):
            gap = found.start() - end if found.start() >= end else start - found.end()
            if 0 <= gap < best[1]:
                best = (found.lastgroup or "", gap)
        if best[0]:
            return best[0]
    return ""


def _long_clause(text: str, start: int, end: int) -> tuple[int, int]:
    first = max((text.rfind(mark, 0, start) for mark in ";:.—"), default=-1) + 1
    ends = [place for mark in (";", ":", " — ", ", ") if (place := text.find(mark, end)) >= 0]
    return first, min(ends, default=len(text))


def _scope(clause: str, folding: Folding) -> frozenset[str]:
    places = {folding.name(word) for found in _IN_A_PLACE.findall(clause) for word in found.split()}
    periods = {
        " ".join(part.lower() for part in found.groups() if part)
        for found in _PERIOD.finditer(clause)
    }
    return frozenset(places | periods)
