"""How answers look on a terminal, and how progress is shown. The only owner of rich.

A module of it is imported when one of its names is first asked for: a command prints one thing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.terminal.answers import (
        print_add_warnings,
        print_article,
        print_articles,
        print_counts,
        print_finding,
        print_search,
        print_similar,
        print_summary,
    )
    from service.terminal.bars import progress
    from service.terminal.comparison import print_comparison
    from service.terminal.console import err, out, print_json, print_refused, print_warnings
    from service.terminal.coverage import print_coverage
    from service.terminal.evaluation import print_evaluation
    from service.terminal.verification import print_verification

__all__ = [
    "err",
    "out",
    "print_add_warnings",
    "print_article",
    "print_articles",
    "print_comparison",
    "print_counts",
    "print_coverage",
    "print_evaluation",
    "print_finding",
    "print_json",
    "print_refused",
    "print_search",
    "print_similar",
    "print_summary",
    "print_verification",
    "print_warnings",
    "progress",
]

_HOMES = {
    **dict.fromkeys(["err", "out", "print_json", "print_refused", "print_warnings"], "console"),
    "progress": "bars",
    "print_comparison": "comparison",
    "print_coverage": "coverage",
    "print_evaluation": "evaluation",
    "print_verification": "verification",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, "answers")
    return getattr(import_module(f"{__name__}.{home}"), name)
