"""What the service writes of itself: a line an event, and never a word of what it is asked or told.

Articles, questions, ids, paths and keys stay out at every level; only the id of an article that is
damaged is told to who has to mend it. A message of an exception, or of another library, may hold
any of them; so of those only the kind and the place in the code are written.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Literal, TextIO

How = Literal["off", "text", "json"]
Field = str | int | float | None

logger = logging.getLogger("parallax")
"""For what should be known of however little is written."""

requests = logging.getLogger("parallax.requests")
"""For a line a request."""

_MOST_PLACES = 30  # What calls itself without end has a thousand.

_PLAIN = re.compile(r"[A-Za-z0-9_.:/{}+-]+")


class Event:
    """A message that is fields: what happened, and with what.

    A field that is None is left out.
    """

    def __init__(self, event: str, **fields: Field) -> None:
        self.fields: dict[str, Field] = {
            "event": event,
            **{name: value for name, value in fields.items() if value is not None},
        }

    def __str__(self) -> str:
        return _as_text(self.fields)


@contextmanager
def written(how: How, stream: TextIO | None = None) -> Iterator[None]:
    """Write what is logged, by whomever in this process, to a stream.

    Args:
        how: As JSON, as key=value text, or, where it is off, only what goes wrong (as text).
        stream: Where to; standard error by default.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines() if how == "json" else _TextLines())
    root = logging.getLogger()
    before = logger.level
    root.addHandler(handler)
    logger.setLevel(logging.WARNING if how == "off" else logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        root.removeHandler(handler)


def say(text: str, event: Event) -> None:
    """Tell who started the service something: in words, or as an event where events are written."""
    if logger.isEnabledFor(logging.INFO):
        logger.info(event)
    else:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def notice(message: str) -> None:
    """Tell what Parallax itself has to say of its model; it quotes nothing."""
    say(message, Event("notice", message=message))


def kind(error: BaseException) -> str:
    """Tell what an exception is and, of errors of the system and of SQLite, which one of them."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        # What the system calls it; a message of its own could hold anything.
        return f"{name}: {os.strerror(error.errno)}"
    sqlite: str | None = getattr(error, "sqlite_errorname", None)
    return f"{name}: {sqlite}" if sqlite else name


def trace(error: BaseException) -> str:
    """Tell where an exception comes from, innermost place first, and which others led to it."""
    led: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in led:  # They may lead to one another.
        led.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "; from ".join([_places(error), *(f"{kind(one)} {_places(one)}" for one in led[1:])])


def _places(error: BaseException) -> str:
    places = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return " < ".join(reversed(places[-_MOST_PLACES:]))


class _Lines(logging.Formatter):
    """Writes a record as a line of fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; of another library's only its kind and its place."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Field] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
        }
        if isinstance(record.msg, Event):
            return self.line(fields | record.msg.fields)
        fields |= {"event": "library", "logger": record.name}
        fields |= {"place": f"{record.module}:{record.lineno}"}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": kind(error), "trace": trace(error)}
        return self.line(fields)

    def line(self, fields: dict[str, Field]) -> str:
        """Write fields."""
        raise NotImplementedError


class _JsonLines(_Lines):
    def line(self, fields: dict[str, Field]) -> str:
        return json.dumps(fields)  # In ASCII: no character is a control one, or reads otherwise.


class _TextLines(_Lines):
    def line(self, fields: dict[str, Field]) -> str:
        return _as_text(fields)


def _as_text(fields: dict[str, Field]) -> str:
    """Write fields as logfmt: key=value, a value in JSON's quotes where it is not plain."""
    return " ".join(
        f"{name}={value if _PLAIN.fullmatch(str(value)) else json.dumps(value)}"
        for name, value in fields.items()
    )
