"""A name for every request, by which its answer, its line in the log and its error are matched."""

import re
from uuid import uuid4

HEADER = "X-Request-ID"

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def request_id_of(given: str | None) -> str:
    """Return the id that a client or a proxy gave a request, if it is a sane one, else a new one.

    It is sent back and logged as it is, so it may hold nothing that means something to either.
    """
    return given if given is not None and _SANE.fullmatch(given) else uuid4().hex
