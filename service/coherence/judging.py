"""Says of each sentence of an article whether it can stand alone, else what it leans on.

Rules for English news, after the detectors of Zhang, Wan & Bansal (2023), "Extractive is not
Faithful" (arXiv 2209.03549): half of the faults of extractive summaries are references whose
antecedent was left behind.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from service.coherence import (
    descriptions,
    loose,
    names,
    notices,
    openings,
    references,
    speech,
)
from service.coherence.leaning import Leaning
from service.reading import Statement

_ITEM = re.compile(r"\s*(?:[–—•*]|-\s|\(?\d{1,2}(?:[.)]\s|,\s[\"“])|\(?[a-z]\)\s)")
_MIDDLE = re.compile(r"(?!(?:de|von|van|al|el|bin)\b)[a-z]+(?![A-Za-z.])")
_FEWEST_WORDS = 3

# Nothing beyond is looked at: no sentence meant for people is as long.
_MOST_CHARACTERS = 2_000


class Article:
    """The sentences of one article, each judged when it is asked for."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        """Take the sentences, in text order.

        Args:
            statements: They may have gaps; where places leave one, the sentence behind it has
                nothing to lean on directly.
        """
        self._statements = statements
        self._texts = [one.text[:_MOST_CHARACTERS].replace("’", "'") for one in statements]
        self._inside = speech.inside_quotations(self._texts)
        self._names = names.Names(self._texts)
        self._judged: dict[int, Leaning | None] = {}

    def leaning(self, number: int) -> Leaning | None:
        """Say what a sentence leans on, by its number; None for one that can stand alone."""
        if number not in self._judged:
            self._judged[number] = self._judge(number)
        return self._judged[number]

    def _judge(self, number: int) -> Leaning | None:
        statements, text = self._statements, self._texts[number]
        lower = _lower(text)
        within = number in self._inside
        follows = number and statements[number].place == statements[number - 1].place + 1
        before = number - 1 if follows else None
        reason = _fragment(text, within=within, has_capitals=self._has_capitals)
        reason = reason or notices.notice(text, lower)
        if reason is None and self._has_ends and not notices.ends(text):
            reason = "does not end as a sentence does"
        if reason:
            return Leaning(reason, None, directly=True)
        if reason := _unresolved(text, lower, within=within):
            return Leaning(reason, before, directly=True)
        # Nothing before an article's first sentence can have introduced what that speaks of.
        if statements[number].place > 1 and (noun := descriptions.described(text, lower)):
            on = descriptions.introduction(noun, self._lowers, number)
            reason = f"speaks of {'the ' + noun!r} without saying which"
            return Leaning(reason, before if on is None else on, directly=on is None)
        return self._loosely(number, text, lower, before)

    def _loosely(self, number: int, text: str, lower: str, before: int | None) -> Leaning | None:
        """Say what a sentence would better stand behind, though it can be understood alone."""
        if stranger := self._names.stranger(number):
            name, on = stranger
            return Leaning(f"does not say who {name!r} is", on, directly=False, loosely=True)
        if word := loose.partner(lower):
            reason = f"has {word!r}, which goes with a sentence before it"
            return Leaning(reason, before, directly=True, loosely=True)
        if introduced := loose.missing(self._lowers, number):
            noun, on = introduced
            reason = f"speaks of {'the ' + noun!r} without saying which"
            return Leaning(reason, on, directly=False, loosely=True, about=noun)
        if speech.leaves_open(text):
            return Leaning("leaves a quotation open", None, directly=True, loosely=True)
        if loose.addresses_reader(lower):
            return Leaning("speaks to the reader", None, directly=True, loosely=True)
        return None

    @cached_property
    def _has_ends(self) -> bool:
        """Whether sentences of the article end as sentences do; in some texts none does."""
        return sum(map(notices.ends, self._texts)) * 2 >= len(self._texts)

    @cached_property
    def _has_capitals(self) -> bool:
        """Whether sentences of the article begin with capitals; in some texts none does."""
        return len(self._texts) == 1 or any(text[:1].isupper() for text in self._texts)

    @cached_property
    def _lowers(self) -> list[str]:
        return [_lower(text) for text in self._texts]


def leanings(statements: Sequence[Statement]) -> list[Leaning | None]:
    """Judge the sentences of one article, each by itself and by what stands before it.

    Args:
        statements: Sentences of the article, in text order; see `Article`.

    Returns:
        For each sentence what it leans on; None for one that can stand alone.
    """
    article = Article(statements)
    return [article.leaning(number) for number in range(len(statements))]


def leanings_of(articles: Iterable[Sequence[Statement]]) -> list[Leaning | None]:
    """Judge the sentences of several articles; numbers run on from one to the next."""
    found: list[Leaning | None] = []
    for statements in articles:
        start = len(found)
        found += [
            one if one is None or one.on is None else replace(one, on=start + one.on)
            for one in leanings(statements)
        ]
    return found


def unmet(
    judged: Sequence[Leaning | None], statements: Sequence[Statement], chosen: Sequence[int]
) -> dict[int, Leaning]:
    """Find the sentences of a summary that lean on one which is not where they need it.

    Args:
        judged: What each sentence of the articles leans on.
        statements: The sentences, each article's in text order.
        chosen: Numbers of those in the summary, in the order in which it tells them.

    Returns:
        For the number of each chosen sentence that cannot stand there, what it leans on.
    """
    found: dict[int, Leaning] = {}
    for position, number in enumerate(chosen):
        leaning = judged[number]
        if leaning is None:
            continue
        before = chosen[max(0, position - 1) if leaning.directly else 0 : position]
        said = leaning.about and any(
            leaning.about in statements[one].text.lower() for one in before
        )
        if leaning.on not in before and not said:
            found[number] = leaning
    return found


def _lower(text: str) -> str:
    """Return a text in lower case, every character at its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _fragment(text: str, *, within: bool, has_capitals: bool) -> str | None:
    """Say why a sentence is of no use in a summary, whatever stands before it."""
    if not text[:1].isupper():
        if has_capitals and _MIDDLE.match(text):
            return "starts in the middle of a sentence"
        if _ITEM.match(text):
            return "is an item of a list"
    if text.rstrip(" .").endswith(":"):
        return "announces what comes after it"
    if notices.breaks_off(text):
        return "breaks off"
    if text.endswith("?"):
        return "asks what it does not answer"
    has_spaces = text.isascii() or " " in text  # Not all scripts put any.
    if has_spaces and text.count(" ") < _FEWEST_WORDS - 1 and not speech.has_marks(text):
        return "is no whole sentence"
    word = None if within else speech.first_person(text)
    return f"speaks as {word!r} without saying who that is" if word else None


def _unresolved(text: str, lower: str, *, within: bool) -> str | None:
    """Say why a sentence needs the one directly before it."""
    if within:
        return "is inside a quotation that began before it"
    if word := openings.points_back(lower):
        return f"starts with an unresolved {_as_written(word, text, lower)!r}"
    if word := openings.joins(lower):
        return f"has {_as_written(word, text, lower)!r}, which joins it to the sentence before"
    if reason := _quotation(text, lower):
        return reason
    word = references.unresolved(text, lower)
    return f"has an unresolved {word!r}" if word else None


def _quotation(text: str, lower: str) -> str | None:
    if speech.lacks_speaker(text, lower):
        return "is a quotation whose speaker is not named in it"
    if word := speech.said_by_pronoun(lower):
        return f"is said by an unresolved {word!r}"
    if speech.said_by_it(text):
        return "is said by an unresolved 'it'"
    if speech.has_marks(text) and speech.closes_foreign_quote(text):
        return "ends a quotation that began before it"
    return None


def _as_written(word: str, text: str, lower: str) -> str:
    at = lower.find(word)
    return text[at : at + len(word)]
