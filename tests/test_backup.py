"""A library in one file: whole, checked before it is believed, and back as it was."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import Shelf, ToyEncoder

from embeddings.article import Article
from embeddings.backup import CACHE, LIBRARY, write_backup
from embeddings.errors import (
    BadBackup,
    BadRequest,
    LibraryBusy,
    LibraryDamaged,
    LibraryUnwritable,
)
from embeddings.restoring import check_backup, restore
from embeddings.writer import only_writer
from service.corpus import Corpus
from service.reading import Ref
from service.retrieval.mode import Mode

TOWNS = ["Arden", "Borgo", "Caldera", "Dunmore"]


def story(town: str) -> Article:
    text = f"The harbour of {town} was closed on Monday after a storm. Nobody was hurt in {town}."
    return Article(text, id=town, title=f"Storm in {town}")


def begun(folder: Path, towns: list[str] = TOWNS) -> Corpus:
    corpus = Shelf().open(folder)
    list(corpus.add(map(story, towns)))
    answers(corpus)
    return corpus


def answers(corpus: Corpus) -> list[Any]:
    first = corpus.articles().articles[0].id
    return [
        *(corpus.search("harbour of Borgo closed", mode=mode).to_dict() for mode in Mode),
        corpus.similar(Ref(id=first)).to_dict(),
        corpus.summarize(query="harbour of Borgo closed", words=30).to_dict(),
        corpus.article(first).to_dict(),
    ]


def seen(folder: Path) -> list[Any]:
    with closing(Shelf().open(folder)) as corpus:
        return answers(corpus)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with closing(begun(folder / "here")) as corpus:
        write_backup(corpus.library, folder / "backup.zip")
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "here", tmp_path / "here"))


@pytest.fixture
def backup(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made / "backup.zip", tmp_path))


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write a backup again with other contents and, but for those of the manifest, checksums."""
    with ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    manifest = json.loads(contents["manifest.json"])
    for name in (LIBRARY, CACHE):
        if name in contents and manifest.get("format") == 1:
            digest = sha256(contents[name]).hexdigest()
            manifest["members"][name] = {"size": len(contents[name]), "sha256": digest}
            contents["manifest.json"] = json.dumps(manifest).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


# There and back


def test_a_restored_library_answers_the_same_and_is_another_one(
    here: Path, backup: Path, tmp_path: Path
) -> None:
    manifest = restore(backup, tmp_path / "there")

    assert seen(tmp_path / "there") == seen(here)
    assert (manifest.counts["articles"], manifest.served) == (
        4,
        Shelf().open(here).library.serves,
    )
    stores = [Shelf().open(folder).library.store for folder in (here, tmp_path / "there")]
    assert stores[0].identity() != stores[1].identity() == stores[1].identity()
    assert manifest.library == stores[0].identity()
    assert stores[1].check() == []


def test_it_needs_no_model_to_be_searched(backup: Path, tmp_path: Path) -> None:
    restore(backup, tmp_path / "there")

    corpus = Shelf().open(tmp_path / "there", offline=True)

    assert corpus.search("harbour of Borgo closed").hits[0].article_id == "Borgo"


def test_what_is_in_it_is_named_and_derived_files_and_keys_are_not_in_it(
    here: Path, tmp_path: Path
) -> None:
    (here / "keys.json").write_text("{}")
    with closing(Shelf().open(here)) as corpus:
        write_backup(corpus.library, tmp_path / "backup")

    with ZipFile(tmp_path / "backup") as archive:
        assert archive.namelist() == [LIBRARY, CACHE, "manifest.json"]
        assert b"keys" not in archive.read("manifest.json")


def test_keys_that_are_there_are_left_alone(here: Path, backup: Path) -> None:
    (here / "keys.json").write_text("{}")

    restore(backup, here, replace=True)

    assert (here / "keys.json").read_text() == "{}"


