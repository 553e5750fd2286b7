"""Jobs done by several processes, their records in the order of the jobs.

Reading, labelling, choosing and the like is plain Python, so each process does it for other
articles; the one that hands them out does its share too, and all of it while the others start.
Those look vectors up and load no model: where one is missing, the process that has the model does
the job itself.
"""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, count

from embeddings.errors import LibraryBusy, LibraryUnwritable, MissingVectors
from service.batch.formats import FORMATS
from service.batch.jobs import Job, Request
from service.batch.processes import Helpers, helpers, lost
from service.batch.records import Outcome, record_of
from service.corpus import Corpus
from service.settings import Settings

# With fewer articles they are done before another process has begun.
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
    others: Helpers | None = None,
) -> Generator[Outcome, None, None]:
    """Do jobs, and give what becomes of them in their order, whoever does them.

    Args:
        corpus: The library; it alone may hold a model.
        work: How they are done.
        jobs: The jobs.
        workers: How many processes do them, this one among them.
        first: The number of the first job's record.
        fewest: With fewer articles this process does them alone.
        others: The other processes, if they are started already.

    Returns:
        A generator; to close it is to end the processes at once.

    Raises:
        ParallaxError: The library or the model fails, or a process was ended from outside.
    """
    if others is not None:
        fewest = 2  # They have started already.
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
        with helpers(workers - 1) if others is None else nullcontext(others) as they:
            yield from _shared(corpus, work, numbered, they, workers)
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
    corpus: Corpus,
    work: Work,
    numbered: Iterator[tuple[int, Job]],
    others: Helpers,
    workers: int,
) -> Iterator[Outcome]:
    waiting: deque[_Waiting] = deque()
    characters = 0
    for group in _groups(numbered):
        under_way = sum(not one.future.done() for one in waiting)
        if under_way < _GROUPS_AHEAD * others.ready:
            waiting.append(_Waiting(group, others.submit(_outcomes, work, group)))
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
        raise lost() from error
    for outcome, (number, job) in zip(outcomes, waiting.group.numbered, strict=True):
        yield outcome or work.outcome(corpus, number, job)


def _done_here(corpus: Corpus, work: Work, group: _Group) -> "Future[list[Outcome | None]]":
    """Do jobs in this process."""
    found: Future[list[Outcome | None]] = Future()
    try:
        found.set_result(
            corpus.library.at_one_state(
                lambda: [work.outcome(corpus, number, job) for number, job in group.numbered]
            )
        )
    except Exception as error:  # It is met in its turn: what is done before is given first.
        found.set_exception(error)
    return found


def _outcomes(work: Work, group: _Group) -> list[Outcome | None]:
    """Do jobs in a worker process; see `_Waiting`."""
    corpus = _corpus(work.settings)
    return corpus.library.at_one_state(
        lambda: [_outcome(work, corpus, number, job) for number, job in group.numbered]
    )


@cache
def _corpus(settings: Settings) -> Corpus:
    """Open the library in a worker process, without a model, and keep it open."""
    return Corpus.open(replace(settings, offline=True))


def _outcome(work: Work, corpus: Corpus, number: int, job: Job) -> Outcome | None:
    try:
        return work.outcome(corpus, number, job, is_last_resort=work.settings.offline)
    except MissingVectors:
        return None
