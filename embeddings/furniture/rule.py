"""What a rule of furniture is: a pattern, a label and the reason that readers are told."""

import re
from dataclasses import dataclass

from embeddings.article import Label
from embeddings.furniture.patterns import either


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that a block's beginning must match, and what the block then is.

    `most` bounds the block's length: what looks like furniture at its beginning and goes
    on for a paragraph is a paragraph.
    """

    label: Label
    reason: str
    pattern: re.Pattern[str]
    most: int


def rule(label: Label, reason: str, *patterns: str, most: int = 250) -> Rule:
    """Make a rule of patterns that know no case; a name asks for its capital by `(?-i:...)`."""
    return Rule(label, reason, re.compile(either(*patterns), re.IGNORECASE), most)
