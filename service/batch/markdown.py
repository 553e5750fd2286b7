"""A summary as a section of a longer Markdown document."""

import re

from service.answers import Summary
from service.formats import as_markdown, escaped

# Where a label stands; in what is quoted, both signs are escaped.
_LABEL = re.compile(r"\[\^(\d+)\]")


def section(summary: Summary | None, title: str, number: int) -> str:
    """Return a section whose footnotes bear labels that no section of another number has.

    Args:
        summary: What to show; if there is none, the title alone.
        title: What to call the section.
        number: The section's number.
    """
    if summary is None:
        return f"## {escaped(title)}\n"
    document = as_markdown(summary, title)  # It begins with a heading of the first level.
    return "#" + _LABEL.sub(rf"[^{number}-\1]", document)


def not_summarised(reason: str) -> str:
    """Return the sentence that stands where a summary, or a part of one, is missing."""
    return f"*Not summarised: {escaped(reason)}*"
