"""The process that is killed: changes a library at random, and tells what it was told is done.

It writes a line of JSON for each change that it is about to make, and one for each result that
the library gave it: what was written is not lost with the process.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from shutil import copytree
from typing import NamedTuple, NoReturn

from toy import toy_corpus

from crash.points import call_at_points
from crash.stories import NAMES, story
from embeddings import ingest
from service.corpus import Corpus

ARTICLES_A_BATCH = 3
"""So many are kept in one transaction here, so that many calls take several."""


class Task(NamedTuple):
    """What a writer does.

    Attributes:
        folder: The library's.
        journal: The file it tells what it does.
        seed: What makes the changes.
        point: The number of the point at which it dies, or 0.
        changes: After how many changes it ends.
        copies: A folder for a copy of what lies there at each point, or "".
    """

    folder: str
    journal: str
    seed: int
    point: int = 0
    changes: int = 40
    copies: str = ""


def main() -> None:
    """Make a writer of each task that comes in; print its process, and how that ended.

    The process is forked from this one, which has imported all there is to import, started no
    thread and opened no library: that costs most of a writer's short life.
    """
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _write(Task(*json.loads(line)))
        _tell(process)
        _tell(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _write(task: Task) -> NoReturn:
    """Change the library, until killed."""
    ingest._ARTICLES_A_BATCH = ARTICLES_A_BATCH
    told: list[str] = []
    journal = os.open(task.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tell(**line: object) -> None:
        told.append(json.dumps(line))
        os.write(journal, told[-1].encode() + b"\n")

    folder = Path(task.folder)
    if task.copies:
        call_at_points(folder, _copying(folder, Path(task.copies), told))
    elif task.point:
        call_at_points(folder, _dying(task.point))
    status = 1
    try:
        _change(folder, Random(task.seed), task.changes, tell)
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)  # Nothing of the process that it was forked from is its own to end.


def _dying(point: int) -> Callable[[], None]:
    numbers = count(1)

    def call() -> None:
        if next(numbers) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return call


def _copying(folder: Path, copies: Path, told: list[str]) -> Callable[[], None]:
    numbers, seen = count(), [b""]

    def call() -> None:
        # Of a process that is killed there stays what the system knows of its files, written to
        # the disk or not: what lies there now.
        state = b"".join(
            one.name.encode() + one.read_bytes()
            for one in sorted(folder.iterdir())
            if not one.name.endswith("-shm")
        )
        if state != seen[0]:
            seen[0] = state
            copy = copies / f"{next(numbers):04}"
            copytree(folder, copy / "library")
            (copy / "told").write_text("\n".join(told), encoding="utf-8")

    return call


def _change(folder: Path, choice: Random, changes: int, tell: Callable[..., None]) -> None:
    corpus = toy_corpus(folder)
    for _ in range(changes):
        there = [article.id for article in corpus.articles().articles]
        what = choice.random()
        if what < 0.1:
            corpus.close()  # Leaves no log behind: all of it goes to the files.
            corpus = toy_corpus(folder)
        elif what < 0.35 and there:
            _remove(corpus, choice.sample(there, min(len(there), choice.randint(1, 3))), tell)
        else:
            _add(corpus, list(_chosen(choice)), tell)
    corpus.close()


def _chosen(choice: Random) -> Iterator[tuple[str, int]]:
    for name in choice.sample(NAMES, choice.choice([1, 1, 2, 3, 5, 8])):
        yield name, choice.randrange(10**6)


def _add(corpus: Corpus, items: list[tuple[str, int]], tell: Callable[..., None]) -> None:
    tell(puts=items)
    for result in corpus.add(story(*item) for item in items):
        assert result.error is None, result.error
        tell(done=1)


def _remove(corpus: Corpus, names: list[str], tell: Callable[..., None]) -> None:
    tell(removes=names)
    corpus.remove(names)
    tell(done=len(names))


if __name__ == "__main__":
    main()
