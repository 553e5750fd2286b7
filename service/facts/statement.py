"""All facts of each sentence of an article."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.facts.dates import Moment, moments
from service.facts.names import Person, people
from service.facts.quantities import Quantity, quantities
from service.facts.quotations import Speech, speeches
from service.terms import Folding

# Up to so many words of so many letters at a time: of a longer row, piece by piece, the same goes.
_NAME_BEGINNING = re.compile(
    r"\b(?:[A-Z][\w.-]{0,60}+(?:['’]s)?,?\s(?:&\s|of\s)?){1,12}(?=[A-Z][a-z])"
)


# Where a clause may end: what one article says in a sentence, the other may say in two.
_CLAUSE_END = re.compile(
    r",\s|[;:]\s|\s[—–-]{1,2}\s"
    r"|\s(?:and|but|as|after|while|which|that|when|where|who|because|before|although|though)\s"
)
_FEWEST_TERMS = 4

# No sentence of news is longer; of what is, facts are read up to here.
_MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Facts:
    """A sentence and what can be checked in it, each kind in the order of the text.

    Attributes:
        text: The sentence.
        clauses: Folded words that say something, clause by clause; a name of several words
            counts as its last one, since its first mention shares a title and a first name with
            many a sentence.
        quoted_terms: Those of them that stand between quotation marks.
        quantities: Counts, amounts and measures.
        moments: Days and times of day.
        people: Those named in full.
        speech: What is quoted, and who speaks.
    """

    text: str
    clauses: tuple[tuple[str, ...], ...]
    quoted_terms: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    people: tuple[Person, ...]
    speech: Speech


def read_facts(
    texts: Sequence[str], places: Sequence[int], published: str | None, folding: Folding
) -> list[Facts]:
    """Read the facts of an article's sentences.

    Args:
        texts: The sentences, in order.
        places: Their numbers in the article.
        published: The article's day, ISO 8601, if it is known.
        folding: How the words of the articles that are compared fold.
    """
    return [
        _facts(text, published, speech, folding)
        for text, speech in zip(texts, speeches(texts, places, folding), strict=True)
    ]


def _facts(text: str, published: str | None, speech: Speech, folding: Folding) -> Facts:
    head = text[:_MOST_CHARACTERS]
    when = moments(head, published, folding)
    counted = quantities(head, folding, [(one.start, one.end) for one in when])
    return Facts(
        text=text,
        clauses=tuple(_clauses(text, folding)),
        quoted_terms=tuple(
            term for start, end in speech.quoted for term in folding.terms(text[start:end])
        ),
        quantities=tuple(counted),
        moments=tuple(when),
        people=tuple(people(head, folding)),
        speech=speech,
    )


def _clauses(text: str, folding: Folding) -> list[tuple[str, ...]]:
    """Cut a sentence into clauses of enough words to say something; none is empty but one."""
    clauses: list[tuple[str, ...]] = []
    begun: list[str] = []
    distinct: set[str] = set()
    for part in _CLAUSE_END.split(_NAME_BEGINNING.sub("", text)):
        terms = folding.terms(part)
        begun += terms
        distinct.update(terms)
        if len(distinct) >= _FEWEST_TERMS:
            clauses.append(tuple(begun))
            begun, distinct = [], set()
    if begun and clauses:
        clauses[-1] += tuple(begun)
        begun = []
    return clauses or [tuple(begun)]
