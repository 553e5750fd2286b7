"""What a question in a user's words asks for: plain words, quoted ones, and excluded ones."""

import re
from dataclasses import dataclass

from embeddings.errors import BadRequest
from service.words import stems

_MOST_CHARACTERS = 10_000

# Printed quotes beside more words than these came with a pasted headline: what they quote is
# part of what it says. Who types them in a question, on a telephone, asks in fewer words.
_MOST_BESIDE_PRINTED = 3

# Each is looked up by itself; more than these were pasted, not meant.
_MOST_PHRASES = 50

# A mark that no other closes is no quote, which is plain after so many characters.
_LONGEST_PHRASE = 1000

# A straight quote opens only where no word ends, so that 5" and rock'n'roll" are no quotes.
# Of the others, some languages end a quote with the sign that begins one in English.
_QUOTED = "|".join(
    f"(?<!\\w){opening}([^{closing}]{{0,{_LONGEST_PHRASE}}})[{closing}]"
    for opening, closing in [
        ('"', '"'),
        ("“", "”"),
        ("”", "”"),
        ("„", "“”"),
        ("«", "»"),
        ("»", "«»"),
    ]
)
_MARKED = re.compile(rf"(?P<minus>(?<!\S)-)?(?:{_QUOTED})|(?<!\S)-(?P<word>\w(?:[^\s\"“”„«»]*\w)?)")

_ENDS = re.compile(r"$|[^\w\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was understood.

    Attributes:
        text: What is embedded and searched by words: quoted words stay, excluded ones and the
            marks go.
        required: Words that must stand in every passage, next to each other and in order.
        excluded: Words that must not.
    """

    text: str
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse(given: str) -> Query:
    """Read what a user typed.

    Words in quotes must occur; a word or quote with a minus before it must not. A minus
    within a word is none, and a quote that is not closed is plain words. So are those in
    printed quotes (“ ”) in a pasted headline.

    Raises:
        BadRequest: It is too long, quotes nothing, asks for nothing but absence, or is not
            Unicode.
    """
    _check(given)
    required: list[str] = []
    excluded: list[str] = []
    is_headline = len(stems(_MARKED.sub(" ", given))) > _MOST_BESIDE_PRINTED

    def take(found: re.Match[str]) -> str:
        phrase = " ".join((found["word"] or _between(found)).split())
        if not any(map(str.isalnum, phrase)):
            raise BadRequest(
                f"{found.group().strip()[:60]!r} in the query quotes no words; put some between "
                "the quotes, or leave the quotes out."
            )
        is_excluded = bool(found["minus"] or found["word"])
        if is_excluded or not is_headline or found.group().startswith('"'):
            (excluded if is_excluded else required).append(phrase)
        if is_excluded:
            return ""
        # Where words follow at once, the mark was all that kept the two apart.
        return phrase if _ENDS.match(given, found.end()) else phrase + " "

    text = _MARKED.sub(take, given)
    if not required and not excluded:
        return Query(given if text == given else " ".join(text.split()))
    if not any(map(str.isalnum, text)):
        raise BadRequest(
            f"The query only says what must not occur ({', '.join(excluded)[:60]}); say what to "
            "look for, too."
        )
    if len(required) + len(excluded) > _MOST_PHRASES:
        raise BadRequest(
            f"The query has {len(required) + len(excluded)} quotes and exclusions; at most "
            f"{_MOST_PHRASES} are possible."
        )
    return Query(
        " ".join(text.split()),
        # What is said twice is asked for once.
        tuple(dict.fromkeys(required)),
        tuple(dict.fromkeys(excluded)),
    )


def _check(given: str) -> None:
    if len(given) > _MOST_CHARACTERS:
        raise BadRequest(
            f"The query has {len(given):,} characters, more than {_MOST_CHARACTERS:,}; "
            "to find articles like a long text, use `similar`."
        )
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise BadRequest("The query holds half a character (a lone surrogate).") from error


def _between(found: re.Match[str]) -> str:
    quoted = found.groups()[1:-1]  # Without the minus and the word.
    return next((words for words in quoted if words is not None), "")
