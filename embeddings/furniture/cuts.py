"""Where a text's blocks begin and end, before anybody asks what they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from embeddings.article import Label, Span
from embeddings.furniture.cues import plain, stops, word_count
from embeddings.furniture.patterns import BYLINE_BEFORE_SLUG, CREDIT_AT_END, SIGN_OFF, SLUG

_WIDEST_WRAP = 100  # hard-wrapped text stands at 60 to 80 columns; quoting marks add a few
_WRAPPED_SHARE = 0.3  # of second lines begin with a small letter where text is hard-wrapped
_FRONT_MATTER_LINES = 60
_SLUG_BLOCKS = 8  # further down, capitals before a dash are a heading within a list
_LONGEST_SLUG = 140
_LONGEST_CREDIT = 140
_LONGEST_SIGN_OFF = 280
LONGEST_CAPTION = 700

_FRONT_MATTER_LINE = re.compile(r"[\w-]{1,40}\s*:|-\s|#")
_ENDS_HERE = re.compile(r"#{1,6}\s|[\W_]*$")
_STARTS_ANEW = re.compile(r"#{1,6}\s|[-*+•▪►]\s|\d{1,2}[.)]\s|>|\||[\W_]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A block on its way to a label.

    Attributes:
        span: Where it stands; stripped and not empty.
        raw: The text there.
        words: Its beginning without markup.
        stopped: Whether it ends with a stop.
        credited: Whether a picture credit was cut from its end.
        label: What it is, or None until a rule has spoken.
        reason: Why, or "".
    """

    span: Span
    raw: str
    words: str
    stopped: bool
    credited: bool = False
    label: Label | None = None
    reason: str = ""

    def marked(self, label: Label, reason: str) -> "Piece":
        """Return the same piece with a label and its reason."""
        return replace(self, label=label, reason=reason)


def cut_text(text: str) -> list[Piece]:
    """Cut a text into pieces: front matter, paragraphs, and what is cut from their ends.

    A paragraph ends at a blank line. Lines that follow each other directly are one
    paragraph where the text is hard-wrapped, and one paragraph each where it is not. An
    agency slug at a paragraph's beginning and a credit at its end are pieces of their own.

    Returns:
        Pieces in text order that do not overlap, with nothing but whitespace between them;
        those cut by what they say bear a label already.
    """
    lines = list(_lines(text))
    count = _front_matter(text, lines)
    pieces = [_piece(text, lines[0].start, lines[count - 1].end)] if count else []
    pieces = [piece.marked(Label.BOILERPLATE, "It is front matter.") for piece in pieces]
    paragraphs = _paragraphs(text, lines[count:])
    width = _wrap_width(text, paragraphs)
    blocks = [block for lines in paragraphs for block in _join(text, lines, width)]
    for number, block in enumerate(blocks):
        pieces += _split(text, block.start, block.end, opening=number < _SLUG_BLOCKS)
    return pieces


def _piece(text: str, start: int, end: int, *, credited: bool = False) -> Piece:
    raw = text[start:end]
    start += len(raw) - len(raw.lstrip())
    raw = raw.strip()
    return Piece(Span(start, start + len(raw)), raw, plain(raw), stops(raw), credited)


def _split(text: str, start: int, end: int, *, opening: bool) -> Iterator[Piece]:
    """Cut byline and slug from a paragraph's beginning, credit or sign-off from its end."""
    byline = BYLINE_BEFORE_SLUG.match(text, start, min(end, start + _LONGEST_SLUG))
    if byline:
        reason = "It begins with “By” and a name, before the place."
        yield _piece(text, start, byline.end()).marked(Label.BYLINE, reason)
        start = byline.end()
    slug = SLUG.match(text, start, min(end, start + _LONGEST_SLUG))
    if slug and (opening or slug.group().rstrip()[-1] not in "-–—―" or ")" in slug.group()):
        reason = "It names the place or the agency before the first sentence."
        yield _piece(text, start, slug.end()).marked(Label.DATELINE, reason)
        start = slug.end()
    yield from _split_end(text, start, end)


