"""Feeds a stage with many cases, and tells what failed and how long the slowest one took."""

import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from fuzz.inputs import Check
from fuzz.stages import Stage

# Less than this is too little to say how long a megabyte would take.
_LEAST_BYTES = 50_000

# Each line is a block to be labelled, each stop may end a sentence and each tag is an element,
# however short they are; such a text counts as long as one with so many sentences of news.
_LEAST_A_SENTENCE = 100
_STOP = re.compile(rb"[\n.!?\r,;<]+")

# A case that seems slow is tried again: something else may have been at work.
_TRIES = 3

_MOST_KINDS = 5
_MOST_TRIALS = 3_000
_MOST_SHOWN = 600


@dataclass
class Report:
    """What became of the cases of a stage.

    Attributes:
        cases: How many there were.
        failures: One of each kind, made as small as could be, told in lines.
        slowest: Seconds of processor time a megabyte, at the most.
        slow_case: What took that long.
    """

    cases: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    slow_case: bytes = b""


def tell(line: str) -> None:
    """Print a line at once, however long the next one takes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(stage: Stage, cases: int, seed: int) -> Report:
    """Feed a stage with so many cases, each made from the seed and its number."""
    report = Report()
    while report.cases < cases and len(report.failures) < _MOST_KINDS:
        report.cases += 1
        content = stage.make(Random(f"{seed} {report.cases}"))
        try:
            _time(stage, content, report)
        except Exception as error:  # Whatever it is, it is what was sought.
            kind = kind_of(error)
            if kind not in report.failures:
                small = smallest(stage.check, content, kind)
                report.failures[kind] = f"{str(error)[:_MOST_SHOWN]}\n{small[:_MOST_SHOWN]!r}"
    if report.slowest > stage.most_seconds:
        case = report.slow_case
        report.failures["TooSlow"] = (
            f"{report.slowest:.1f} s a megabyte\n{len(case):,} bytes: {case[:300]!r}"
        )
    return report


def _time(stage: Stage, content: bytes, report: Report) -> None:
    """Check a case, and keep it if none was as slow yet, each time that it is tried."""
    taken = seconds_a_megabyte(stage.check, content)
    for _ in range(_TRIES - 1):
        if taken <= max(report.slowest, stage.most_seconds):
            break
        taken = min(taken, seconds_a_megabyte(stage.check, content))
    if taken > report.slowest:
        report.slowest, report.slow_case = taken, content


def seconds_a_megabyte(check: Check, content: bytes) -> float:
    """Check a case, and return the processor time that it takes, a megabyte of its like."""
    sentences = sum(1 for _ in _STOP.finditer(content))
    size = max(len(content), _LEAST_BYTES, _LEAST_A_SENTENCE * sentences)
    return seconds_of(check, content) * 1e6 / size


def seconds_of(check: Check, content: bytes) -> float:
    """Check a case, and return the processor time that it takes."""
    start = time.process_time()
    check(content)
    return time.process_time() - start


def kind_of(error: Exception) -> str:
    """Return of an error what it is, and where it happened."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename != __file__]
    places = [f"{one.filename.rpartition('/')[2]}:{one.lineno}" for one in reversed(frames[-3:])]
    return f"{type(error).__name__} at {' < '.join(places)}"


def smallest(check: Check, content: bytes, kind: str) -> bytes:
    """Cut from a case all that it need not hold to fail in the same way."""

    def fails(part: bytes) -> bool:
        try:
            check(part)
        except Exception as error:  # As above.
            return kind_of(error) == kind
        return False

    return _cut_down(content, fails)


def _cut_down(content: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Leave out halves, quarters and so on down to single bytes, as long as it fails."""
    size, trials = max(1, len(content) // 2), 0
    while trials < _MOST_TRIALS:
        at, before = 0, content
        while at < len(content) and trials < _MOST_TRIALS:
            part = content[:at] + content[at + size :]
            trials += 1
            if fails(part):
                content = part
            else:
                at += size
        if size == 1 and content == before:
            break
        size = max(1, size // 2)
    return content
