"""People and things called by what they are, "the company", and not by which one is meant."""

import re
from collections.abc import Sequence

from service.coherence.lexicon import (
    CALENDAR,
    FUNCTION_WORDS,
    KNOWN,
    MARKS,
    NOUNS,
    PREPOSITIONS,
    SAYING,
    VERBS,
    listed,
)

# A noun with one of these behind it says itself what it means: "the man who robbed the bank".
_NARROWING = (
    PREPOSITIONS - listed("over under about following despite amid during after via")
) | listed(
    "who whom whose that which where named known called accused suspected convicted responsible "
    "involved wanted dubbed to described featuring containing showing"
)
_UNIQUE = listed("first last only final entire whole main")
_NO_MODIFIERS = _UNIQUE | SAYING | FUNCTION_WORDS | PREPOSITIONS
_INDEFINITE = listed("a an one two three four five another some several other")

# So many words stand between "the" and its noun at most, and between "a" and it.
_MODIFIERS = 3
_APPOSITION = 4

# Where a subject begins: at the beginning, behind "when" or "most of", or behind an introduction
# that names nothing.
_SUBJECT = re.compile(
    r"(?:(?:after|as|because|before|if|once|since|until|when|while)\s|(?:[a-z]+\s){1,3}of\s)?the\s"
)
_INTRODUCED = re.compile(
    r"(?:after|at|before|by|during|for|if|in|on|since|when|with)\s[^,]{1,60}, the\s"
)
_CAPITAL = re.compile(r"[A-Z]")
_AT_START = len("the ")
_LONGEST_SUBJECT = 120

_LATER = re.compile(
    r" the (?P<word>two|three|four|five|six|pair|duo|trio|couple|man|woman|boy|girl|suspects?"
    r"|victims?|driver|child|teen|teenager|gunman|baby|pilot|player|officer|singer|actor|actress"
    r"|student|men|women|\d+-year-old)\b(?![-'])"
)
_NUMBERS = listed("two three four five six")
_COUNTS = _NUMBERS | listed("pair duo trio couple")
_COUNTED = re.compile(r"\b(?:and|two|three|four|five|six|both|couple|pair)\b")
_NOT_COUNTED_AGAIN = re.compile(
    r"\s(?:days|weeks|months|years|hours|minutes|decades|sides|largest|biggest|main|most|best|major"
    r"|of|in|who|are|[a-z]+est)\b"
    r"|\s(?![a-z]+ed\s)[a-z-]+\s(?:who|that|which|in|of|from|at|on|to)\b"
)
_SAID = re.compile(r"(?:[,!?][\"”']*|\b(?:said|says?|believes?|told)(?:\s\w+)?(?:\sthat)?)\Z")
_SOMEONE = re.compile(r"\b(?:an?|one|two|three)\b")
_NAME = re.compile(r"[A-Z][a-z]+[\s-][A-Z]")
_BESIDE = 30


def described(text: str, lower: str) -> str | None:
    """Return a noun that names someone or something named before, such as "company".

    Args:
        text: The sentence.
        lower: The same in lower case.
    """
    begins = _SUBJECT.match(lower) or _INTRODUCED.match(lower)
    if begins:
        end = begins.end()
        at_start = end == _AT_START
        if at_start or not _CAPITAL.search(text, 1, end):
            noun = _subject(text[end : end + _LONGEST_SUBJECT].split(), at_start=at_start)
            if noun:
                return noun
    # The space put before the sentence moves every place by one.
    found = _LATER.search(" " + lower)
    if found is None or _is_told(found["word"], text, found.start() - 1, found.end() - 1):
        return None
    return found["word"]


def _is_told(word: str, text: str, start: int, end: int) -> bool:
    """Tell whether the sentence says who it calls so from `start` to `end`."""
    before = text[: max(start, 0)]
    if word in _COUNTS:
        counted = _NOT_COUNTED_AGAIN.match(text, end) or _COUNTED.search(before)
        return counted is not None or (start < 0 and word not in _NUMBERS)
    if word[0].isdigit():
        return bool(_NAME.search(text, end, end + _BESIDE) or _NAME.search(before))
    following = text[end : end + _BESIDE].split()
    if following and following[0].strip(MARKS) in _NARROWING:
        return True
    said = _SAID.search(before)
    # Who says it is somebody else.
    named = said is not None and said[0][0] in ",!?" and _NAME.search(before)
    return said is None or bool(named) or _SOMEONE.search(before) is not None


def _subject(words: list[str], *, at_start: bool) -> str | None:
    """Return the noun of the subject behind "the", if nothing says which one is meant.

    Args:
        words: What stands behind "the".
        at_start: Whether the sentence begins there; only then any noun before a verb counts.
    """
    before = ""
    for number, raw in enumerate(words[: _MODIFIERS + 1]):
        word = raw.strip(MARKS)
        noun = word.removesuffix("'s")
        if word[:1].isupper():
            return None
        if noun in NOUNS and not _goes_on(words, number):
            return None if _is_narrowed(words, number) else noun
        if before and (word in VERBS or word.endswith("ed")):
            return before if at_start and before not in KNOWN else None
        if _is_no_modifier(raw):
            return None
        if not word.endswith("ly"):
            before = word
    return None


def _is_no_modifier(raw: str) -> bool:
    """Tell whether a noun behind this word is another subject's, or the only one of its kind."""
    superlative = raw.endswith("est") and raw != "latest"
    return raw in _NO_MODIFIERS or superlative or not raw.replace("-", "").isalnum()


def _goes_on(words: list[str], number: int) -> bool:
    """Tell whether the noun belongs to a longer one: "the company officials"."""
    return words[number].isalpha() and number + 1 < len(words) and words[number + 1] in NOUNS


def _is_narrowed(words: list[str], number: int) -> bool:
    following = words[number + 1 : number + 1 + _APPOSITION]
    if words[number].endswith(","):  # "The company, Acme, said"
        return any(
            one[:1].isupper() and one.strip(MARKS).lower() not in CALENDAR for one in following
        )
    if not following or not words[number].isalpha():
        return False
    word = following[0].strip(MARKS)
    return word[:1].isupper() or word in _NARROWING


# Readers have forgotten what was introduced more sentences ago.
_FURTHEST = 50


def introduction(noun: str, lowers: Sequence[str], number: int) -> int | None:
    """Return the number of the last sentence that introduces a noun: "a company".

    Args:
        noun: As `described` gives it.
        lowers: The sentences of the article, in lower case.
        number: Which of them speaks of it.
    """
    if noun in _NUMBERS:
        return None
    for earlier in range(number - 1, max(-1, number - 1 - _FURTHEST), -1):
        if noun in lowers[earlier] and _introduces(lowers[earlier], noun):
            return earlier
    return None


def _introduces(lower: str, noun: str) -> bool:
    words = [word.strip(MARKS) for word in lower.split()]
    return any(
        word == noun and not _INDEFINITE.isdisjoint(words[max(0, number - _APPOSITION) : number])
        for number, word in enumerate(words)
    )
