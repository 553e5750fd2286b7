"""Jobs done by several processes, their records in the order of the jobs.

Reading, labelling, choosing and the like is plain Python, so each process does it for other
articles; the one that hands them out does its share too, and all of it while the others start.
Those look vectors up and load no model: where one is missing, the process that has the model does
the job itself.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import ParamSpec, TypeVar

from embeddings.errors import LibraryBusy, LibraryUnwritable, MissingVectors, ParallaxError
from service.batch.formats import FORMATS
from service.batch.jobs import Job, Request
from service.batch.records import Outcome, record_of
from service.corpus import Corpus
from service.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

# With fewer articles they are done before another process has started, which takes half a second.
_FEWEST_ARTICLES = 200

# So many groups of jobs are given to another process at a time, that it has one to go on with
# while this one does one of its own.
_GROUPS_AHEAD = 2

# What is under way at a time, so that memory does not grow with the input: so many groups of jobs
# for each process, that one slow article does not keep the others waiting, and so many characters
# in all.
_GROUPS_A_WORKER = 16
_MOST_CHARACTERS = 16_000_000

# A process is handed several jobs at once, which it does from one state of the library: to hand
# over, to answer and to look at the state takes as long for a few as for one. So many articles of
# a newswire take a fifth of the second after which an interruption loses them; long ones go alone.
_JOBS_A_GROUP = 16
_CHARACTERS_A_GROUP = 64_000


@dataclass(frozen=True, slots=True)
class Work:
    """How jobs are done, in whatever process.

    Attributes:
        settings: Of the library.
        request: What is asked of every job.
        form: The name of the format in which records are written.
    """

    settings: Settings
    request: Request
    form: str

    def outcome(
        self, corpus: Corpus, number: int, job: Job, *, is_last_resort: bool = True
    ) -> Outcome:
        """Do a job; see `record_of`."""
        record = record_of(corpus, job, number, self.request, is_last_resort=is_last_resort)
        return Outcome(FORMATS[self.form].written(record), record.is_failure)


def outcomes(
    corpus: Corpus,
    work: Work,
    jobs: Iterator[Job],
    *,
    workers: int,
    first: int = 1,
    fewest: int = _FEWEST_ARTICLES,
) -> Generator[Outcome, None, None]:
    """Do jobs, and give what becomes of them in their order, whoever does them.

    Args:
        corpus: The library; it alone may hold a model and writes to the cache.
        work: How they are done.
        jobs: The jobs.
        workers: How many processes do them, this one among them.
        first: The number of the first job's record.
        fewest: With fewer articles this process does them alone.

    Returns:
        A generator; to close it is to end the processes at once.

    Raises:
        ParallaxError: The library or the model fails, or a process was ended from outside.
    """
    begun: list[Job] = []
    articles = characters = 0
    is_much = False
    for job in jobs if workers > 1 else ():
        begun.append(job)
        articles += len(job.articles)
        characters += job.characters
        is_much = articles >= fewest or characters > _MOST_CHARACTERS
        if is_much:
            break
    numbered = zip(count(first), chain(begun, jobs))
    if is_much and len(begun) > 1 and _can_share(corpus):
        yield from _shared(corpus, work, numbered, workers)
    else:
        yield from (work.outcome(corpus, number, job) for number, job in numbered)


def _can_share(corpus: Corpus) -> bool:
    """Tell whether other processes, which know only the cache, would use the same vectors."""
    library = corpus.library
    profile = library.encoder.profile
    known = library.cache.latest_profile(profile.name)
    if known is None:  # The model was loaded just now, and has embedded nothing yet.
        with suppress(LibraryBusy, LibraryUnwritable):
            library.cache.keep_profile(profile)
        known = library.cache.latest_profile(profile.name)
    return known is not None and known.fingerprint == profile.fingerprint


def _shared(
    corpus: Corpus, work: Work, numbered: Iterator[tuple[int, Job]], workers: int
) -> Iterator[Outcome]:
    waiting: deque[_Waiting] = deque()
    characters = 0
    with _processes(work, workers - 1) as executor:
        starting = [_submitted(executor, _started) for _ in range(workers - 1)]
        for group in _groups(numbered):
            room = _GROUPS_AHEAD * sum(one.done() for one in starting)
            if sum(not one.future.done() for one in waiting) < room:
                waiting.append(_Waiting(group, _submitted(executor, _outcomes, group)))
            else:
                waiting.append(_Waiting(group, _done_here(corpus, work, group)))
            characters += group.characters
            while waiting and (
                waiting[0].future.done()
                or len(waiting) >= workers * _GROUPS_A_WORKER
                or characters > _MOST_CHARACTERS
            ):
                characters -= waiting[0].group.characters
                yield from _finished(corpus, work, waiting.popleft())
        while waiting:
            yield from _finished(corpus, work, waiting.popleft())


@dataclass(frozen=True, slots=True)
class _Group:
    """Jobs that one process does, and the number of the first one's record."""

    first: int
    jobs: list[Job]

    @property
    def numbered(self) -> Iterator[tuple[int, Job]]:
        return enumerate(self.jobs, self.first)

    @property
    def characters(self) -> int:
        return sum(job.characters for job in self.jobs)

    @property
    def is_full(self) -> bool:
        return len(self.jobs) >= _JOBS_A_GROUP or self.characters >= _CHARACTERS_A_GROUP


