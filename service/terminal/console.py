"""Where commands print, and how texts are made fit to be printed."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from service.lines import escaped_json, flat, harmless

if TYPE_CHECKING:
    from service.answers import Answer


class _Careful(Console):
    """A console that prints of a string nothing that a terminal would obey.

    Names, ids and messages come from others as much as texts do, and from many places.
    """

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
        """Print, as a console does."""
        super().print(
            *(harmless(one) if isinstance(one, str) else one for one in objects), **options
        )


# Lines are broken to fit a terminal, never in a file or a pipe; messages are one line each. A
# ":smile:" of a text is what its author wrote.
out = _Careful(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
err = _Careful(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(answer: "Answer") -> None:
    """Print an answer as one JSON value."""
    # Not through rich, which would wrap and colour it.
    written = json.dumps(answer.to_dict(), ensure_ascii=False, indent=2)
    sys.stdout.write(escaped_json(written) + "\n")


def print_warnings(warnings: Sequence[str]) -> None:
    """Print on standard error why an answer may be poor."""
    for warning in warnings:
        err.print(f"[yellow]warning:[/] {escape(flat(warning))}")


def print_refused(origin: str, reason: str) -> None:
    """Print on standard error what could not be taken, and why, in one line."""
    # The names of files are those of others, line breaks in them included.
    err.print(flat(f"refused {origin}: {reason}"), markup=False)


def clipped(text: str, most: int = 80) -> str:
    """Return the start of a text in one line."""
    line = flat(text)
    return line if len(line) <= most else line[: most - 3] + "..."
