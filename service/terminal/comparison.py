"""How the comparison of two articles looks on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from service.answers import Comparison, Pair, Quote
from service.layout import Row, rows
from service.terminal.console import out, print_warnings
from service.terminal.sheet import Sheet, differing, told


def print_comparison(answer: Comparison, console: Console = out) -> None:
    """Print what both say, what perhaps both say, and what only one says.

    On a terminal that is wide enough the two stand side by side.
    """
    print_warnings(answer.warnings)
    sheet = Sheet(console, _texts(answer))
    sheet.heads(*(sheet.article(one) for one in answer.articles))
    sheet.line()
    sheet.line(_closeness(answer))
    sheet.line()
    if not answer.shared:
        sheet.line("Nothing that both surely say.")
        sheet.line()
    _print_pairs(sheet, "Both say", answer.shared)
    _print_pairs(sheet, "Perhaps both say", answer.unsure, style="dim")
    _print_only(sheet, answer)
    sheet.line(_legend(answer))


def _closeness(answer: Comparison) -> str:
    # Not every answer judges what its figure means.
    band = getattr(answer, "band", None)
    return f"Similarity {answer.score:.2f}" + (f", {band}" if band else "")


def _print_pairs(sheet: Sheet, heading: str, pairs: Sequence[Pair], style: str = "") -> None:
    if not pairs:
        return
    sheet.heading(heading, f"bold cyan {style}")
    for row in rows(pairs):
        _print_row(sheet, row, style)
        sheet.line()


def _print_row(sheet: Sheet, row: Row, style: str) -> None:
    a = [told([one], (two.a for two in row.differs), style) for one in row.a]
    b = [told([one], (two.b for two in row.differs), style) for one in row.b]
    if sheet.has_columns:
        sheet.columns(a, b)
    else:
        sheet.entries([*(("A", text) for text in a), *(("B", text) for text in b)])
    found = [differing(one.kind, one.a.text, one.b.text) for one in row.differs]
    if sheet.has_columns:
        for line in found:
            sheet.line(line)
    else:
        sheet.entries(("", line) for line in found)


def _print_only(sheet: Sheet, answer: Comparison) -> None:
    sides = [
        (f"Only {letter} says", quotes, article)
        for letter, quotes, article in zip(
            "AB", (answer.only_a, answer.only_b), answer.articles, strict=True
        )
        if quotes
    ]
    if sheet.has_columns and len(sides) == 2:
        left, right = (
            [
                Text(heading, "bold cyan").append("\n").append_text(sheet.article(article)),
                *_said(quotes),
            ]
            for heading, quotes, article in sides
        )
        sheet.columns(left, right)
        sheet.line()
        return
    for heading, quotes, _ in sides:
        sheet.heading(heading)
        sheet.entries((heading[5], text) for text in _said(quotes))
        sheet.line()


def _said(quotes: Sequence[Quote]) -> Iterator[Text]:
    return (told([quote]) for quote in quotes)


def _legend(answer: Comparison) -> Text:
    differ = sum(bool(pair.differs) for pair in answer.shared)
    counted = {
        "shared": len(answer.shared),
        "differs" if differ == 1 else "differ": differ,
        "perhaps": len(answer.unsure),
        "only A": len(answer.only_a),
        "only B": len(answer.only_b),
    }
    return Text(", ".join(f"{count} {what}" for what, count in counted.items()), "dim")


def _texts(answer: Comparison) -> Iterator[str]:
    for article in answer.articles:
        yield article.title
    for pair in (*answer.shared, *answer.unsure):
        yield pair.a.text
        yield pair.b.text
    for quote in (*answer.only_a, *answer.only_b):
        yield quote.text