def _groups(numbered: Iterator[tuple[int, Job]]) -> Iterator[_Group]:
    group = None
    for number, job in numbered:
        group = group or _Group(number, [])
        group.jobs.append(job)
        if group.is_full:
            yield group
            group = None
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Jobs that were given to a process; of one for which it has no vectors comes None."""

    group: _Group
    future: "Future[list[Outcome | None]]"


def _finished(corpus: Corpus, work: Work, waiting: _Waiting) -> Iterator[Outcome]:
    try:
        outcomes = waiting.future.result()
    except BrokenProcessPool as error:
        raise _lost() from error
    for outcome, (number, job) in zip(outcomes, waiting.group.numbered, strict=True):
        yield outcome or work.outcome(corpus, number, job)


def _lost() -> ParallaxError:
    return ParallaxError(
        "A worker process was ended from outside, perhaps for lack of memory. What was written "
        "is kept; --resume goes on from there, with --workers 1 in one process."
    )


@contextmanager
def _processes(work: Work, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that end with this one, however it ends."""
    # A model may be loaded already, and has threads: such a process must not be forked.
    context = get_context("spawn")
    # One thread each: matrices of one article are small, and the processes share the work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nothing is ever sent. When the other end is closed, or gone with its process, this one ends.
    end, other_end = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(workers, context, _start, (work, end))
    try:
        yield executor
    except BaseException:
        other_end.close()  # At once: nobody waits for what the processes are doing.
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        other_end.close()
        end.close()


def _submitted(
    executor: ProcessPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> "Future[T]":
    """Have something done by a process, which is started if there are too few."""
    try:
        with _interruptions_blocked():
            return executor.submit(call, *args, **kwargs)
    except BrokenProcessPool as error:
        raise _lost() from error


def _done_here(corpus: Corpus, work: Work, group: _Group) -> "Future[list[Outcome | None]]":
    """Do jobs in this process."""
    found: Future[list[Outcome | None]] = Future()
    found.set_result(
        corpus.library.at_one_state(
            lambda: [work.outcome(corpus, number, job) for number, job in group.numbered]
        )
    )
    return found


@contextmanager
def _interruptions_blocked() -> Iterator[None]:
    """Keep Ctrl-C, which reaches all processes of a terminal, from those started meanwhile.

    They inherit that it is blocked; in this process it comes in when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):  # On Windows.
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What a worker process has: set once when it starts, and unknown to any other process.
_here: tuple[Work, Corpus] | None = None


def _start(work: Work, end: Connection) -> None:
    """Open the library in a worker process, without a model."""
    global _here
    Thread(target=_end_with, args=(end,), daemon=True).start()
    offline = replace(work.settings, offline=True)
    _here = work, Corpus.open(offline)


def _started() -> None:
    """Tell, by being done, that a worker process has started."""


def _end_with(end: Connection) -> None:
    try:
        end.recv_bytes()
    except EOFError:
        os._exit(1)


def _outcomes(group: _Group) -> list[Outcome | None]:
    """Do jobs in a worker process; see `_Waiting`."""
    if _here is None:
        raise RuntimeError("This process was not started as a worker.")
    work, corpus = _here
    return corpus.library.at_one_state(
        lambda: [_outcome(work, corpus, number, job) for number, job in group.numbered]
    )


def _outcome(work: Work, corpus: Corpus, number: int, job: Job) -> Outcome | None:
    try:
        return work.outcome(corpus, number, job, is_last_resort=work.settings.offline)
    except MissingVectors:
        return None
