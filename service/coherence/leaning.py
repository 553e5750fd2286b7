"""What a sentence leans on that cannot stand alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaning:
    """Why a sentence cannot stand alone.

    Attributes:
        reason: As it is told to users: "starts with an unresolved 'He'".
        on: Number of the sentence that must be in the summary too, always an earlier one;
            None if none helps.
        directly: True if that one must stand directly before it; False if anywhere before it.
        loosely: True if it can be understood without, though it reads better with it: there one
            is told who somebody is, or what "also" adds to.
        about: Of one that leans loosely, a word that stands in every sentence it may lean on
            instead; "" if only `on` will do.
    """

    reason: str
    on: int | None
    directly: bool
    loosely: bool = False
    about: str = ""
