from threading import Barrier, Event, Thread

from embeddings.locks import SharedLock


def test_many_can_read_at_once() -> None:
    lock, together = SharedLock(), Barrier(3, timeout=10)

    def read() -> None:
        with lock.shared():
            together.wait()  # Breaks if they come one after the other.

    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not together.broken


def test_who_writes_is_alone() -> None:
    lock, total = SharedLock(), [0]

    def write() -> None:
        for _ in range(200):
            with lock.alone():
                before = total[0]
                with_others = sum(range(50))  # Time for another one to come in between.
                total[0] = before + 1 + 0 * with_others

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert total == [800]


def test_a_writer_waits_for_readers_and_later_readers_wait_for_it() -> None:
    lock, order = SharedLock(), list[str]()
    reading, release = Event(), Event()

    def read_first() -> None:
        with lock.shared():
            reading.set()
            release.wait(10)
            order.append("reader")

    def write() -> None:
        with lock.alone():
            order.append("writer")

    def read_later() -> None:
        with lock.shared():
            order.append("later")

    first, writer, later = (
        Thread(target=read_first),
        Thread(target=write),
        Thread(target=read_later),
    )
    first.start()
    reading.wait(10)
    writer.start()
    while not lock._writers:
        pass
    later.start()
    release.set()
    for thread in (first, writer, later):
        thread.join()

    assert order == ["reader", "writer", "later"]


def test_an_error_lets_it_go() -> None:
    lock = SharedLock()
    for held in (lock.shared, lock.alone):
        try:
            with held():
                raise KeyError
        except KeyError:
            pass

    with lock.alone():
        pass
    with lock.shared():
        pass
