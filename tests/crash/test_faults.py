"""Flipped bytes, cut files, full disks: named or healed, and never a wrong answer."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from toy import ToyEncoder, toy_corpus

from crash.faults import (
    Faults,
    cut,
    damage,
    files,
    flipped,
    flipped_early,
    library,
    logged,
)
from crash.inspection import answer, faults, state_of
from crash.stories import NAMES, story
from embeddings.cache import EmbeddingCache
from embeddings.errors import LibraryDamaged, LibraryUnwritable, MissingVectors
from service.corpus import Corpus
from service.retrieval.mode import Mode

DAMAGES = [flipped, cut]
DERIVED = ("index-", "words.index", "sketches-", "last-change")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "library"
    library(folder)
    return folder


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live") / "library"
    logged(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "library")
    return tmp_path / "library"


@pytest.mark.parametrize("kind", ["whole", "live"])
def test_no_damage_to_any_file_gives_a_wrong_answer(
    kind: str, request: pytest.FixtureRequest
) -> None:
    where: Path = request.getfixturevalue(kind)
    names = [path.name for path in files(where)]
    logs = [name for name in names if name.endswith("-wal")]
    assert (len(logs), len(names)) == ((3, 9) if kind == "live" else (0, 6))

    for name in logs or names:
        found = Faults()
        damage(where, name, DAMAGES, Random(name), found)
        assert found.wrong == []
        if name.startswith(DERIVED):
            assert found.named == 0


def one(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def flip(path: Path, places: list[int]) -> None:
    raw = bytearray(path.read_bytes())
    for place in places:
        raw[place] ^= 0xFF
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize("name", ["index-*.faiss", "words.index", "sketches-*.sqlite3"])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_what_is_derived_is_made_anew_and_is_sound_then(
    folder: Path, name: str, share: float
) -> None:
    path = one(folder, name)
    flip(path, [int(share * path.stat().st_size)])

    assert faults(folder) == []


def test_a_cache_with_damaged_entries_makes_them_again(folder: Path) -> None:
    cache = folder / "cache.sqlite3"
    chunk = opened(folder).library.store.chunks_of([NAMES[3]])[0]
    vectors = ToyEncoder().encode([chunk.passage])[0].tobytes()
    flip(cache, [cache.read_bytes().index(vectors[:300]) + 100])

    assert len(EmbeddingCache(cache).verify()) == 1
    forget_derived(folder)
    opened(folder).library.sync()
    assert faults(folder) == []


def forget_derived(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name.startswith(DERIVED):
            path.unlink()


def test_a_cache_that_cannot_be_read_is_named_with_a_cure_that_helps(folder: Path) -> None:
    cache = folder / "cache.sqlite3"
    before = opened(folder)
    expected = answer(before, "storm", Mode.HYBRID)
    passage = before.library.store.chunks_of([NAMES[4]])[0].passage
    before.close()
    # The start of a page says what is in it, or where it goes on.
    place = cache.read_bytes().index(ToyEncoder().encode([passage])[0].tobytes()[:300])
    flip(cache, [place // 4096 * 4096])
    for path in folder.glob("*.faiss"):
        path.unlink()
    damaged = opened(folder)
    with pytest.raises(LibraryDamaged, match=r"cache\.sqlite3 is damaged.* Move it away"):
        damaged.search("storm harbour of a bridge")
    damaged.close()
    for path in folder.glob("cache.sqlite3*"):
        path.replace(folder.parent / path.name.replace("cache", "moved"))

    corpus, encoder = opened(folder), ToyEncoder()
    done = corpus.library.cache.import_from(folder.parent / "moved.sqlite3")
    assert done.added > 5
    assert done.damaged > 0

    again = toy_corpus(folder, encoder)
    assert answer(again, "storm", Mode.HYBRID) == expected
    assert len(encoder.seen) <= done.damaged + 1
    assert faults(folder) == []


def test_of_a_damaged_export_only_what_is_sound_is_taken_in(folder: Path, tmp_path: Path) -> None:
    corpus = opened(folder)
    chunks = corpus.library.store.chunks(corpus.library.store.chunk_ids().tolist())
    passages = [chunk.passage for chunk in chunks.values()]
    expected = [matrix.tobytes() for matrix in ToyEncoder().encode(passages)]
    corpus.library.cache.export_to(tmp_path / "export")
    raw, choice = (tmp_path / "export").read_bytes(), Random(5)

    for number, spoil in enumerate([flipped, flipped_early, cut] * 3):
        (tmp_path / "damaged").write_bytes(spoil(raw, choice))
        cache = EmbeddingCache(tmp_path / f"cache-{number}.sqlite3")
        with suppress(LibraryDamaged):
            cache.import_from(tmp_path / "damaged")
        found = cache.read(ToyEncoder().fingerprint, passages)
        assert all(
            matrix is None or matrix.tobytes() == one
            for matrix, one in zip(found, expected, strict=True)
        )
        cache.close()


def opened(folder: Path) -> Corpus:
    return toy_corpus(folder)


def test_what_the_last_change_left_undone_is_told(live: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(live, folder)
    log = folder / "library.sqlite3-wal"
    log.write_bytes(log.read_bytes()[:-100])

    lost = opened(folder).library.lost_changes()

    assert lost is not None
    assert "3 changes were made to the articles, but only 2 are known" in lost


def test_an_emptied_library_is_not_taken_for_a_new_one(folder: Path) -> None:
    (folder / "library.sqlite3").write_bytes(b"")

    with pytest.raises(LibraryDamaged, match="is empty, but there was something in it"):
        opened(folder)


# A power cut: what was not synced is as it was before.


def test_a_cache_that_lost_its_last_vectors_makes_them_again(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.glob("cache.sqlite3*")}
    corpus = opened(folder)
    list(corpus.add(story(name, 9) for name in NAMES))
    corpus.close()
    for path in folder.glob("cache.sqlite3*"):
        path.unlink()
    for path, raw in before.items():
        path.write_bytes(raw)
    forget_derived(folder)

    with pytest.raises(MissingVectors, match="the cache lacks the vectors of"):
        toy_corpus(folder, offline=True).search("storm", mode=Mode.DENSE)
    opened(folder).library.sync()
    assert faults(folder) == []


def test_what_is_derived_may_be_of_any_time_before(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir() if path.name.startswith(DERIVED)}
    corpus = opened(folder)
    list(corpus.add(story(name, 9) for name in NAMES[:5]))
    corpus.remove(NAMES[5:7])
    corpus.close()
    for path, raw in before.items():
        path.write_bytes(raw)

    assert faults(folder) == []


SYNCED = """
import os, sys
from pathlib import Path
from crash.stories import NAMES, story
from toy import toy_corpus
corpus = toy_corpus(Path(sys.argv[1]))
print("adding", flush=True)
os.write(1, b"")
for result in corpus.add([story(NAMES[0], 7)]):
    os.write(1, b"acknowledged\\n")
    os._exit(0)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace tells what was synced")
