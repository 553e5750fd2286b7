"""Full names of people, and what they are or did: "referee Mark Holt", "Ruth Marlow's shot"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from service.terms import Folding
from service.words import is_content_word


@dataclass(frozen=True, slots=True)
class Person:
    """A person named in full.

    Attributes:
        start: Where the name starts in the sentence.
        end: Where it ends.
        first: The folded first name.
        surname: The folded last one.
        office: Folded words of an office that one person at a time holds, such as
            {"prime", "minist"}; empty if none is named.
        of: Folded names in the office: of which country, town or company.
        deed: Folded noun of what is said to be this person's, "shot", or "".
    """

    start: int
    end: int
    first: str
    surname: str
    office: frozenset[str]
    of: frozenset[str]
    deed: str

    def may_be(self, other: "Person") -> bool:
        """Tell whether both names may be of one person."""
        return self.surname == other.surname and self._has_first_name_of(other)

    def shares_a_name_with(self, other: "Person") -> bool:
        """Tell whether the names have their first or their last part in common."""
        return self.surname == other.surname or self._has_first_name_of(other)

    def _has_first_name_of(self, other: "Person") -> bool:
        # "Tom" and "Tommy" are one, "T." may be either.
        reach = min(_NICKNAME, len(self.first), len(other.first))
        return self.first[:reach] == other.first[:reach]


_NICKNAME = 3
_WORD = r"[A-Z][a-z’'-]*[a-z](?:-[A-Z][a-z]+)?"
_NAME = re.compile(
    rf"\b(?P<first>{_WORD}|[A-Z]\.)\s"
    r"(?:[A-Z]\.\s|(?:de|van|von|der|bin|al|di|da|le|la)\s)*"
    rf"(?P<surname>{_WORD})\b(?!\s[A-Z][a-z])"
)
# These begin names of places, storms and companies, or stand before a name without being of it.
_LISTED = """
    the a an in on at of and but for with from when as after before port new north south east west
    cape lake mount river saint st fort san los las el la storm hurricane cyclone typhoon mr mrs ms
    dr sir lady lord miss sister brother father president premier minister judge justice king queen
    prince princess pope general colonel captain major sergeant detective inspector officer
    professor senator governor mayor chancellor secretary ambassador coach manager referee
"""
_NO_FIRST_NAME = frozenset(_LISTED.split())

# What one person at a time is, in an office or in an event; of strikers and witnesses there are
# several.
_OFFICE = (
    r"(?:president|premier|prime\sminister|chancellor|king|queen|pope|mayor|governor"
    r"|chief\sexecutive(?:\sofficer)?|chief\sfinancial\sofficer|finance\s(?:chief|director)|ceo|cfo"
    r"|chairman|chairwoman|chair|chairperson|referee|head\scoach|coach|manager|captain"
    r"|goalkeeper|judge|magistrate|prosecutor|lead\sauthor|lead\sresearcher|first\sauthor"
    r"|director(?:\sgeneral)?|ambassador|commander|coroner"
    r"|(?:defen[cs]e|foreign|interior|finance|health|justice|transport|economy|education|energy)"
    r"\sminister)"
)
_MODIFIERS = r"((?:[A-Za-z][\w'’-]*\s){0,3}?)"
_OF = r"(?:\s(?:of|for|at)\s(?:the\s)?((?:[A-Z][\w'’-]*\s?)+))?"
_BESIDE = (
    re.compile(rf"{_MODIFIERS}\b({_OFFICE}){_OF},?\s$", re.IGNORECASE),
    re.compile(
        rf",\s(?:the\s|a\s|its\s|their\s|who\sis\s)?{_MODIFIERS}\b({_OFFICE})\b{_OF}", re.IGNORECASE
    ),
)
_REACH = 60
_OWN = re.compile(r"['’]s\s((?:[a-z][a-z-]*\s?){1,3})")
_FROM = re.compile(r"\b([a-z]{3,})\s(?:from|by)\s$")


def people(text: str, folding: Folding) -> list[Person]:
    """Return the people who are named in full in a sentence, in order."""
    return list(_people(text, folding))


def _people(text: str, folding: Folding) -> Iterator[Person]:
    start = 0
    while match := _NAME.search(text, start):
        if match["first"].lower() in _NO_FIRST_NAME:
            start = match.end("first")
            continue
        start = match.end()
        surname = match["surname"].removesuffix("’s").removesuffix("'s")
        end = match.start("surname") + len(surname)
        office, of = _office(text, match.start(), end, folding)
        yield Person(
            start=match.start(),
            end=end,
            first=folding.name(match["first"]).rstrip("."),
            surname=folding.name(surname),
            office=office,
            of=of,
            deed=_deed(text, match.start(), end, folding),
        )


def _office(
    text: str, start: int, end: int, folding: Folding
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the office that is named beside a name, and whose it is."""
    before, behind = _BESIDE
    found = before.search(text[max(0, start - _REACH) : start]) or behind.match(text, end)
    if found is None:
        return frozenset(), frozenset()
    of = {
        folding.name(word) for word in f"{found[1]} {found[3] or ''}".split() if word[0].isupper()
    }
    return frozenset(folding.terms(found[2].lower())), frozenset(of)


def _deed(text: str, start: int, end: int, folding: Folding) -> str:
    """Return what is said to be this person's: "Marlow's low cross", "a cross from Marlow"."""
    if own := _OWN.match(text, end):
        terms = folding.terms(" ".join(takewhile(is_content_word, own[1].split())))
        return terms[-1] if terms else ""
    source = _FROM.search(text[max(0, start - _REACH) : start])
    terms = folding.terms(source[1]) if source else []
    return terms[-1] if terms else ""
