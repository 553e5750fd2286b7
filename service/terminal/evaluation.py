"""How an evaluation looks on a terminal."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from service.answers import Evaluation, MethodFigures
from service.terminal.console import clipped, out

_WIDEST_NAME = 16
_NARROWEST_NAME = 8
_WIDEST_LINE = 80

Tell = Callable[[MethodFigures], str]


class _Column(NamedTuple):
    """A column: its head, which is as wide as it is, and how it tells its figure."""

    head: str
    tell: Tell


def print_evaluation(answer: Evaluation, console: Console = out) -> None:
    """Print a table of the methods, a line each, and what else there is to know of them."""
    referenced = max((one.referenced for one in answer.methods.values()), default=0)
    rows = "row" if answer.count == 1 else "rows"
    _print(console, Text(f"{answer.count:,} {rows}, {referenced:,} with references", "dim"))
    columns = _columns(answer)
    taken = sum(1 + len(column.head) for column in columns)
    widest = max(_NARROWEST_NAME, min(_WIDEST_NAME, _WIDEST_LINE - taken))
    names = [clipped(name, widest) for name in answer.methods]
    wide = max(map(len, names), default=0)
    gap = "  " if wide + taken + len(columns) <= _WIDEST_LINE else " "
    heads = gap.join([" " * wide, *(column.head for column in columns)])
    _print(console, Text(heads, "bold"))
    for name, figures in zip(names, answer.methods.values(), strict=True):
        cells = [f"{column.tell(figures):>{len(column.head)}}" for column in columns]
        line = Text(f"{name:{wide}}", "bold cyan").append(gap)
        _print(console, line.append(gap.join(cells), "not bold default"))
    for name, figures in answer.methods.items():
        if figures.summaries < answer.count:
            told = f"{clipped(name)}: in {figures.summaries:,} of {answer.count:,} rows only"
            _print(console, Text(told, "dim"))


def _columns(answer: Evaluation) -> list[_Column]:
    """Return the columns in which there is something to tell."""
    figures: Sequence[MethodFigures] = list(answer.methods.values())
    has_rouge = any(one.rouge is not None for one in figures)
    has_unknown = any(one.unknown for one in figures)
    return [
        *(_ROUGE if has_rouge else ()),
        _Column("dangling", lambda one: _percent(one.dangling)),
        _Column("loose", lambda one: _percent(one.loose)),
        _Column("furniture", lambda one: _percent(one.furniture)),
        *([_Column("unknown", lambda one: _percent(one.unknown))] if has_unknown else []),
        _Column("repeats", lambda one: f"{one.redundancy:.2f}".replace("0.", ".", 1)),
        _Column("sources", lambda one: _percent(one.sources)),
        _Column("words", lambda one: f"{one.words:.0f}"),
    ]


def _rouge(name: str) -> Tell:
    return lambda one: "" if one.rouge is None else f"{getattr(one.rouge, name):.1f}"


_ROUGE = (
    _Column(" R-1", _rouge("rouge_1")),
    _Column(" R-2", _rouge("rouge_2")),
    _Column(" R-L", _rouge("rouge_l")),
)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _print(console: Console, text: Text) -> None:
    # A line that is broken is no line of a table.
    console.print(text, soft_wrap=True)
