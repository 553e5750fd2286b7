import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.batching import Batcher
from embeddings.errors import Overloaded


class Doubling:
    """Doubles numbers, and tells which it was given together; waits until it is let go on."""

    def __init__(self, *, held: bool = False) -> None:
        self.seen: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        if not held:
            self.go_on.set()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.seen.append(list(numbers))
        self.begun.release()
        assert self.go_on.wait(30)
        if any(number < 0 for number in numbers):
            raise ValueError(f"Expected numbers from 0, got {numbers}.")
        return [2 * number for number in numbers]


def waiting_behind(
    batcher: Batcher[int, int], work: Doubling, numbers: Sequence[int], pool: ThreadPoolExecutor
) -> list[Future[int]]:
    """Ask for 0, which is held up, and then, one after the other, for numbers that must wait."""
    asked = [pool.submit(batcher.do, 0)]
    assert work.begun.acquire(timeout=30)
    for count, number in enumerate(numbers, start=1):
        asked.append(pool.submit(batcher.do, number))
        wait_until(lambda count=count: len(batcher._waiting) == count)  # type: ignore[misc]
    return asked


def wait_until(holds: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(3000):
        if holds():
            return
        tick.wait(0.01)
    raise AssertionError("It never came to hold.")


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(16)


def test_a_lone_item_is_done_at_once_and_by_itself() -> None:
    work = Doubling()
    batcher = Batcher(work)

    assert [batcher.do(3), batcher.do(4)] == [6, 8]
    assert work.seen == [[3], [4]]


def test_what_comes_while_work_is_under_way_is_done_together_and_in_order(
    pool: ThreadPoolExecutor,
) -> None:
    work = Doubling(held=True)
    with pool:
        asked = waiting_behind(Batcher(work), work, [1, 2, 3], pool)
        work.go_on.set()

        assert [one.result(30) for one in asked] == [0, 2, 4, 6]
    assert work.seen == [[0], [1, 2, 3]]


def test_no_more_go_together_than_may(pool: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    batcher = Batcher(work, size=lambda number: number, most_together=5)
    with pool:
        asked = waiting_behind(batcher, work, [2, 3, 1, 9, 1], pool)
        work.go_on.set()

        assert [one.result(30) for one in asked] == [0, 4, 6, 2, 18, 2]
    assert work.seen == [[0], [2, 3], [1], [9], [1]]


def test_an_item_that_fails_fails_alone(pool: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)
    with pool:
        asked = waiting_behind(Batcher(work), work, [1, -2, 3], pool)
        work.go_on.set()

        assert [asked[1].result(30), asked[3].result(30)] == [2, 6]
        with pytest.raises(ValueError, match=r"got \[-2\]"):
            asked[2].result(30)


def test_after_a_failure_the_next_one_is_served() -> None:
    batcher = Batcher(Doubling())
    with pytest.raises(ValueError, match="got"):
        batcher.do(-1)

    assert batcher.do(1) == 2


def test_an_interruption_ends_the_thread_that_works_and_no_other(pool: ThreadPoolExecutor) -> None:
    work = Doubling(held=True)

    def interrupted(numbers: Sequence[int]) -> list[int]:
        results = work(numbers)
        if 1 in numbers:
            raise KeyboardInterrupt
        return results

    with pool:
        asked = waiting_behind(Batcher(interrupted), work, [1, 2, 3], pool)
        work.go_on.set()

        assert [asked[0].result(30), asked[2].result(30), asked[3].result(30)] == [0, 4, 6]
        with pytest.raises(KeyboardInterrupt):
            asked[1].result(30)


def test_past_the_bound_one_is_told_and_those_that_wait_are_served(
    pool: ThreadPoolExecutor,
) -> None:
    work = Doubling(held=True)
    batcher = Batcher(work, most_waiting=2)
    with pool:
        asked = waiting_behind(batcher, work, [1, 2], pool)
        with pytest.raises(Overloaded, match="2 questions wait for the model already; ask again"):
            batcher.do(3)
        work.go_on.set()

        assert [one.result(30) for one in asked] == [0, 2, 4]


@settings(max_examples=30)
@given(
    numbers=st.lists(st.integers(0, 50), max_size=40),
    most_together=st.integers(1, 60),
    threads=st.integers(1, 8),
)
def test_everybody_gets_what_they_would_have_got_alone(
    numbers: list[int], most_together: int, threads: int
) -> None:
    work = Doubling()
    batcher = Batcher(work, size=lambda number: number, most_together=most_together)
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(batcher.do, numbers)) == [2 * number for number in numbers]

    assert sorted(number for together in work.seen for number in together) == sorted(numbers)
    assert all(sum(together) <= most_together or len(together) == 1 for together in work.seen)
