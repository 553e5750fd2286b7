"""People called by their surname alone, and the sentence that names them in full."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, islice

from service.coherence.lexicon import (
    CALENDAR,
    FUNCTION_WORDS,
    GROUPS,
    NO_SURNAMES,
    PREPOSITIONS,
    SUBORDINATORS,
    listed,
)
from service.coherence.references import is_person

# What is taken is not given back: a word by itself is then passed over in one step.
_WORD = r"[A-Z][\w'-]{0,60}+\.?+"
_PARTICLE = r"(?:(?:von|van|de|der|den|al|bin|el|la|du|di|da|dos|del|ter) )"
_FULL = re.compile(rf"{_WORD}(?: {_PARTICLE}?{_PARTICLE}?{_WORD})+")
_CAPITALISED = re.compile(r"[A-Z][\w'-]*")
# "Mr. Holm" says no more of him than "Holm"; "Mayor Holm" does.
_PLAIN_TITLES = listed("mr mrs ms miss")
_SUFFIXES = listed("jr sr ii iii iv")
_NO_NAMES = CALENDAR | GROUPS | FUNCTION_WORDS | PREPOSITIONS | SUBORDINATORS
_UNTITLED = _NO_NAMES | _PLAIN_TITLES

# Words behind a name that only people have; then its first word is a first name.
_PERSONAL = re.compile(
    r",? (?:\d\d?|a)\b(?! (?:percent|million|billion)\b)|, (?:who|his|her)\b|,? (?:said|told)\b"
)
# "Holm, a farmer" tells anew who that is.
_AGAIN = re.compile(
    r"(?:'s)?, (?:an?|the|\d+|one|vice|chief|[a-z]+ (?:of|at|for|with)|[a-z-]+(?:er|or|ist|man))\b"
    r"| \(\d"
)
_LONGEST_TITLE = 24

# An article names fewer people; each is looked for in all of it.
_MOST_NAMES = 300


class Names:
    """The people of an article, and where it names each in full first."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Take the sentences of an article, in order."""
        self._texts = texts
        self._known: dict[str, bool] = {}

    def stranger(self, number: int) -> tuple[str, int] | None:
        """Find a surname in a sentence that an earlier sentence has in full.

        A surname that the article uses before any full name is that of someone whom everybody
        knows, or of nobody; it leans on nothing.

        Args:
            number: The number of the sentence.

        Returns:
            The name and the number of the sentence that has it in full; of several names the
            one that came last, as that is least likely to be in a summary.
        """
        text = self._texts[number]
        best: tuple[int, int, str] | None = None
        for name in _names_in(text):
            on, place = self._introduced.get(name, (number, 0))
            if (
                on < number
                and (best is None or best[:2] < (on, -place))
                and _is_alone_in(text, name)
                and not self._is_known(name, on, place)
            ):
                best = on, -place, name
        return best and (best[2], best[0])

    def _is_known(self, name: str, on: int, place: int) -> bool:
        """Tell whether a name stands alone before it stands in full."""
        if name not in self._known:
            earlier = [*self._texts[:on], self._texts[on][:place]]
            self._known[name] = any(_is_alone_in(text, name) for text in earlier)
        return self._known[name]

    @cached_property
    def _introduced(self) -> dict[str, tuple[int, int]]:
        """The number of the sentence that has each name in full first, and where in it."""
        whole = "\n".join(self._texts)
        starts = [0, *accumulate(len(text) + 1 for text in self._texts)]
        found: dict[str, tuple[int, int]] = {}
        for name, place in islice(_introduced(whole).items(), _MOST_NAMES):
            on = bisect_right(starts, place) - 1
            found[name] = on, place - starts[on]
        return found


def _names_in(text: str) -> list[str]:
    """Return what may be names in a sentence, each once, with and without endings."""
    found: dict[str, None] = {}
    for word in _CAPITALISED.findall(text):
        bare = word.removesuffix("'s").rstrip("'-")
        found |= dict.fromkeys((word, bare, word.partition("'")[0]))
    return list(found)


def _introduced(whole: str) -> dict[str, int]:
    """Return the surnames and first names in full names, and where each stands first."""
    introduced: dict[str, int] = {}
    seen: set[str] = set()
    for full in _FULL.finditer(whole):
        if full[0] in seen:
            continue
        seen.add(full[0])
        words = full[0].rpartition("'s ")[2].split()
        while words and words[0].rstrip(".").lower() in _UNTITLED:
            del words[0]
        if words and words[-1].rstrip(".").lower() in _SUFFIXES:
            del words[-1]
        if len(words) < 2 or not _NO_NAMES.isdisjoint(map(str.lower, words)):
            continue
        last = words[-1].removesuffix("'s").rstrip(".'")
        if len(last) > 2 and not last.isupper() and last.lower() not in NO_SURNAMES:
            introduced.setdefault(last, full.start())
            if _is_personal(whole, full.start(), full.end()):
                introduced.setdefault(words[0], full.start())
    return introduced


def _is_personal(whole: str, start: int, end: int) -> bool:
    """Tell whether a name is certainly a person's: "the cyclist Ada Holm", "Ada Holm, 34"."""
    before = whole[max(0, start - _LONGEST_TITLE) : start].rpartition("\n")[2].split()
    return bool(_PERSONAL.match(whole, end)) or (bool(before) and is_person(before[-1]))


def _is_alone_in(text: str, name: str) -> bool:
    """Tell whether a name stands somewhere without a first name, title or description."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if _is_whole(text, at, end) and _stands_alone(text, at, end):
            return True
        at = text.find(name, end)
    return False


def _is_whole(whole: str, at: int, end: int) -> bool:
    before, after = whole[at - 1 : at], whole[end : end + 1]
    return not (after.isalnum() or after == "-" or before.isalnum() or before in ("-", "'"))


def _stands_alone(whole: str, at: int, end: int) -> bool:
    if whole[end : end + 1] == " " and whole[end + 1 : end + 2].isupper():
        return False
    word = ""
    if whole[at - 1 : at] == " ":
        word = whole[whole.rfind(" ", max(0, at - _LONGEST_TITLE), at - 1) + 1 : at - 1]
        word = word.rpartition("\n")[2].lstrip("\"“‘'([")
    if word in ("the", "The"):
        return False
    if word[:1].isupper() and word.rstrip(".").lower() not in _UNTITLED:
        return word[-1] in ",;:!?"
    return _AGAIN.match(whole, end) is None
