"""By what passages are ranked."""

from enum import StrEnum


class Mode(StrEnum):
    """By what passages are ranked."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"
