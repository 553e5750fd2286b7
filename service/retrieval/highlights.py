"""Cuts a quoted text at the quotes within it, so that a page can mark or shade them."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from service.answers import Explanation, Quote

_SHADES = 5

_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: The part.
        rank: Of the quote that it is of, 1 for the first; 0 where it is of none.
    """

    text: str
    rank: int


class Shade(NamedTuple):
    """A part of a sentence.

    Attributes:
        text: The part.
        strength: How much of the meaning it carried, from 1 to 5; 0 for nothing.
        score: The same in numbers.
    """

    text: str
    strength: int
    score: float


def cut(text: str, start: int, quotes: Sequence[Quote]) -> list[Piece]:
    """Cut a text at quotes.

    Args:
        text: A part of an article's text.
        start: Where it starts in the article's text.
        quotes: Quotes of the same article; where two overlap, the earlier one counts.

    Returns:
        Pieces that, joined, are the text again.
    """
    ranks = [0] * len(text)
    for rank, quote in reversed([*enumerate(quotes, 1)]):
        for place in range(max(0, quote.start - start), min(len(text), quote.end - start)):
            ranks[place] = rank
    pieces: list[Piece] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or ranks[end] != ranks[begin]:
            pieces.append(Piece(text[begin:end], ranks[begin]))
            begin = end
    return pieces


def closed_up(text: str) -> str:
    """Return a text with no more than one empty line in a row."""
    return _EMPTY_LINES.sub("\n\n", text)


def shade(explanation: Explanation) -> list[Shade]:
    """Cut an explained sentence at its words, each shaded by its share of the greatest one.

    Returns:
        Pieces that, joined, are the sentence again.
    """
    most = max((word.score for word in explanation.words), default=0.0)
    sentence = explanation.sentence
    pieces: list[Shade] = []
    place = sentence.start
    for word in explanation.words:
        if word.start > place:
            pieces.append(
                Shade(sentence.text[place - sentence.start : word.start - sentence.start], 0, 0.0)
            )
        strength = math.ceil(_SHADES * word.score / most) if word.score > 0 else 0
        pieces.append(Shade(word.text, strength, word.score))
        place = word.end
    pieces.append(Shade(sentence.text[place - sentence.start :], 0, 0.0))
    return [piece for piece in pieces if piece.text]