def test_one_made_while_articles_are_added_has_the_vectors_of_all_that_it_has(
    here: Path, tmp_path: Path
) -> None:
    stop = Event()

    def write() -> None:
        with closing(Shelf().open(here)) as corpus:
            for number in range(200):
                list(corpus.add([story(f"Town {number}")]))
                if stop.is_set():
                    return

    writer = Thread(target=write)
    writer.start()
    with closing(Shelf().open(here)) as corpus:
        for number in range(5):
            write_backup(corpus.library, tmp_path / f"backup-{number}")
    stop.set()
    writer.join()

    for number in range(5):
        there = tmp_path / f"there-{number}"
        manifest = restore(tmp_path / f"backup-{number}", there)
        with closing(Shelf().open(there, offline=True)) as corpus:
            corpus.library.sync()
            assert corpus.library.store.counts() == manifest.counts
            assert corpus.library.store.check() == []


def test_over_a_library_it_takes_its_place_only_if_told_to(here: Path, backup: Path) -> None:
    before = seen(here)
    with closing(Shelf().open(here)) as corpus:
        corpus.remove(["Arden", "Borgo"])
        list(corpus.add([story("Elling"), story("Farrow")]))
    later = seen(here)

    with pytest.raises(BadRequest, match="a library of 4 articles; --replace"):
        restore(backup, here)
    assert seen(here) == later

    restore(backup, here, replace=True)
    assert seen(here) == before
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


def test_what_was_derived_of_the_old_library_is_not_taken_for_the_new(
    here: Path, backup: Path
) -> None:
    # Ids of passages and generations are given out again: the index of before has them, too.
    with closing(Shelf().open(here)) as corpus:
        list(corpus.add([story("Elling"), story("Farrow")]))
        answers(corpus)
    restore(backup, here, replace=True)

    with closing(Shelf().open(here)) as corpus:
        list(corpus.add([story("Grimsby"), story("Holt")]))
        for town in ("Grimsby", "Holt"):
            best = corpus.search(story(town).text.split(". ")[0], mode=Mode.DENSE).hits[0]
            assert (best.article_id, best.sentences[0].dense) == (town, 1.0)
        words = corpus.search("Elling", mode=Mode.LEXICAL).hits
        assert words == []


def test_no_id_of_a_passage_is_given_out_again_in_a_restored_library(
    here: Path, tmp_path: Path
) -> None:
    with closing(Shelf().open(here)) as corpus:
        last = int(corpus.library.store.chunk_ids()[-1])
        corpus.remove(TOWNS)
        write_backup(corpus.library, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "there")

    with closing(Shelf().open(tmp_path / "there")) as corpus:
        list(corpus.add([story("Elling")]))
        assert corpus.library.store.chunk_ids().min() > last


def test_an_empty_library_is_restored_over_without_being_told(
    backup: Path, here: Path, tmp_path: Path
) -> None:
    Shelf().open(tmp_path / "empty").close()

    restore(backup, tmp_path / "empty")

    assert seen(tmp_path / "empty") == seen(here)


def test_while_another_one_writes_it_waits_and_then_says_so(here: Path, backup: Path) -> None:
    with only_writer(here, 1), pytest.raises(LibraryBusy):
        restore(backup, here, replace=True, wait_seconds=0.1)


def test_a_library_that_is_read_meanwhile_is_the_old_one_or_the_new(
    here: Path, backup: Path
) -> None:
    with closing(Shelf().open(here)) as corpus:
        list(corpus.add([story(f"Town {number}") for number in range(40)]))
    stop, counts = Event(), list[int]()

    def read() -> None:
        with closing(Shelf().open(here)) as corpus:
            while not stop.is_set():
                counts.append(len(corpus.articles(limit=1000).articles))

    reader = Thread(target=read)
    reader.start()
    for _ in range(2):
        restore(backup, here, replace=True)
        with closing(Shelf().open(here)) as corpus:
            list(corpus.add([story(f"Town {number}") for number in range(40)]))
    stop.set()
    reader.join()

    assert set(counts) <= {4, 44}


# Damage


