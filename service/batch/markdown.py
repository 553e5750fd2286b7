"""A summary as a section of a longer Markdown document."""

import re

from service.answers import Summary
from service.formats import as_markdown

# Where a label stands; in what is quoted, both signs are escaped.
_LABEL = re.compile(r"\[\^(\d+)\]")

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$^&@]")


def section(summary: Summary | None, title: str, number: int) -> str:
    """Return a section whose footnotes bear labels that no section of another number has.

    Args:
        summary: What to show; if there is none, the title alone.
        title: What to call the section.
        number: The section's number.
    """
    if summary is None:
        return f"## {_plain(title)}\n"
    document = as_markdown(summary, title)  # It begins with a heading of the first level.
    return "#" + _LABEL.sub(rf"[^{number}-\1]", document)


def not_summarised(reason: str) -> str:
    """Return the sentence that stands where a summary, or a part of one, is missing."""
    return f"*Not summarised: {_plain(reason)}*"


def _plain(text: str) -> str:
    """Return a text in one line that Markdown renders as just this text, within a line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
