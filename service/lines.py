"""Texts of others made fit to be shown in a line: on a terminal, in a log, in a message."""

import re

# A terminal obeys control characters, and what turns the direction of writing may turn that of
# all that follows; a text of others must do neither.
_OBEYED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def flat(text: str) -> str:
    """Return a text in one line, without what a terminal would obey."""
    return " ".join(harmless(text).split())


def harmless(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _OBEYED.sub("", text)


def escaped_json(written: str) -> str:
    r"""Return JSON that means the same, with `\u009b` in place of what a terminal would obey."""
    # Below a space JSON itself escapes all, so these stand in strings.
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", written)
