"""Quotations without their speaker, and speakers that are only "I"."""

import re
from collections.abc import Sequence

from service.coherence.lexicon import SAYING

_SAYING = "|".join(sorted(SAYING))
_SAID = re.compile(rf"\b(?:{_SAYING}|according)\b")
# "The talks have failed, he said": the speaker is there, but only as a pronoun.
_SAID_BY_PRONOUN = re.compile(
    rf"[,?!][\"”']*\s(?P<word>he|she|they)\s(?:also\s|has\s|had\s|later\s)?(?:{_SAYING})\b"
)
_NAME = re.compile(r"\b[A-Z]")
# The same right behind a quotation.
_OWN_PRONOUN = re.compile(r"[\s,.]*(?:(?:he|she|they|it)\s\w|\w+\s(?:he|she|they|it)\b)")

# A quotation mark that can only close: something before it, nothing or a space behind it.
_CLOSING = re.compile(r"(?<=\S)[\"”»](?=[\s,.;:!?)\]]|$)")
_MARK = re.compile(r"[\"“”„«»]")
_QUOTED = re.compile(r"[\"“„«][^\"”“»]*[\"”“»]?")
_OPENING = ('"', "“", "„", "«")
_OPENS_SINGLE = re.compile(r"['‘][A-Z]")
_CLOSES_SINGLE = re.compile(r"[.,?!]'")
# Fewer words beside a quotation do not tell who speaks, and a shorter one may be a title.
_FEWEST_OUTSIDE = 3
_LONGEST_TITLE = 40
# A quotation that is not closed after so many sentences was not one.
_LONGEST = 6

# Not "World War I", "Type I".
_I = re.compile(r"(?<![^\s(—–-])(?<!War )(?<!Act )(?<!Type )(?<!Part )I(?='|\s[a-z])(?!\sof\b)")
_WE = re.compile(
    r" (?P<word>[Ww]e|us|me|[Mm]y|[Oo]ur|[Ll]et(?='s))(?=['\s.,])"
    r"(?!\s(?:solar|planet|galaxy|world|sun\b|universe|species|ancestors|oceans|own\b))"
)


def has_marks(text: str) -> bool:
    """Tell whether there are quotation marks in a text."""
    return any(mark in text for mark in '"“”«„»') if not text.isascii() else '"' in text


def lacks_speaker(text: str, lower: str) -> bool:
    """Tell whether a sentence is a quotation that does not go on with who said it."""
    if _OPENS_SINGLE.match(text):
        return _SAID.search(lower) is None and not _CLOSES_SINGLE.search(text, 0, len(text) - 2)
    if not text.startswith(_OPENING):
        return False
    outside = _QUOTED.sub(" ", lower)
    if _OWN_PRONOUN.match(outside):
        return True
    if _SAID.search(outside):
        return False
    return len(outside.split()) < _FEWEST_OUTSIDE or len(text) - len(outside) > _LONGEST_TITLE


def said_by_pronoun(lower: str) -> str | None:
    """Return the pronoun of a speaker in a sentence in lower case."""
    if " he " in lower or " she " in lower or " they " in lower:
        found = _SAID_BY_PRONOUN.search(lower)
        return found["word"] if found else None
    return None


def said_by_it(text: str) -> bool:
    """Tell whether a sentence that names nobody ends with "it said"."""
    return text.endswith((", it said.", ", it added.")) and _NAME.search(text, 1) is None


def closes_foreign_quote(text: str) -> bool:
    """Tell whether the first quotation mark of a sentence is one that closes."""
    first = _MARK.search(text)
    return first is not None and _CLOSING.match(text, first.start()) is not None


def first_person(text: str) -> str | None:
    """Return "I" or "we" where no quotation tells who that is."""
    speaks = "I " in text or "I'" in text
    found = _WE.search(" " + text)
    if not found and not speaks:
        return None
    if has_marks(text):
        if closes_foreign_quote(text):
            return None
        text = _QUOTED.sub(" ", text)
        found = _WE.search(" " + text)
    if speaks and _I.search(text):
        return "I"
    return found["word"] if found else None


def inside_quotations(texts: Sequence[str]) -> set[int]:
    """Return the numbers of sentences between one that opens a quotation and one that ends it.

    Args:
        texts: The sentences of an article, in order.
    """
    inside: set[int] = set()
    opened: int | None = None
    for number, text in enumerate(texts):
        if has_marks(text):
            if opened is not None and closes_foreign_quote(text):
                inside.update(range(opened + 1, number))
            opened = number if leaves_open(text) else None
        elif opened is not None and number - opened >= _LONGEST:
            opened = None
    return inside


def leaves_open(text: str) -> bool:
    """Tell whether the last quotation of a sentence goes on in the next one."""
    if not has_marks(text):
        return False
    marks = _MARK.findall(text)
    return marks[-1] in "“„«" or (marks[-1] == '"' and len(marks) % 2 == 1)
