import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.errors import LibraryDamaged
from embeddings.wal import check_log

PAGE = 512
FRAME = 24 + PAGE
COMMITS = 6


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database whose changes all lie in its log, with an end of an earlier log behind."""
    path = tmp_path_factory.mktemp("logged") / "live.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE words (word TEXT)")
    for _ in range(40):
        connection.execute("INSERT INTO words VALUES (hex(randomblob(300)))")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    for number in range(COMMITS):
        connection.execute("INSERT INTO words VALUES (?)", (f"{number}" * 700,))
    copy = path.with_name("copy.sqlite3")
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", f"{copy}{ending}")
    connection.close()
    return copy


def count(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT count(*) FROM words WHERE length(word) = 700")
    connection.close()
    return int(found[0]) if found else 0


def copied(logged: Path, folder: Path, log: bytes) -> Path:
    path = folder / logged.name
    for left in folder.iterdir():
        left.unlink()
    shutil.copy(logged, path)
    path.with_name(f"{path.name}-wal").write_bytes(log)
    return path


def log_of(path: Path) -> bytes:
    return path.with_name(f"{path.name}-wal").read_bytes()


def own_frames(log: bytes) -> int:
    """Count the frames with the marks of the head."""
    marks = log[16:24]
    starts = range(32, len(log) - FRAME + 1, FRAME)
    return sum(log[start + 8 : start + 16] == marks for start in starts)


def test_a_log_as_sqlite_wrote_it_is_sound(logged: Path, tmp_path: Path) -> None:
    log = log_of(logged)
    assert 2 * COMMITS <= own_frames(log) < (len(log) - 32) // FRAME  # Some are of before.

    check_log(logged)
    check_log(tmp_path / "none")

    assert count(copied(logged, tmp_path, log)) == COMMITS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_byte_is_noticed_before_changes_are_forgotten(
    logged: Path, tmp_path: Path, data: st.DataObject
) -> None:
    log = bytearray(log_of(logged))
    end = 32 + own_frames(bytes(log)) * FRAME
    log[data.draw(st.integers(0, end - 1))] ^= data.draw(st.integers(1, 255))
    path = copied(logged, tmp_path, bytes(log))

    try:
        check_log(path)
    except LibraryDamaged as error:
        assert "changes that were reported as done" in str(error)  # noqa: PT017
    else:  # In what the last transaction wrote, a flipped byte looks as if it had been torn.
        assert count(path) >= COMMITS - 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_log_that_was_torn_is_taken_as_far_as_it_goes(
    logged: Path, tmp_path: Path, data: st.DataObject
) -> None:
    log = log_of(logged)
    end = 32 + own_frames(log) * FRAME
    kept = data.draw(st.integers(0, end))

    path = copied(logged, tmp_path, log[:kept])

    check_log(path)
    assert count(path) <= COMMITS


def test_the_last_transaction_may_be_torn_in_its_midst(logged: Path, tmp_path: Path) -> None:
    log = bytearray(log_of(logged))
    last = 32 + (own_frames(bytes(log)) - 2) * FRAME
    log[last + 30 : last + 60] = bytes(30)  # What came before it reached the disk, it did not.
    path = copied(logged, tmp_path, bytes(log))

    check_log(path)

    assert count(path) == COMMITS - 1
