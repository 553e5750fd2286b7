"""A summary as a section of a longer Markdown document."""

import re

from service.answers import Summary

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#+!|~])")


def section(summary: Summary | None, title: str, number: int) -> str:
    """Return a section with footnotes whose labels occur in no section of another number."""
    if summary is None or not summary.sentences:
        return f"## {_plain(title)}\n"
    body = " ".join(
        f"{_plain(one.text)}[^{number}-{place}]" for place, one in enumerate(summary.sentences, 1)
    )
    notes = "\n".join(
        f"[^{number}-{place}]: {_plain(one.article_id)}, {one.start}–{one.end}"
        for place, one in enumerate(summary.sentences, 1)
    )
    return f"## {_plain(title)}\n\n{body}\n\n{notes}\n"


def not_summarised(reason: str) -> str:
    """Return the sentence that stands where a summary, or a part of it, is missing."""
    return f"*Not summarised: {_plain(reason)}*"


def _plain(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
