"""Labels every block of an article: what is running text, what is furniture, and why."""

from itertools import islice

from embeddings.article import Block, Label
from embeddings.furniture import cues
from embeddings.furniture.cuts import LONGEST_CAPTION, Piece, cut_text
from embeddings.furniture.patterns import SLUG_ALONE, SLUG_ENDS
from embeddings.furniture.place import label_lists, label_opening, label_rest
from embeddings.furniture.rules import RULES


def label_blocks(text: str, *, title: str = "") -> list[Block]:
    """Label every block of a text, and say why.

    A block's own words decide first, then its place, then its shape. The words are
    English ones; headings, addresses, links and missing stops are seen in any language.
    In doubt a block is body: nothing that is only furniture by its place or shape is
    kept from the reader where no other text is left.

    Args:
        text: An article, plain or Markdown.
        title: Its headline where it is known; a line that repeats it is a headline.

    Returns:
        Blocks in text order that do not overlap, each span stripped and not empty. Between
        them is nothing but whitespace.
    """
    headline = _letters(title) if title else None
    pieces = [_by_words(piece, headline) for piece in cut_text(text)]
    pieces = label_rest(label_opening(label_lists(pieces)))
    if all(piece.label != Label.BODY for piece in pieces):
        pieces = [_only_text(piece) for piece in pieces]
    return [Block(piece.span, piece.label or Label.BODY, piece.reason) for piece in pieces]


def _by_words(piece: Piece, headline: str | None) -> Piece:
    """Label a piece by its own words, if they are those of furniture.

    Args:
        piece: The piece.
        headline: The letters of the article's title, if it is known.
    """
    if piece.label is not None:
        return piece
    if headline is not None and _repeats(piece.words, headline):
        return piece.marked(Label.HEADLINE, "It repeats the title.")
    if not any(map(str.isalnum, piece.raw)):
        return piece.marked(Label.BOILERPLATE, "It holds no words, only marks.")
    for rule in RULES:
        if len(piece.raw) <= rule.most and rule.pattern.match(piece.words):
            return piece.marked(rule.label, rule.reason)
    return _by_marks(piece)


def _repeats(words: str, headline: str) -> bool:
    # One letter more than there should be is enough to tell.
    letters = islice(filter(str.isalnum, words.casefold()), len(headline) + 1)
    return "".join(letters) == headline


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, words.casefold()))


def _by_marks(piece: Piece) -> Piece:
    """Label a piece by Markdown, by a credit that followed it, or by the way captions speak."""
    raw = piece.raw
    if raw.startswith("#") and raw.lstrip("#").startswith((" ", "\t")):
        return piece.marked(Label.HEADLINE, "It is marked as a heading.")
    if cues.only_links(raw):
        return piece.marked(Label.RELATED, "It is nothing but links.")
    if raw[-1] in SLUG_ENDS and SLUG_ALONE.match(raw):
        return piece.marked(Label.DATELINE, "It is a place or an agency and nothing else.")
    if cues.in_brackets(raw) and not piece.stopped:
        return piece.marked(
            Label.RELATED, "It stands in square brackets, as a link in passing does."
        )
    if piece.credited and (not cues.reports(piece.words) or cues.is_dated(piece.words)):
        return piece.marked(Label.CAPTION, "A picture credit follows in the same paragraph.")
    if len(raw) <= LONGEST_CAPTION and cues.describes_picture(piece.words, piece.stopped):
        return piece.marked(Label.CAPTION, "It describes a picture: who is seen, where and when.")
    return piece


def _only_text(piece: Piece) -> Piece:
    """Give back to the body what was judged by its place or shape, where nothing else is left."""
    if piece.label in (Label.HEADLINE, Label.CAPTION) and not piece.raw.startswith("#"):
        return piece.marked(Label.BODY, "There is no other text.")
    return piece
