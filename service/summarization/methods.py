"""What a summary can be asked to be: how its sentences are chosen, and how long it is."""

from enum import StrEnum

from embeddings.errors import BadRequest

MOST_WORDS = 10_000


class Method(StrEnum):
    """How the sentences of a summary are chosen.

    All but the first are the plain methods of the field, kept to compare with: see `plain`.
    """

    CENTROID = "centroid"
    LEAD = "lead"
    LEXRANK = "lexrank"
    TEXTRANK = "textrank"


def check_lengths(words: int | None, sentences: int | None = None) -> None:
    """Raise `BadRequest` if a summary of that length cannot be asked for."""
    if words is not None and not 1 <= words <= MOST_WORDS:
        raise BadRequest(f"words is {words}; expected a number from 1 to {MOST_WORDS}.")
    if sentences is not None and not 1 <= sentences <= MOST_WORDS:
        raise BadRequest(f"sentences is {sentences}; expected a number from 1 to {MOST_WORDS}.")
