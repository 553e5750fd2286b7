"""Where commands print, and how texts are made fit to be printed."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape

# A terminal obeys control characters, and what turns the direction of writing may turn that of
# all that follows; a text of others must do neither.
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


class _Careful(Console):
    """A console that prints of a string nothing that a terminal would obey.

    Names, ids and messages come from others as much as texts do, and from many places.
    """

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
        """Print, as a console does."""
        super().print(*(harmless(one) if isinstance(one, str) else one for one in objects), **options)


# Lines are broken to fit a terminal, never in a file or a pipe; messages are one line each. A
# ":smile:" of a text is what its author wrote.
out = _Careful(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
err = _Careful(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(answer: BaseModel) -> None:
    """Print an answer as one JSON value."""
    # Not through rich, which would wrap and colour it.
    json.dump(answer.model_dump(mode="json"), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_warnings(warnings: Sequence[str]) -> None:
    """Print on standard error why an answer may be poor."""
    for warning in warnings:
        err.print(f"[yellow]warning:[/] {escape(warning)}")


def flat(text: str) -> str:
    """Return a text in one line, without what a terminal would obey."""
    return " ".join(harmless(text).split())


def harmless(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _CONTROLS.sub("", text)


def clipped(text: str, most: int = 80) -> str:
    """Return the start of a text in one line."""
    line = flat(text)
    return line if len(line) <= most else line[: most - 3] + "..."
