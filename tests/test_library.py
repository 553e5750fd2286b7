import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import DIM, ToyEncoder, counted, toy_corpus

from embeddings.article import Article
from embeddings.errors import LibraryBusy, MissingVectors
from embeddings.stored import Filters
from embeddings.vectors import unit
from service.corpus import Corpus, read_filters
from service.retrieval.mode import Mode

TOWNS = ["Arden", "Borgo", "Caldera", "Dunmore"]


def story(town: str) -> Article:
    return Article(f"The harbour of {town} was closed on Monday after a storm.", id=town)


def found(corpus: Corpus, town: str) -> list[str]:
    return [hit.article_id for hit in corpus.search(f"harbour of {town}").hits]


def snapshot(folder: Path) -> Path:
    (path,) = folder.glob("*.faiss")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(map(story, TOWNS)))
    return corpus


def test_what_another_one_adds_and_removes_is_seen_without_reopening(
    corpus: Corpus, tmp_path: Path
) -> None:
    assert found(corpus, "Elling")[:1] != ["Elling"]
    other = toy_corpus(tmp_path)

    list(other.add([story("Elling")]))
    assert found(corpus, "Elling")[0] == "Elling"

    other.remove(["Elling"])
    assert "Elling" not in found(corpus, "Elling")


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from(TOWNS), st.sampled_from(["add", "change", "remove"])), max_size=12
    )
)
def test_after_any_changes_searching_equals_a_fresh_rebuild(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    corpus = toy_corpus(folder)
    for number, (town, change) in enumerate(changes):
        there = {article.id for article in corpus.articles().articles}
        if change == "remove" and town in there:
            corpus.remove([town])
        elif change != "remove":
            text = story(town).text + (f" Report {number}." if change == "change" else "")
            list(corpus.add([Article(text, id=town)]))
    query = unit(counted("harbour storm report")[None])[0]
    kept = corpus.library.nearest(query, 50, Filters())

    for path in folder.glob("*.faiss"):
        path.unlink()
    rebuilt = toy_corpus(folder).library.nearest(query, 50, Filters())

    assert kept == pytest.approx(rebuilt, abs=1e-6)
    assert len(kept) == len(corpus.articles().articles)


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "missing", "foreign"])
def test_a_damaged_snapshot_is_made_again(corpus: Corpus, tmp_path: Path, damage: str) -> None:
    path = snapshot(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    contents = {"flipped": bytes(data), "cut": bytes(data[:-7]), "emptied": b"", "foreign": b"x\n"}
    path.unlink()
    if damage != "missing":
        path.write_bytes(contents[damage])

    assert found(toy_corpus(tmp_path), "Caldera")[0] == "Caldera"


def test_a_snapshot_of_another_library_is_not_trusted(corpus: Corpus, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    another = toy_corpus(other)
    list(another.add([story("Zell")]))
    snapshot(other).write_bytes(snapshot(tmp_path).read_bytes())

    assert found(toy_corpus(other), "Zell") == ["Zell"]


def test_a_store_restored_from_a_copy_does_not_meet_the_index_of_later(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.close()
    shutil.copy(tmp_path / "library.sqlite3", tmp_path / "copy")
    later = toy_corpus(tmp_path)
    list(later.add([story("Elling"), story("Farrow")]))
    later.close()
    shutil.copy(tmp_path / "copy", tmp_path / "library.sqlite3")

    restored = toy_corpus(tmp_path)
    list(restored.add([story("Grimsby"), story("Holt")]))

    for town in ("Grimsby", "Holt"):
        best = restored.search(story(town).text, mode=Mode.DENSE).hits[0]
        assert (best.article_id, best.sentences[0].dense) == (town, 1.0)


def test_opening_again_embeds_nothing(corpus: Corpus, tmp_path: Path) -> None:
    encoder = ToyEncoder()

    assert toy_corpus(tmp_path, encoder).library.nearest(
        unit(counted("harbour")[None])[0], 9, Filters()
    )
    assert encoder.seen == []


def test_offline_a_lost_vector_is_missed_and_online_it_is_made_again(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.search("harbour")
    cache = corpus.library.cache
    with cache._database.writing() as connection:
        connection.execute("UPDATE entries SET checksum = 0 WHERE id = 1")
    snapshot(tmp_path).unlink()

    with pytest.raises(MissingVectors, match="1 text"):
        toy_corpus(tmp_path, offline=True).search("harbour")
    assert len(toy_corpus(tmp_path).search("harbour").hits) == len(TOWNS)
    assert cache.verify() == []


WRITER = """
import sys, time
from pathlib import Path
from toy import toy_corpus
from embeddings.article import Article
def slowly():
    print("writing", flush=True)
    yield Article("A story of the harbour.", id="slow")
    time.sleep(60)
list(toy_corpus(Path(sys.argv[1])).add(slowly()))
"""


def test_a_second_writer_is_told_who_writes_and_readers_go_on(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.library._wait_seconds = 0.2
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with writer:
        assert writer.stdout is not None
        writer.stdout.readline()

        with pytest.raises(LibraryBusy, match=f"Process {writer.pid} "):
            list(corpus.add([story("Elling")]))
        assert found(corpus, "Arden")[0] == "Arden"
        writer.kill()

    results = list(corpus.add([story("Elling")]))
    assert results[0].status == "added"


READER = """
import os, sys, tempfile
from pathlib import Path
from toy import toy_corpus
from embeddings.article import Article
from embeddings.errors import LibraryUnwritable
with tempfile.TemporaryDirectory() as other:
    # The interpreter may lie where nobody may look, so what is imported late is imported now.
    warm = toy_corpus(Path(other))
    list(warm.add([Article("Another story.", id="new")]))
    warm.search("story")
os.setuid(65534)
corpus = toy_corpus(Path(sys.argv[1]))
print([hit.article_id for hit in corpus.search("harbour of Caldera").hits][0])
try:
    list(corpus.add([Article("Another story.", id="new")]))
except LibraryUnwritable as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who may not write")
def test_a_library_that_cannot_be_written_is_read_and_refuses_to_be_added_to(
    corpus: Corpus,
) -> None:
    corpus.close()
    # pytest's own folders are closed to others, so the library moves to one that is open.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(corpus.library.folder, folder / "library")
        for path in (folder / "library").iterdir():
            path.chmod(0o444)
        (folder / "library").chmod(0o555)

        answer = subprocess.run(
            [sys.executable, "-c", READER, str(folder / "library")],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout.splitlines()

    assert answer[0] == "Caldera"
    assert "cannot be written" in answer[1]


def test_a_filter_keeps_other_articles_out(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(
        corpus.add(
            [
                Article("The harbour was closed.", id="a", source="Post", published="2024-03-04"),
                Article("The harbour was opened.", id="b", source="Radio", published="2024-03-12"),
                Article("The harbour was painted.", id="c"),
            ]
        )
    )

    def ids(**given: str) -> set[str]:
        hits = corpus.search("harbour", filters=read_filters(**given)).hits
        return {hit.article_id for hit in hits}

    assert ids() == {"a", "b", "c"}
    assert ids(source="post") == {"a"}
    assert ids(since="2024-03-05") == {"b"}
    assert ids(until="2024-03-04") == {"a"}
    assert ids(source="Post", since="2024-03-05") == set()


def test_the_toys_dimension_is_the_librarys(corpus: Corpus) -> None:
    assert corpus.library.encoder.profile.dim == DIM