def test_cut_short_or_of_another_kind_it_is_refused_and_nothing_is_touched(
    here: Path, backup: Path, tmp_path: Path
) -> None:
    whole, before = backup.read_bytes(), seen(here)
    zip_of_else = tmp_path / "else.zip"
    with ZipFile(zip_of_else, "w") as archive:
        archive.writestr("notes.txt", "x" * 100_000)

    for content in (
        b"",
        b"PK",
        b"not a zip" * 1000,
        zip_of_else.read_bytes(),
        *(whole[: len(whole) * part // 7] for part in range(1, 7)),
        whole[:-1],
        whole[100:],
    ):
        backup.write_bytes(content)
        attempts: list[Callable[[], object]] = [
            lambda: check_backup(backup),
            lambda: restore(backup, here, replace=True),
            lambda: restore(backup, tmp_path / "there"),
        ]
        for attempt in attempts:
            with pytest.raises(BadBackup, match=r"backup.zip cannot be restored: .*Nothing was"):
                attempt()
    assert seen(here) == before
    assert not (tmp_path / "there").exists()
    with pytest.raises(BadBackup, match="No such file"):
        check_backup(tmp_path / "nothing")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_one_byte_that_flipped_is_noticed_or_changes_nothing(
    backup: Path, place: float, change: int
) -> None:
    whole = bytearray(backup.read_bytes())
    original, position = bytes(whole), int(place * len(whole))
    whole[position] ^= change
    backup.write_bytes(whole)
    try:
        manifest = check_backup(backup)
    except BadBackup:
        return
    finally:
        backup.write_bytes(original)

    assert manifest == check_backup(backup)


@pytest.mark.parametrize("name", [LIBRARY, CACHE, "manifest.json"])
def test_a_byte_that_flipped_in_any_member_is_noticed(backup: Path, name: str) -> None:
    whole = bytearray(backup.read_bytes())
    with ZipFile(backup) as archive:
        info = archive.getinfo(name)
    whole[info.header_offset + 200 + info.compress_size // 2] ^= 1
    backup.write_bytes(whole)

    with pytest.raises(BadBackup):
        check_backup(backup)


def set_format(contents: dict[str, bytes]) -> None:
    contents["manifest.json"] = b'{"format": 2}'


def lie_about_the_library(contents: dict[str, bytes]) -> None:
    contents["manifest.json"] = contents["manifest.json"].replace(
        b'"generation": ', b'"generation": 9'
    )


def changed_by(*statements: str, name: str = LIBRARY) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            # Of a file in WAL mode no copy in memory can be made.
            raw = bytearray(contents[name])
            raw[18:20] = b"\1\1"
            connection.deserialize(bytes(raw))
            for statement in statements:
                connection.execute(statement)
            connection.commit()
            contents[name] = connection.serialize()

    return change


def spoil(contents: dict[str, bytes]) -> None:
    raw = bytearray(contents[LIBRARY])
    raw[5000:20_000] = b"\xff" * 15_000
    contents[LIBRARY] = bytes(raw)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_format, "form 2, and this Parallax knows those up to 1; use the newer Parallax"),
        (lie_about_the_library, "not that of its manifest"),
        (lambda contents: contents.update({"../evil": b"x"}), "it holds"),
        (lambda contents: contents.update({"/etc/evil": b"x"}), "it holds"),
        (lambda contents: contents.pop(CACHE), "it holds"),
        (lambda contents: contents.update({LIBRARY: b"\0" * 20_000_000}), "would be unpacked"),
        (lambda contents: contents.update({LIBRARY: b"no database"}), "file is not a database"),
        (lambda contents: contents.update({CACHE: b"no database"}), "file is not a database"),
        (spoil, "in its library.sqlite3"),
        (changed_by("DROP TABLE library"), "no such table"),
        (changed_by("DELETE FROM library"), "it holds no library"),
        (changed_by("PRAGMA user_version = 99"), "version 99.*newer Parallax"),
        (changed_by("PRAGMA user_version = 99", name=CACHE), "version 99.*newer Parallax"),
        (
            changed_by("CREATE TRIGGER t AFTER INSERT ON articles BEGIN SELECT 1; END"),
            "has a trigger 't'",
        ),
        (changed_by("CREATE VIEW v AS SELECT 1", name=CACHE), "has a view 'v'"),
    ],
)
def test_what_is_no_backup_of_ours_is_refused_however_good_its_checksums(
    here: Path,
    backup: Path,
    change: Callable[[dict[str, bytes]], None],
    message: str,
) -> None:
    before = seen(here)
    rewritten(backup, change)

    with pytest.raises(BadBackup, match=message):
        restore(backup, here, replace=True)

    assert seen(here) == before
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"[]", b"null", b"{}", b'{"format": 1}', b"\xff", b"[" * 50_000,
        b'{"format": 1, "members": 3}', b" " * (1 << 21),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(backup: Path, manifest: bytes) -> None:
    with ZipFile(backup) as archive:
        contents = {name: archive.read(name) for name in (LIBRARY, CACHE)}
    with ZipFile(backup, "w", ZIP_DEFLATED) as archive:
        for name, content in {**contents, "manifest.json": manifest}.items():
            archive.writestr(name, content)

    with pytest.raises(BadBackup, match="cannot be restored"):
        check_backup(backup)


