"""A sheet to lay quotes out on: in columns or below one another, or in plain lines for a pipe."""

import unicodedata
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.answers import ComparedArticle, Quote
from service.lines import flat, harmless
from service.retrieval.highlights import cut
from service.terminal.console import clipped

# Narrower than this, a column would hold five words a line; a wider page tires the eye.
_NARROWEST_FOR_TWO = 100
_WIDEST = 160
_WIDEST_OF_ONE = 100

_GAP = 3

_WIDEST_LABEL = 8

_DIFFERS = "bold magenta"  # Is read on a dark ground as on a light one.
_FAINT = "not bold dim"
_LABEL = "bold cyan"

# Of a part that differs, so much is told again below; longer ones are quotations.
_MOST_TOLD = 36

Entry = tuple[str, Text]  # A label and what is said.


class Sheet:
    """Prints entries on a console, as wide as is good to read."""

    def __init__(
        self, console: Console, texts: Iterable[str] = (), labels: Iterable[str] = "A"
    ) -> None:
        """Choose a layout.

        Args:
            console: Where to print.
            texts: What could stand in columns.
            labels: What will stand before entries.
        """
        self._console = console
        self.is_plain = not console.is_terminal
        # A terminal turns a whole line round for a text that runs from right to left, and two
        # columns would change places.
        self.has_columns = (
            not self.is_plain
            and console.width >= _NARROWEST_FOR_TWO
            and not any(map(_runs_to_the_left, texts))
        )
        self._label_width = min(_WIDEST_LABEL, max(map(len, labels), default=0))

    def line(self, text: Text | str = "") -> None:
        """Print a line of its own."""
        self._console.print(
            text, markup=False, highlight=False, emoji=False, soft_wrap=self.is_plain
        )

    def heading(self, text: str, style: str = _LABEL) -> None:
        """Print the heading of a section."""
        self.line(Text(text, style))
        self.line()

    def article(self, article: ComparedArticle) -> Text:
        """Return the title of an article, and behind or below what else is known of it."""
        known = [flat(one) for one in (article.source or "", (article.published or "")[:10]) if one]
        text = Text(flat(article.title or article.id), "bold")
        text.append("  " if self.is_plain else "\n")
        place = flat(article.id) if article.title else ""  # Else it stands where the title would.
        return text.append("  ".join(filter(None, [", ".join(known), place])), _FAINT)

    def entries(self, entries: Iterable[Entry]) -> None:
        """Print entries below one another, each behind its label."""
        wide = self._label_width
        if self.is_plain:
            for label, text in entries:
                self.line(Text(f"{label:{wide}}  ") + text)
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=wide, style=_LABEL, overflow="fold")
        room = min(self._console.width, _WIDEST_OF_ONE) - wide - 2
        grid.add_column(max_width=max(1, room), overflow="fold")
        for label, text in entries:
            grid.add_row(label, text)
        self._console.print(grid)

    def heads(self, a: Text, b: Text) -> None:
        """Print what stands above two columns, or the two below one another."""
        if not self.has_columns:
            self.entries([("A", a), ("B", b)])
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(2):
            grid.add_column(width=1, style=_LABEL)
            grid.add_column(width=self._column - 3 + (_GAP - 2), overflow="fold")
        grid.add_row("A", a, "B", b)
        self._console.print(grid)

    def columns(self, left: Sequence[Text], right: Sequence[Text]) -> None:
        """Print two columns of texts side by side."""
        grid = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in range(2):
            grid.add_column(width=self._column, overflow="fold")
        grid.add_row(*(Text("\n\n").join(texts) for texts in (left, right)))
        self._console.print(grid)

    @property
    def _column(self) -> int:
        return (min(self._console.width, _WIDEST) - 2 * _GAP) // 2


def told(quotes: Sequence[Quote], parts: Iterable[Quote] = (), style: str = "") -> Text:
    """Return what is quoted, the parts that differ marked, with its places behind.

    Args:
        quotes: One text in one or more articles.
        parts: What is to be marked in the first of them.
        style: How all of it is to look.
    """
    text = Text(style=style)
    for piece in cut(quotes[0].text, quotes[0].start, [*parts]):
        # Not one space is dropped where a part begins or ends.
        line = flat(f"-{harmless(piece.text)}-")[1:-1]
        text.append(line, _DIFFERS if piece.rank else "")
    places = ", ".join(f"{one.article_id} {one.start}:{one.end}" for one in quotes)
    return text.append(f"  {flat(places)}", _FAINT)


def differing(kind: str, a: str, b: str, who: tuple[str, str] = ("", "")) -> Text:
    """Return a line that says in what texts differ.

    Args:
        kind: What kind of thing it is.
        a: How it is put.
        b: How else.
        who: The letters of those who put it so, where that is not plain.
    """
    text = Text().append(f"differs ({kind}): ", "dim")
    for between, part, letters in (("", a, who[0]), (" / ", b, who[1])):
        text.append(between, "dim").append(clipped(part, _MOST_TOLD), _DIFFERS)
        text.append(f" ({letters})" if letters else "", "dim")
    return text


def _runs_to_the_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
