"""Pronouns further on in a sentence, with nothing before them that they could mean."""

import re

from service.coherence.lexicon import (
    CALENDAR,
    FUNCTION_WORDS,
    GROUPS,
    MARKS,
    PERSONS,
    PLURALS,
    PREPOSITIONS,
    SUBORDINATORS,
    THINGS_IN_ER,
    listed,
)
from service.coherence.openings import PRESENT, points_back

_PRONOUN = re.compile(r" [\"“(]?(?P<word>he|she|they|it|him|them|this|these|those)\b(?!-)")
_HEARD_AGAIN = re.compile(r",[\"”]*\s(?:he|she|they|it)\b")
_POINTED = re.compile(
    rf"(?!\s(?:who|whose|with|without|in|from|one|of|to|and|days|(?:is|was)\sthe\s\w+\stime)\b)"
    rf"(?!\s\w+ing\b)"
    rf"(?!\s(?:[^\s,.]+\s){{0,2}}(?:{PRESENT}))\s[a-z]",
    re.VERBOSE,
)

# "opened it in May", but not "said it would" or "made it to".
_OBJECT_IT = re.compile(
    r" \W?it(?=[.,;]|\s(?:an?|the|as|in|on|at|for|with|by|from|into|up|down|out|off|away|already"
    r"|again|when|after|before|because)\b)"
)
# "had gone there": a place that was named before.
_THERE = re.compile(
    r"\s(?:lives?|lived|living|went|gone|going|go|been|moved|arrived|stayed|works?|worked|working"
    r"|died|headed|returned|get|got)\sthere(?=[.,;]|\s(?:to|for|in|on|are|is|were|was|since|and)\b)"
)

_PLACE = re.compile(r"\b(?:in|at|to|from|near|for) (?:the )?[A-Z]")

# What begins a sentence that comes to its subject later: "On Monday, he".
_OPENERS = (
    PREPOSITIONS | SUBORDINATORS | listed("asked speaking writing now today currently instead")
)
_PERSON_ENDINGS = ("er", "or", "ist", "ian", "man", "eer", "ant", "-old")
_NO_PLURALS = listed("was has does this its his always perhaps yes across thus plus less previous")
_CLAUSES = listed("said says say that who whose and")

# "Asked about Holm, he": what is said first is said of the one who comes now.
_DESCRIBING = re.compile(
    r"(?!According|During|Including|Regarding|Concerning|Considering|Nothing|Something|Everything)"
    r"(?:[A-Z][a-z]{2,}(?:ed|ing)|Born|Known|Seen|Shot|Found|Caught|Built|Held)\b[^,:;]*,[\"”]?\Z"
)

# A verb and its subject have at most so many words before "him" or "them".
_OBJECT_PREFIX = 4
# Behind more words something was named in a way that no list of words knows.
_REACH = 12


def unresolved(text: str, lower: str) -> str | None:
    """Return the first pronoun of a sentence if it means nothing that stands before it.

    Args:
        text: The sentence.
        lower: The same in lower case.
    """
    found = _PRONOUN.search(lower, 1)
    if found is None:
        return "there" if " there" in lower and _is_elsewhere(text, lower) else None
    word = found["word"]
    prefix = text[: found.start()]
    words = prefix.split()
    if word[:2] == "th" and word[2] in "io":
        near = len(words) <= _REACH or prefix.endswith(",")
        return word if near and _POINTED.match(lower, found.end()) else None
    if not words or _points_ahead(lower, words, found.end()):
        return None
    return None if _is_resolved(word, words, prefix, lower[found.start() :]) else word


def _is_elsewhere(text: str, lower: str) -> bool:
    """Tell whether "there" is a place that the sentence does not name."""
    found = _THERE.search(lower)
    return found is not None and _PLACE.search(text, 1, found.start()) is None


def _is_resolved(word: str, words: list[str], prefix: str, rest: str) -> bool:
    if _DESCRIBING.match(prefix):
        return False
    intro = prefix.rstrip("\"'”").endswith(",") and _opens_late(words[0])
    match word:
        case "it" if _is_bare_object(word, words) and _OBJECT_IT.match(rest):
            return False
        case "it":
            return not (intro and points_back(rest)) or _names_thing(words)
        case "him" | "them":
            return not _is_bare_object(word, words)
        case "they":
            return len(words) > _REACH or _names_several(words)
        case _:
            return _names_person(words, intro=intro)


def _opens_late(first: str) -> bool:
    lower = first.strip(MARKS).lower()
    return lower in _OPENERS or lower.endswith("ly")


def _points_ahead(lower: str, words: list[str], end: int) -> bool:
    """Tell whether what is meant may come behind: "When he arrived, Holm"."""
    if not _opens_late(words[0]) or any("," in one for one in words):
        return False
    comma = lower.find(",", end)
    return comma < 0 or _HEARD_AGAIN.match(lower, comma) is None


def _names_thing(words: list[str]) -> bool:
    """Tell whether an introduction names something: "In Lindmark", but not "In 2010"."""
    return any(
        word in ("a", "an", "the", "its")
        or (word[:1].isupper() and word.strip(MARKS).lower() not in CALENDAR)
        for word in words[1:]
    )


def _is_bare_object(word: str, words: list[str]) -> bool:
    """Tell whether only a subject and a verb stand before: "Police arrested him"."""
    if len(words) > _OBJECT_PREFIX or any("'s" in one or "," in one for one in words):
        return False
    if word == "them" and any(one.endswith("s") for one in words[1:-1]):
        return False
    return not any(one.lower() in _CLAUSES or one.lower() in _OPENERS for one in words)


def _names_several(words: list[str]) -> bool:
    return any(_may_be_several(one.strip(MARKS), number) for number, one in enumerate(words))


def _may_be_several(word: str, number: int) -> bool:
    lower = word.lower()
    if lower in CALENDAR or lower.endswith("'s"):
        return False
    if word[:1].isupper() and (number or not _opens_late(word)):
        return True
    return lower in PLURALS or (len(word) > 3 and word[-1] == "s" and lower not in _NO_PLURALS)


def _names_person(words: list[str], *, intro: bool) -> bool:
    """Tell whether "he" or "she" may be someone among these words."""
    before = ""
    for number, raw in enumerate(words):
        word = raw.strip(MARKS)
        lower = word.lower()
        named = word[:1].isupper() and _may_be_name(word, lower, number)
        # "At Harvard, he": what the introduction only mentions is not who is spoken of.
        aside = intro and before in PREPOSITIONS and not lower.endswith("'s")
        if (named and not aside) or (not named and is_person(lower.removesuffix("'s"))):
            return True
        if not named:
            before = lower
    return False


def _may_be_name(word: str, lower: str, number: int) -> bool:
    if lower in CALENDAR or (len(word) > 1 and word.isupper()):
        return False
    if number:
        return True
    return lower not in FUNCTION_WORDS and lower not in GROUPS and not _opens_late(word)


def is_person(lower: str) -> bool:
    """Tell whether a noun in lower case is one of people, by itself or by how it ends."""
    if lower in PERSONS:
        return True
    return len(lower) > 4 and lower.endswith(_PERSON_ENDINGS) and lower not in THINGS_IN_ER