def test_logs_of_vectors_and_articles_are_synced_before_an_article_is_acknowledged(
    folder: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    watched = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(trace)]
    done = subprocess.run(
        [*watched, sys.executable, "-c", SYNCED, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "PTRACE" in done.stderr:
        pytest.skip("tracing is not allowed here")

    lines = trace.read_text().split('"adding')[1].split('"acknowledged')[0].splitlines()
    synced = [line for line in lines if "sync(" in line]
    assert any("cache.sqlite3-wal" in line for line in synced)
    assert "library.sqlite3-wal" in synced[-1]


# A disk that is full


FULL = """
import resource, signal, sys
from pathlib import Path
from crash.stories import NAMES, story
from embeddings.errors import ParallaxError
from toy import toy_corpus
corpus = toy_corpus(Path(sys.argv[1]))
corpus.search("storm")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    for result in corpus.add([story(name, 5) for name in NAMES]):
        print(result.id, flush=True)
    print("synced", flush=True)
except ParallaxError as error:
    print(type(error).__name__, error, file=sys.stderr)
    sys.exit(3)
"""


@pytest.mark.parametrize("most", [12_000])
def test_a_disk_that_fills_up_is_named_and_all_that_was_told_is_kept(
    folder: Path, most: int
) -> None:
    before = state_of(opened(folder).library.store)

    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(most)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in (0, 3), done.stderr
    assert (done.returncode == 3) == ("LibraryUnwritable" in done.stderr)
    told = [line for line in done.stdout.splitlines() if line != "synced"]
    expected = before | dict.fromkeys(told, 5)
    assert state_of(opened(folder).library.store) == expected
    assert faults(folder) == []


def test_a_snapshot_that_cannot_be_written_stops_nothing(folder: Path) -> None:
    for path in (*folder.glob("index-*"), folder / "words.index"):
        path.unlink()
        path.mkdir()  # In whose place no file can be put.

    corpus = opened(folder)
    list(corpus.add([story("late", 1)]))

    assert corpus.search("of late").hits[0].article_id == "late"
    corpus.close()


def test_a_limit_of_pages_is_named(folder: Path) -> None:
    corpus = opened(folder)
    with corpus.library.store._database.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LibraryUnwritable, match="The disk is full"):
        list(corpus.add(story(f"more-{number}", 1) for number in range(200)))
    corpus.close()

    assert faults(folder) == []
