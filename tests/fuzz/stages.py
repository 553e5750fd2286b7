"""The stages that are fuzzed: what each is fed with, and the check that it must pass."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import NamedTuple

from fuzz import answers, inputs, reading, texts
from fuzz.inputs import Check, Make, overwritten


class Stage(NamedTuple):
    """One stage.

    Attributes:
        make: Makes what it is fed with.
        check: Raises whatever is wrong; a documented refusal is not.
        share: How much of all cases it gets; those that take long get less.
        most_seconds: Processor time a megabyte may take.
    """

    make: Make
    check: Check
    share: float = 1.0
    most_seconds: float = 1.0


_TEXTS = overwritten(inputs.text)
_PAGES = overwritten(inputs.page)
_JSON = overwritten(inputs.json_text)
_TABLES = overwritten(inputs.table)
_FILES = overwritten(inputs.file)


def _anything(rng: Random) -> bytes:
    return rng.choice([_FILES, _JSON, _PAGES])(rng)


@cache
def stages() -> dict[str, Stage]:
    """Return all stages by their names, in the order in which a text passes through them."""
    return {
        "decoding": Stage(_FILES, reading.check_decoding),
        "stdin": Stage(_anything, reading.check_stdin, 0.3),
        **_readers(),
        "fields": Stage(_JSON, reading.check_fields),
        "dates": Stage(_TEXTS, reading.check_dates),
        "furniture": Stage(_TEXTS, texts.check_furniture),
        "sentences": Stage(_TEXTS, texts.check_sentences),
        "chunks": Stage(_TEXTS, texts.check_chunks),
        "language": Stage(_TEXTS, texts.check_language),
        "words": Stage(_TEXTS, texts.check_words),
        "facts": Stage(_TEXTS, texts.check_facts),
        "coherence": Stage(_TEXTS, texts.check_coherence),
        "sources": Stage(_TEXTS, texts.check_sources, 0.5),
        "highlights": Stage(_TEXTS, texts.check_highlights, 0.5),
        "query": Stage(_TEXTS, texts.check_query),
        "claims": Stage(_JSON, reading.check_claims),
        "rows": Stage(_JSON, reading.check_rows),
        # These show a text several times over.
        "formats": Stage(_TEXTS, answers.check_formats, 1.0, 3.0),
        "terminal": Stage(_TEXTS, answers.check_terminal, 0.5, 3.0),
        # These take the time of the toy model and of the database, too.
        "search": Stage(_TEXTS, answers.check_search, 0.2, 4.0),
        "answers": Stage(_TEXTS, answers.check_answers, 0.1, 6.0),
        "library": Stage(_TEXTS, answers.check_library, 0.04, 6.0),
    }


def _readers() -> dict[str, Stage]:
    made: dict[str, Callable[[], Stage]] = {
        "txt": lambda: Stage(_FILES, reading.file_check(".txt")),
        "md": lambda: Stage(_TEXTS, reading.file_check(".md")),
        "html": lambda: Stage(_PAGES, reading.file_check(".html"), 0.3),
        "json": lambda: Stage(_JSON, reading.file_check(".json")),
        "jsonl": lambda: Stage(_JSON, reading.file_check(".jsonl")),
        "csv": lambda: Stage(_TABLES, reading.file_check(".csv")),
        "tsv": lambda: Stage(_TABLES, reading.file_check(".tsv"), 0.5),
    }
    return {name: make() for name, make in made.items()}
