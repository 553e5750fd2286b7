"""What can be understood without the sentence before it, and reads better behind it."""

import re
from collections.abc import Sequence

from service.coherence.lexicon import (
    CALENDAR,
    FUNCTION_WORDS,
    KNOWN,
    PREPOSITIONS,
    SAYING,
    SUBORDINATORS,
    listed,
)
from service.coherence.openings import PRESENT

_NO_NOUNS = (
    FUNCTION_WORDS
    | PREPOSITIONS
    | SUBORDINATORS
    | SAYING
    | CALENDAR
    | KNOWN
    | listed(
        "new old first last own other same few lot little number kind part time day week month "
        "year way people thing most more many much case hour minute statement place end world"
    )
)
# "The crane": what was spoken of.
_DEFINITE = re.compile(r"\b(?:the|this|that|these|those) ((?:[a-z][a-z'-]+ ?){1,2})")
_HEAD_WORDS = 2
_FURTHEST = 50
_SHORTEST_NOUN = 3
_LONGEST_WORD = 12
_NARROWED = listed("of who whom whose that which where")

# A partner that stands somewhere before: "also", "both", "the same".
_PARTNER = re.compile(
    r"\b(?P<word>also|both(?!.* and\b)|too(?=[.,]? ?$)|the same|the others?|previously"
    r"|the previous|meanwhile|however|similar|likewise|instead(?! of\b)|as well(?! as\b)"
    r"|the second|the third)\b(?! (?:of the|to be|sides?)\b)"
)
_COUNTED = re.compile(
    r"(?P<word>one of the|some of the|two more|three more|\d+ more|two others?|three others?"
    r"|previous|much [a-z]+er are|there are (?:two|three|four|several)|among the|most of the)\b"
)
_POINTED = re.compile(
    rf"\s(?P<word>that's\s(?:how|why|what|when|where)"
    rf"|(?:this|these|those)\s(?!{PRESENT})[a-z]{{3,}})",
    re.VERBOSE,
)
_READER = re.compile(r"\byou(?:r|rself)?\b")
_QUOTED = re.compile(r"[\"“„«][^\"”“»]*[\"”“»]?")


def missing(lowers: Sequence[str], number: int) -> tuple[str, int] | None:
    """Find a thing that a sentence calls "the crane" and that an earlier one spoke of.

    Args:
        lowers: The sentences of an article, in lower case and in order.
        number: Which of them.

    Returns:
        The noun and the number of the sentence that speaks of it last before; of several the
        one that was spoken of last.
    """
    lower = lowers[number]
    best: tuple[str, int] | None = None
    for found in _DEFINITE.finditer(lower):
        # "The crane of the harbour" says itself which one.
        words = lower[found.start(1) : found.end() + _LONGEST_WORD].split()
        if any(word in _NARROWED for word in words[1 : 1 + _HEAD_WORDS]):
            continue
        for noun in _nouns(found[1]):
            on = _spoken_of(noun, lowers, number)
            if on is not None and (best is None or best[1] < on):
                best = noun, on
    return best


def _spoken_of(noun: str, lowers: Sequence[str], number: int) -> int | None:
    for earlier in range(number - 1, max(-1, number - 1 - _FURTHEST), -1):
        if noun in lowers[earlier]:
            return earlier
    return None


def partner(lower: str) -> str | None:
    """Return a word of a sentence that has its partner before it: "also"."""
    found = _COUNTED.match(lower) or _PARTNER.search(lower) or _POINTED.search(lower)
    return found["word"] if found else None


def addresses_reader(lower: str) -> bool:
    """Tell whether a sentence says "you" outside of quotations."""
    return "you" in lower and _READER.search(_QUOTED.sub(" ", lower)) is not None


def _nouns(phrase: str) -> list[str]:
    """Return what may be nouns of a phrase without its article."""
    found: list[str] = []
    for raw in phrase.split():
        if raw in _NO_NOUNS:
            break
        word = raw.removesuffix("'s")
        if len(word) > _SHORTEST_NOUN and not word.endswith(("ly", "ed", "ing")):
            found.append(word)
    return found