@pytest.mark.parametrize("part", ["head", "middle", "all", "cache"])
def test_a_damaged_library_is_replaced(here: Path, backup: Path, part: str) -> None:
    before = seen(here)
    path = here / (CACHE if part == "cache" else LIBRARY)
    raw = bytearray(path.read_bytes())
    spoilt = {"head": slice(0, 100), "middle": slice(4096, len(raw) // 2)}.get(part, slice(None))
    raw[spoilt] = b"\xff" * len(raw[spoilt])
    path.write_bytes(raw)

    restore(backup, here, replace=True)

    assert seen(here) == before
    with closing(Shelf().open(here)) as corpus:
        assert (corpus.library.store.check(), corpus.library.cache.verify()) == ([], [])


def test_a_damaged_library_is_not_backed_up_as_if_it_were_whole(here: Path, tmp_path: Path) -> None:
    with closing(Shelf().open(here)) as corpus:
        raw = bytearray((here / LIBRARY).read_bytes())
        raw[len(raw) // 2 :] = b"\xff" * len(raw[len(raw) // 2 :])
        (here / LIBRARY).write_bytes(raw)

        with pytest.raises(LibraryDamaged):
            write_backup(corpus.library, tmp_path / "backup")

    assert not (tmp_path / "backup").exists()


# Places that cannot be written, and what is broken off


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_place_without_room_leaves_the_backup_of_before(
    here: Path, backup: Path, tmp_path: Path
) -> None:
    before = backup.read_bytes()
    with (
        closing(Shelf().open(here)) as corpus,
        files_up_to(60_000),
        pytest.raises(LibraryUnwritable, match=r"backup cannot be written to .*backup\.zip"),
    ):
        write_backup(corpus.library, backup)

    assert backup.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "here"]


def test_a_library_without_room_stays_as_it_was(here: Path, backup: Path, tmp_path: Path) -> None:
    before = seen(here)
    for folder in (here, tmp_path / "there"):
        with files_up_to(60_000), pytest.raises(LibraryUnwritable, match="cannot be restored to"):
            restore(backup, folder, replace=True)

    assert seen(here) == before
    restore(backup, tmp_path / "there")
    assert seen(tmp_path / "there") == before


@pytest.mark.parametrize("place", ["file/backup", "missing/backup", "here/backup", "folder"])
def test_where_no_backup_can_be_written_that_is_said(
    here: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()

    with (
        closing(Shelf().open(here)) as corpus,
        pytest.raises(LibraryUnwritable, match="backup"),
    ):
        write_backup(corpus.library, tmp_path / place)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "here"]


def test_where_no_library_can_be_restored_that_is_said(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LibraryUnwritable, match="cannot be restored to"):
        restore(backup, tmp_path / "file" / "library")


class Stopped(Exception):
    pass


def after(steps: int) -> Callable[[int], None]:
    left = [steps]

    def tell(count: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped

    return tell


def test_broken_off_anywhere_all_is_as_it_was(here: Path, backup: Path, tmp_path: Path) -> None:
    with closing(Shelf().open(here)) as corpus:
        list(corpus.add([story("Elling")]))
        before, kept = answers(corpus), backup.read_bytes()
        for steps in range(2):
            with pytest.raises(Stopped):
                write_backup(corpus.library, backup, on_bytes=after(steps))
    for steps in range(4):
        with pytest.raises(Stopped):
            restore(backup, here, replace=True, on_bytes=after(steps))

        assert seen(here) == before
    assert backup.read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "here"]


KILLED_WRITING = """
import os, signal, sys
from pathlib import Path
from toy import Shelf
from embeddings.backup import write_backup
def kill(count):
    os.kill(os.getpid(), signal.SIGKILL)
write_backup(Shelf().open(Path(sys.argv[1])).library, Path(sys.argv[2]), on_bytes=kill)
"""


def test_what_a_killed_backup_left_beside_the_file_goes_with_the_next_one(
    here: Path, tmp_path: Path
) -> None:
    kept = [tmp_path / name for name in (".all[1].zip", ".all[1].zip.own", ".other.zip.abc")]
    for one in kept:
        one.mkdir()
        (one / "zip").touch()
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WRITING, str(here), str(tmp_path / "all[1].zip")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".*"))) == len(kept) + 1

    with closing(Shelf().open(here)) as corpus:
        write_backup(corpus.library, tmp_path / "all[1].zip")

    assert sorted(tmp_path.glob(".*")) == sorted(kept)


