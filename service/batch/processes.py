"""Other processes that share the work of this one, and end with it, however it ends."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import ParamSpec, TypeVar

from embeddings.errors import ParallaxError

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = Path("/proc/self/task")


class Helpers:
    """Processes that do what they are given, one thing after another each."""

    def __init__(self, executor: ProcessPoolExecutor, count: int) -> None:
        """Start the processes; nobody waits until they have.

        Args:
            executor: Has none yet.
            count: How many there are to be.
        """
        self._executor = executor
        self._starting = [self.submit(_started) for _ in range(count)]

    @property
    def ready(self) -> int:
        """How many have started."""
        return sum(one.done() for one in self._starting)

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Have something done, in its turn.

        Raises:
            ParallaxError: A process was ended from outside.
        """
        try:
            with _interruptions_blocked():
                return self._executor.submit(call, *args, **kwargs)
        except BrokenProcessPool as error:
            raise lost() from error


def lost() -> ParallaxError:
    """Return what is raised when a process was ended from outside."""
    return ParallaxError(
        "A worker process was ended from outside, perhaps for lack of memory. What was written "
        "is kept; --resume goes on from there, with --workers 1 in one process."
    )


def can_fork() -> bool:
    """Tell whether this process can be forked: it has no threads, and that is known."""
    return _THREADS.exists() and len(list(_THREADS.iterdir())) == 1


@contextmanager
def helpers(count: int, *, forks: bool = False) -> Iterator[Helpers]:
    """Start processes that end with this one.

    Args:
        count: How many.
        forks: Whether this one is forked: the others then have all that it has imported, and
            start at once; else they are started from nothing, which takes half a second each.
            Only of one that `can_fork`, and has opened no library: SQLite's files must not be
            carried over.
    """
    context = get_context("fork" if forks else "spawn")
    # One thread each: matrices of one article are small, and the processes share the work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nothing is ever sent. When the other end is closed, or gone with its process, this one ends.
    end, other_end = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, context, _start, (end, other_end if forks else None))
    try:
        yield Helpers(executor, count)
    except BaseException:
        other_end.close()  # At once: nobody waits for what the processes are doing.
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        other_end.close()
        end.close()


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


def _start(end: Connection, other_end: Connection | None) -> None:
    """Begin a process; of one that was forked the other end is open here too."""
    if other_end is not None:
        other_end.close()
    Thread(target=_end_with, args=(end,), daemon=True).start()


def _started() -> None:
    """Tell, by being done, that a process has started."""


def _end_with(end: Connection) -> None:
    try:
        end.recv_bytes()
    except EOFError:
        os._exit(1)
