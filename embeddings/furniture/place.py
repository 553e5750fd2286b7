"""What a block's place and shape give away, where its words do not."""

from collections.abc import Sequence

from embeddings.article import Label
from embeddings.furniture import cues
from embeddings.furniture.cuts import LONGEST_CAPTION, Piece

_LONGEST_HEADING = 12  # words; a longer line without a stop is a caption
_LONGEST_HEADLINE = 20
_LONGEST_SECTION = 4
_STOPPED_SHARE = 0.6  # of longer blocks end with a stop where a missing stop means something
_LONGER = 40
_OPENING = 10  # blocks above the text in which headline, standfirst and first caption may stand
_LED = "It leads into what follows, or is listed under such a line."
_LISTED = "It is listed under a pointer to other stories."


def label_lists(pieces: Sequence[Piece]) -> list[Piece]:
    """Carry “Related:” on to the lines without a stop that follow it."""
    done: list[Piece] = []
    for piece in pieces:
        lists = piece.label is None and not piece.stopped and not cues.leads_on(piece.raw)
        if lists and done and _opens_list(done[-1]):
            piece = piece.marked(Label.RELATED, _LISTED)
        done.append(piece)
    return done


def _opens_list(piece: Piece) -> bool:
    bare = cues.word_count(piece.words) <= _LONGEST_SECTION
    return piece.label == Label.RELATED and (bare or piece.reason == _LISTED)


def label_opening(pieces: Sequence[Piece]) -> list[Piece]:
    """Label what stands above the running text: section line, headline, standfirst, caption."""
    done = list(pieces)
    first = next((n for n, piece in enumerate(done) if _is_running(piece)), len(done))
    opening = [n for n in range(min(first, _OPENING)) if done[n].label is None]
    if first == len(done) or any(cues.holds_figures(done[n].words) for n in opening):
        return done
    heads = [n for n in range(first) if done[n].label == Label.HEADLINE]
    if opening and not heads:
        heads = [max(opening, key=lambda n: (min(cues.word_count(done[n].words), 4), -n))]
        done[heads[0]] = done[heads[0]].marked(
            Label.HEADLINE, "It stands above the text, as a headline does."
        )
    for n in opening:
        if done[n].label is None:
            done[n] = _beside_headline(done[n], above=n < heads[0])
    return done


def _is_running(piece: Piece) -> bool:
    """Tell whether it belongs to the running text, so that the opening ends before it."""
    if piece.label is not None:
        return False
    if not piece.stopped:
        told = cues.reports(piece.words) and cues.word_count(piece.words) > _LONGEST_HEADLINE
        torn = told or cues.stops_inside(piece.words) or len(piece.raw) > LONGEST_CAPTION
        return torn or cues.leads_on(piece.raw) or cues.is_quote(piece.raw)
    if cues.is_title_case(piece.words) and cues.word_count(piece.words) <= _LONGEST_HEADLINE:
        return False
    return not cues.is_verbless(piece.words)


def _beside_headline(piece: Piece, *, above: bool) -> Piece:
    count = cues.word_count(piece.words)
    if above and count <= _LONGEST_SECTION:
        return piece.marked(Label.BOILERPLATE, "It is a section line above the headline.")
    if cues.is_verbless(piece.words) and count >= _LONGEST_SECTION:
        reason = "It stands before the text and names who is seen, without a verb."
        return piece.marked(Label.CAPTION, reason)
    return piece.marked(Label.HEADLINE, "It stands between the headline and the text.")


def label_rest(pieces: Sequence[Piece]) -> list[Piece]:
    """Label what is left: lines without a stop among paragraphs that have one, and body."""
    longer = [piece for piece in pieces if piece.label is None and len(piece.raw) > _LONGER]
    telling = sum(piece.stopped for piece in longer) >= max(2, _STOPPED_SHARE * len(longer))
    done: list[Piece] = []
    for number, piece in enumerate(pieces):
        if piece.label is None:
            led = done and not done[-1].stopped and done[-1].reason == _LED
            label, reason = _shape(pieces, number) if telling else _RUNNING
            if led and label != Label.BODY:
                label, reason = Label.BODY, _LED
            piece = piece.marked(label, reason)
        done.append(piece)
    return done


_RUNNING = Label.BODY, "It is running text."


def _shape(pieces: Sequence[Piece], number: int) -> tuple[Label, str]:
    """Return label and reason of a piece in a text whose paragraphs end with stops."""
    piece = pieces[number]
    if piece.stopped or len(piece.raw) > LONGEST_CAPTION:
        return _RUNNING
    if any(cues.holds_figures(near.words) for near in pieces[max(number - 1, 0) : number + 2]):
        return Label.BODY, "It is a row of figures, or stands beside one."
    if cues.leads_on(piece.raw) or (number and pieces[number - 1].raw[-1] == ":"):
        return Label.BODY, _LED
    if cues.is_post(piece.words) or cues.is_quote(piece.raw) or cues.is_item(piece.raw):
        return Label.BODY, "It is a quotation, a quoted post or an item of a list."
    if cues.has_lead(piece.words):
        return (
            Label.CAPTION,
            "It opens with a few words and a colon and lacks a stop, as captions do.",
        )
    return _unstopped(piece, last=number == len(pieces) - 1)


def _unstopped(piece: Piece, *, last: bool) -> tuple[Label, str]:
    if cues.word_count(piece.words) <= _LONGEST_HEADING and not piece.raw[0].islower():
        return Label.HEADLINE, "It is a short line without a stop, as a subheading."
    torn = last or piece.raw[0].islower() or cues.stops_inside(piece.words)
    if torn or cues.reports(piece.words):
        return Label.BODY, "It is running text that lacks its last stop."
    return Label.CAPTION, "It lacks a stop among paragraphs that have one, as captions do."
