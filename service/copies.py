"""Which articles are copies of one text: an agency's report in forty newspapers is one report."""

import re
from collections.abc import Sequence

from service.reading import Reading

# Two articles that share so many of the shorter one's runs of words are copies of one text.
_RUN_WORDS = 5
_COPIED = 0.5
_WORD = re.compile(r"\w+")


def origins_of(readings: Sequence[Reading]) -> list[int]:
    """Number the origins of articles, from 1 in the order in which they come up.

    Source: Broder (1997), "On the Resemblance and Containment of Documents": runs of words.
    """
    runs = [_runs(one) for one in readings] if len(readings) > 1 else [set()] * len(readings)
    origins: list[int] = []
    for number, own in enumerate(runs):
        known = [
            origins[other]
            for other in range(number)
            if own
            and runs[other]
            and len(own & runs[other]) >= _COPIED * min(len(own), len(runs[other]))
        ]
        origins.append(min(known, default=max(origins, default=0) + 1))
    return origins


def _runs(reading: Reading) -> set[tuple[str, ...]]:
    words = _WORD.findall(" ".join(one.text for one in reading.statements).casefold())
    return set(zip(*(words[at:] for at in range(_RUN_WORDS)), strict=False))