def test_a_backup_that_is_being_written_is_left_alone_by_another_one_of_that_name(
    here: Path, tmp_path: Path
) -> None:
    with closing(Shelf().open(here)) as corpus:
        both = iter([True])

        def once(count: int) -> None:
            if next(both, False):
                write_backup(corpus.library, tmp_path / "all.zip")

        manifest = write_backup(corpus.library, tmp_path / "all.zip", on_bytes=once)

    assert check_backup(tmp_path / "all.zip") == manifest


KILLED = """
import os, signal, sys
from pathlib import Path
from embeddings import restoring
from embeddings.store import Store
place, backup, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def kill(*given):
    os.kill(os.getpid(), signal.SIGKILL)
def killing_after(do):
    def done(*given):
        do(*given)
        kill()
    return done
if place == "extracted":
    restoring._check_contents = killing_after(restoring._check_contents)
elif place == "vectors":
    restoring._take_vectors = killing_after(restoring._take_vectors)
elif place == "articles":
    Store.replace_by = killing_after(Store.replace_by)
elif place == "exchange":
    restoring._exchange = kill
restoring.restore(backup, folder, replace=True)
"""


def killed(place: str, backup: Path, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, place, str(backup), str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("place", ["extracted", "vectors", "articles"])
def test_killed_anywhere_it_is_the_old_library_or_the_new(
    here: Path, backup: Path, place: str
) -> None:
    new = seen(here)
    with closing(Shelf().open(here)) as corpus:
        list(corpus.add([story("Elling"), story("Farrow")]))
    old = seen(here)

    killed(place, backup, here)

    assert seen(here) == (new if place == "articles" else old)
    restore(backup, here, replace=True)
    assert seen(here) == new
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


def test_killed_while_a_damaged_library_is_exchanged_it_says_so_and_how_to_finish(
    here: Path, backup: Path
) -> None:
    before = seen(here)
    (here / LIBRARY).write_bytes(b"\xff" * 100_000)

    killed("exchange", backup, here)

    with pytest.raises(LibraryDamaged, match=r"half restored.*parallax restore .*backup.zip"):
        Shelf().open(here)
    with pytest.raises(BadRequest, match="--replace"):
        restore(backup, here)
    restore(backup, here, replace=True)
    assert seen(here) == before


def test_a_backup_of_a_library_that_serves_no_model_yet_is_one_too(tmp_path: Path) -> None:
    with closing(Shelf().open(tmp_path / "here")) as corpus:
        manifest = write_backup(corpus.library, tmp_path / "backup")

    assert (manifest.served, check_backup(tmp_path / "backup")) == (None, manifest)
    restore(tmp_path / "backup", tmp_path / "there")
    begun(tmp_path / "there")


def test_two_models_side_by_side_are_both_there_again(here: Path, tmp_path: Path) -> None:
    models = Shelf(ToyEncoder(), ToyEncoder(name="short", salt="s", max_tokens=12))
    models.use(here, "short")
    with closing(models.open(here)) as corpus:
        short = answers(corpus)
        write_backup(corpus.library, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "there")

    with closing(models.open(tmp_path / "there")) as corpus:
        assert answers(corpus) == short
    assert models.use(tmp_path / "there", "toy", offline=True).embedded == 0
    models.use(here, "toy")
    assert seen(tmp_path / "there") == seen(here)
