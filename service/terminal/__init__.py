"""How answers look on a terminal, and how progress is shown. The only owner of rich."""

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
from service.terminal.console import err, out, print_json, print_warnings
from service.terminal.coverage import print_coverage
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
    "print_finding",
    "print_json",
    "print_search",
    "print_similar",
    "print_summary",
    "print_verification",
    "print_warnings",
    "progress",
]
