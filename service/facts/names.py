"""Full names of people, and what they are or did: "referee Mark Holt", "Ruth Marlow's shot"."""

import re
from collections.abc import Iterator, Sequence
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
        return self.surname == other.surname and self.has_first_name_of(other)

    def has_first_name_of(self, other: "Person") -> bool:
        """Tell whether both may have the same first name, one of them in a short form."""
        names = (_RHYMED.get(self.first, self.first), _RHYMED.get(other.first, other.first))
        short, long = sorted(names, key=len)
        if len(short) == 1 or short == long:  # "T." may be of any name in T.
            return short == long[: len(short)]
        if short[: max(_NICKNAME, len(short) - 2)] == long[: max(_NICKNAME, len(short) - 2)]:
            return True  # "Tom" and "Tommy"
        letters = iter(long)  # "Jon" in "John", "Joe" in "Joseph", "Liz" in "Elizabeth"
        return len(short) >= _NICKNAME and all(letter in letters for letter in short)


# Short forms that are not made of letters of the name they stand for.
_RHYMED = {
    **{"bob": "rob", "bobby": "rob", "bill": "will", "billy": "will", "dick": "richard"},
    **{"ted": "ed", "jack": "john", "chuck": "charles", "peggy": "margaret", "meg": "margaret"},
    **{"hank": "henry", "harry": "henry", "molly": "mary", "sally": "sarah", "kate": "katherine"},
    **{"jim": "james", "jimmy": "james", "mike": "michael", "steve": "stephen", "tony": "anthony"},
}
_NICKNAME = 3
_WORD = r"[A-Z][a-z’']*[a-z](?:-[A-Z][a-z]+)?"
_NAME = re.compile(
    rf"\b(?P<first>{_WORD}|[A-Z]\.)\s"
    r"(?:[A-Z]\.\s|(?:de|van|von|der|bin|al|di|da|le|la)\s){0,6}"
    rf"(?P<surname>{_WORD})\b(?!\s[A-Z][a-z])"
)
# These begin names of places, storms and companies, or stand before a name without being of it.
_LISTED = """
    the a an in on at of and but for with from when as after before port new north south east west
    cape lake mount river saint st fort san los las el la storm hurricane cyclone typhoon mr mrs ms
    dr sir lady lord miss sister brother father president premier minister judge justice king queen
    prince princess pope general colonel captain major sergeant detective inspector officer
    professor senator governor mayor chancellor secretary ambassador coach manager referee now then
    yet still also only even here there this that these those some many most his her their its our
"""
_NO_FIRST_NAME = frozenset(_LISTED.split())
# These end names of places, bodies and games.
_LISTED_LAST = """
    palace street road avenue square bridge park court house hall university college school hospital
    church council department ministry agency police party league cup united city town county island
    islands river bay beach valley hotel airport station stadium center centre bank group company
    times post news press act prize award championship open coach
"""
_NO_SURNAME = frozenset(_LISTED_LAST.split())

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
_OFFICE_NOUN = re.compile(rf"\b{_OFFICE}\b", re.IGNORECASE)
_OF = r"(?:\s(?:of|for|at)\s(?:the\s)?(?P<of>[A-Z][\w'’-]*(?:\s[A-Z][\w'’-]*)*))?"
_TO_NAME = re.compile(rf"{_OF},?\s")  # Between an office and the name behind it.
_AFTER_OFFICE = re.compile(_OF)
# Between a name and the office behind it: at most three words, of which names say whose.
_FROM_NAME = re.compile(r",\s(?:[\w'’-]+\s){0,4}")
_MOST_MODIFIERS = 3
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
        if match["surname"].lower() in _NO_SURNAME:
            continue
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
    before, behind = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    for found in _OFFICE_NOUN.finditer(before):
        if to_name := _TO_NAME.fullmatch(before, found.end()):
            modifiers = before[: found.start()].split()[-_MOST_MODIFIERS:]
            return _office_of(found[0], modifiers, to_name["of"], folding)
    found_behind = _OFFICE_NOUN.search(behind)
    if found_behind and _FROM_NAME.fullmatch(behind, 0, found_behind.start()):
        modifiers = behind[1 : found_behind.start()].split()[-_MOST_MODIFIERS:]
        after = _AFTER_OFFICE.match(behind, found_behind.end())
        return _office_of(found_behind[0], modifiers, after["of"] if after else None, folding)
    return frozenset(), frozenset()


def _office_of(
    office: str, modifiers: Sequence[str], of: str | None, folding: Folding
) -> tuple[frozenset[str], frozenset[str]]:
    names = [*modifiers, *(of or "").split()]
    whose = frozenset(
        folding.name(word) for word in names if word[0].isupper() and is_content_word(word)
    )
    return frozenset(folding.terms(office.lower())), whose


def _deed(text: str, start: int, end: int, folding: Folding) -> str:
    """Return what is said to be this person's: "Marlow's low cross", "a cross from Marlow"."""
    if own := _OWN.match(text, end):
        terms = folding.terms(" ".join(takewhile(is_content_word, own[1].split())))
        return terms[-1] if terms else ""
    source = _FROM.search(text[max(0, start - _REACH) : start])
    terms = folding.terms(source[1]) if source else []
    return terms[-1] if terms else ""
