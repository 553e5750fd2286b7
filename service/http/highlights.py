"""Cuts a quoted text at the quotes within it, so that a page can mark them."""

from collections.abc import Sequence
from typing import NamedTuple

from service.answers import Quote


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: The part.
        rank: Of the quote that it is of, 1 for the first; 0 where it is of none.
    """

    text: str
    rank: int


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
