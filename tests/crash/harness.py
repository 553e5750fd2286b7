"""Kills writers, hundreds of times, and counts what is lost by it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crash.inspection import State, faults, state_of
from crash.writer import ARTICLES_A_BATCH, Task
from embeddings.store import Store

# A writer that is killed after some time lives about as long as one that dies at a point.
_LONGEST_SECONDS = 0.6
_LAST_POINT = 2500

_TESTS = Path(__file__).parent.parent


@dataclass
class Outcome:
    """What became of libraries whose writers were killed."""

    kills: int = 0
    acknowledged: int = 0
    """Changes of single articles that a writer was told were done."""
    lost: int = 0
    """How many of them were not there afterwards."""
    faults: list[str] = field(default_factory=list)
    """What else was not as it should be."""

    @property
    def inconsistent(self) -> int:
        """How many faults there were."""
        return len(self.faults)


@dataclass
class Journal:
    """What a writer said: the states that its library may be in.

    Attributes:
        state: After all changes that it was told were done.
        acknowledged: How many these were.
        next: The states that may have come after it, without the writer having been told.
    """

    state: State
    acknowledged: int = 0
    next: list[State] = field(default_factory=list)

    def read(self, lines: Iterable[str]) -> None:
        """Follow what the writer said."""
        changes: list[tuple[str, int | None]] = []
        batch = done = 0
        for line in map(json.loads, lines):
            if "done" in line:
                done += line["done"]
                self.acknowledged += line["done"]
            elif "puts" in line or "removes" in line:
                self._apply(changes[:done])
                changes, batch, done = *_changes(line), 0
        self._apply(changes[:done])
        state = dict(self.state)
        for number, change in enumerate(changes[done:], start=done + 1):
            _put(state, *change)
            # What one transaction keeps is there or not, all of it; who was told of a part of it
            # knows that it is.
            if number % batch == 0 or number == len(changes):
                self.next.append(dict(state))
        if self.next and done % batch:
            self.state = self.next.pop(0)

    def lost(self, found: State) -> int:
        """Count the articles that are neither as they were last nor as they may have become."""
        may = [self.state, *self.next]
        names = found.keys() | self.state.keys()
        return sum(found.get(name) not in [one.get(name) for one in may] for name in names)

    def _apply(self, changes: Iterable[tuple[str, int | None]]) -> None:
        for change in changes:
            _put(self.state, *change)


def _changes(line: dict[str, Any]) -> tuple[list[tuple[str, int | None]], int]:
    """Return an announced call's changes, and how many of them go together."""
    if "puts" in line:
        return [(name, version) for name, version in line["puts"]], ARTICLES_A_BATCH
    return [(name, None) for name in line["removes"]], len(line["removes"])


def _put(state: State, name: str, version: int | None) -> None:
    if version is None:
        state.pop(name, None)
    else:
        state[name] = version


def run(
    folder: Path,
    kills: int,
    seed: int,
    *,
    on_kill: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Kill writers of one library, one after the other, and look it over after each.

    Half of them die after a random time, the others at a random point between two steps.

    Args:
        folder: Where the library lies, or will.
        kills: How often.
        seed: What makes the changes and the moments; times are never quite the same.
        on_kill: Told what there is so far, after each one.
    """
    choice, outcome, state = Random(seed), Outcome(), State()
    journal = folder / "journal"
    library = folder / "library"
    library.mkdir()
    with _writers() as writers:
        while outcome.kills < kills:
            journal.unlink(missing_ok=True)
            point = choice.randint(1, _LAST_POINT) if choice.random() < 0.5 else 0
            task = Task(str(library), str(journal), choice.randrange(2**32), point)
            killed = _killed(writers, task, choice.uniform(0, _LONGEST_SECONDS))
            state = _look(library, _lines(journal), state, outcome)
            outcome.kills += killed
            if killed:
                on_kill(outcome)
    return outcome


def enumerate_points(
    folder: Path, seed: int, changes: int, *, on_point: Callable[[Outcome], None]
) -> Outcome:
    """Look over what a kill would leave at every point of one run at which it leaves another thing.

    The process stands still at each point while its files are copied: a copy is what would have
    stayed of it. Each counts as a kill.
    """
    copies, library, outcome = folder / "copies", folder / "library", Outcome()
    library.mkdir()
    with _writers() as writers:
        journal = str(folder / "journal")
        _killed(writers, Task(str(library), journal, seed, 0, changes, str(copies)), None)
    for copy in sorted(copies.iterdir()):
        seen = Outcome(faults=outcome.faults)
        _look(copy / "library", _lines(copy / "told"), State(), seen)
        outcome.kills += 1
        outcome.acknowledged, outcome.lost = seen.acknowledged, outcome.lost + seen.lost
        on_point(outcome)
    return outcome


def _look(folder: Path, lines: Iterable[str], before: State, outcome: Outcome) -> State:
    """Look a library over, note what is wrong, and return its state."""
    journal = Journal(before)
    journal.read(lines)
    store = Store(folder / "library.sqlite3")
    found = state_of(store)
    store.close()
    where = f"kill {outcome.kills + 1}, {folder}"
    lost = journal.lost(found)
    if not lost and found not in [journal.state, *journal.next]:
        outcome.faults.append(f"{where}: a change is half done: {found}, of {journal}")
    outcome.acknowledged += journal.acknowledged
    outcome.lost += lost
    outcome.faults += [f"{where}: {one}" for one in faults(folder)]
    return found


@contextmanager
def _writers() -> Iterator[subprocess.Popen[str]]:
    """Start what makes a writer of each task."""
    path = [str(_TESTS), str(_TESTS.parent)]
    # Who starts no threads can be forked.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        [sys.executable, "-m", "crash.writer"],
        env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writers:
        try:
            yield writers
        finally:
            writers.kill()


def _killed(writers: subprocess.Popen[str], task: Task, seconds: float | None) -> bool:
    """Have a writer do its task until it dies; tell whether it was killed.

    Args:
        writers: What makes it.
        task: The task.
        seconds: After how long it is killed, if it does not die by itself.
    """
    assert writers.stdin is not None
    assert writers.stdout is not None
    print(json.dumps(task), file=writers.stdin, flush=True)
    process = int(writers.stdout.readline())
    if seconds is not None and not task.point:
        time.sleep(seconds)
        # It is still there, dead or alive: nobody has asked yet how it ended.
        os.kill(process, signal.SIGKILL)
    status = int(writers.stdout.readline())
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"The writer failed by itself: {status}.")
    return status != 0


def _lines(journal: Path) -> list[str]:
    """Return what a writer told, whole lines only."""
    return journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
