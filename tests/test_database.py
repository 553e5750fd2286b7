import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from embeddings.database import Database, in_batches
from embeddings.errors import LibraryDamaged, LibraryUnwritable

SCRIPTS = ["CREATE TABLE words (word TEXT);\nINSERT INTO words VALUES ('first');"]


def words(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row["word"] for row in connection.execute("SELECT word FROM words")]


def add(database: Database, *new: str) -> None:
    with database.writing() as connection:
        connection.executemany("INSERT INTO words VALUES (?)", ([word] for word in new))


def opened(path: Path, *, read_only: bool = False) -> Database:
    return Database(path, SCRIPTS, durable=False, read_only=read_only)


def test_a_new_file_gets_its_tables(tmp_path: Path) -> None:
    assert words(opened(tmp_path / "file")) == ["first"]


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    add(opened(tmp_path / "file"), "second")

    later = Database(
        tmp_path / "file", [*SCRIPTS, "DELETE FROM words WHERE word = 'first';"], durable=True
    )

    assert words(later) == ["second"]
    assert words(Database(tmp_path / "file", [*SCRIPTS, "never run again;"], durable=True)) == [
        "second"
    ]


def test_a_file_of_a_later_version_is_refused_and_kept(tmp_path: Path) -> None:
    Database(tmp_path / "file", [*SCRIPTS, "CREATE TABLE more (a);"], durable=True).close()

    with pytest.raises(LibraryDamaged, match=r"version 2; this Parallax knows versions up to 1"):
        opened(tmp_path / "file")


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path / "file")

    def fail() -> None:
        with database.writing() as connection:
            connection.execute("INSERT INTO words VALUES ('second')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    add(database, "third")
    assert words(database) == ["first", "third"]


def test_a_reader_sees_one_state_while_another_writes(tmp_path: Path) -> None:
    database, other = opened(tmp_path / "file"), opened(tmp_path / "file")

    with database.reading():
        assert words(database) == ["first"]
        add(other, "second")
        assert words(database) == ["first"]

    assert words(database) == ["first", "second"]


def test_every_thread_has_a_connection_of_its_own(tmp_path: Path) -> None:
    database = opened(tmp_path / "file")
    threads = [threading.Thread(target=add, args=[database, str(number)]) for number in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(words(database)) == [*map(str, range(8)), "first"]


def test_a_file_opened_for_reading_is_not_changed(tmp_path: Path) -> None:
    opened(tmp_path / "file").close()
    before = (tmp_path / "file").read_bytes()
    database = opened(tmp_path / "file", read_only=True)

    assert words(database) == ["first"]
    with pytest.raises(LibraryUnwritable, match="read-only"):
        add(database, "second")
    assert (tmp_path / "file").read_bytes() == before


def test_a_file_that_is_not_there_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnwritable, match="cannot be opened"):
        opened(tmp_path / "file", read_only=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_an_earlier_version_cannot_be_read_where_it_cannot_be_written(
    tmp_path: Path,
) -> None:
    sqlite3.connect(tmp_path / "file").execute("CREATE TABLE words (word)").connection.close()

    with pytest.raises(LibraryDamaged, match="cannot be brought up to date"):
        opened(tmp_path / "file", read_only=True)


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnwritable, match="Check that its folder is there"):
        opened(tmp_path / "missing" / "file")


def test_odd_characters_in_a_path_are_part_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=ro#b %41 é;"

    add(opened(path), "second")

    assert [found.name for found in tmp_path.iterdir() if "-" not in found.name] == [path.name]


def test_a_sound_file_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    assert opened(tmp_path / "file").check() == []


def test_a_copy_holds_what_was_committed(tmp_path: Path) -> None:
    database = opened(tmp_path / "file")
    add(database, "second")

    database.copy_to(tmp_path / "copy")

    assert words(opened(tmp_path / "copy")) == ["first", "second"]


def test_after_closing_it_can_be_used_again(tmp_path: Path) -> None:
    database = opened(tmp_path / "file")
    database.close()

    assert words(database) == ["first"]


OPENING = """
import sys
from pathlib import Path
from embeddings.database import Database
Database(Path(sys.argv[1]), ["CREATE TABLE words (word TEXT);"], durable=True)
"""


def test_processes_that_open_a_new_file_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, tmp_path / "file"], stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]

    assert [process.communicate()[1] for process in started] == [""] * 6


def test_batches_hold_every_value_once_with_as_many_marks() -> None:
    values = list(range(70_001))

    batches = list(in_batches(values))

    assert [value for _, batch in batches for value in batch] == values
    assert all(marks.count("?") == len(batch) <= 30_000 for marks, batch in batches)
    assert list(in_batches([])) == []


def test_a_file_of_an_earlier_version_is_read_by_whom_can_do_with_it(tmp_path: Path) -> None:
    opened(tmp_path / "file").close()
    later = [*SCRIPTS, "ALTER TABLE words ADD COLUMN meaning TEXT;"]

    database = Database(tmp_path / "file", later, durable=False, read_only=True, readable_since=1)

    assert (database.version, words(database)) == (1, ["first"])
    with pytest.raises(LibraryDamaged, match="cannot be brought up to date"):
        Database(tmp_path / "file", later, durable=False, read_only=True)


def test_a_text_that_cannot_be_read_is_not_quoted_in_what_is_said_of_it(tmp_path: Path) -> None:
    database = opened(tmp_path / "file")
    with database.writing() as connection:
        connection.execute("INSERT INTO words VALUES (CAST(x'ff' || 'a secret' AS TEXT))")

    with pytest.raises(LibraryDamaged, match="Could not decode to UTF-8 column 'word'") as caught:
        words(database)
    assert "secret" not in str(caught.value)