def _split_end(text: str, start: int, end: int) -> Iterator[Piece]:
    sign_off = credit = None
    if text[end - 1] == ")":
        sign_off = SIGN_OFF.search(text, max(start, end - _LONGEST_SIGN_OFF), end)
    # A credit ends with a full stop only where a slash stands between names.
    if text[end - 1] != "." or text.find("/", max(start, end - _LONGEST_CREDIT), end) >= 0:
        credit = CREDIT_AT_END.search(text, max(start, end - _LONGEST_CREDIT), end)
    if sign_off and _has_words(text, start, sign_off.start()):
        yield _piece(text, start, sign_off.start())
        reason = "It names who reported, wrote or edited the text."
        yield _piece(text, sign_off.start(), end).marked(Label.BYLINE, reason)
    elif credit and end - start <= LONGEST_CAPTION and _has_words(text, start, credit.start()):
        yield _piece(text, start, credit.start(), credited=True)
        reason = "It closes a caption and says whose picture it is."
        yield _piece(text, credit.start(), end).marked(Label.CREDIT, reason)
    else:
        yield _piece(text, start, end)


def _has_words(text: str, start: int, end: int) -> bool:
    """Tell whether enough is left for a credit or a sign-off to close."""
    return not text.startswith("#", start) and word_count(text[start:end]) >= 3


def _lines(text: str) -> Iterator[Span]:
    """Yield the stripped span of every line that holds more than whitespace."""
    start = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare:
            lead = len(line) - len(line.lstrip())
            yield Span(start + lead, start + lead + len(bare))
        start += len(line) + 1


def _front_matter(text: str, lines: list[Span]) -> int:
    """Return how many of the first lines are front matter between two `---`."""
    if not lines or lines[0].of(text) != "---":
        return 0
    for number, line in enumerate(lines[1:_FRONT_MATTER_LINES], start=1):
        if line.of(text) == "---":
            return number + 1 if number > 1 else 0
        if not _FRONT_MATTER_LINE.match(text, line.start, line.end):
            return 0
    return 0


def _paragraphs(text: str, lines: list[Span]) -> list[list[Span]]:
    """Group lines that have no blank line between them."""
    paragraphs: list[list[Span]] = []
    for line in lines:
        if paragraphs and text.count("\n", paragraphs[-1][-1].end, line.start) == 1:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _wrap_width(text: str, paragraphs: list[list[Span]]) -> int:
    """Return the column at which the text is hard-wrapped, or 0 if it is not."""
    seconds = [line for lines in paragraphs for line in lines[1:]]
    small = sum(text[line.start].islower() for line in seconds)
    if small <= _WRAPPED_SHARE * len(seconds):
        return 0
    lengths = [len(line) for lines in paragraphs if len(lines) > 1 for line in lines]
    return max((length for length in lengths if length <= _WIDEST_WRAP), default=0)


def _join(text: str, lines: list[Span], width: int) -> Iterator[Span]:
    """Yield the blocks of one paragraph."""
    start, last = lines[0].start, lines[0]
    for line in lines[1:]:
        if not _continues(text, last, line, width):
            yield Span(start, last.end)
            start = line.start
        last = line
    yield Span(start, last.end)


def _continues(text: str, line: Span, following: Span, width: int) -> bool:
    """Tell whether the sentence of `line` goes on in the line that follows it."""
    if _ENDS_HERE.match(text, line.start, line.end):
        return False
    if _STARTS_ANEW.match(text, following.start, following.end):
        return False
    if text[following.start].islower() and text[line.end - 1] not in ".!?:;":
        return True
    word = len(text[following.start : following.start + width].split(maxsplit=1)[0]) if width else 0
    # A line was broken here if the next word did not fit; a line that ends early ends a paragraph.
    return bool(width) and len(line) + 1 + word > width >= len(line)
