import os
import subprocess
import sys
from io import BufferedRandom
from pathlib import Path

from embeddings.snapshot import SnapshotHead, snapshot_generation, write_snapshot

HEAD = SnapshotHead("library", "model", 3)


def written(folder: Path) -> list[str]:
    def body(file: BufferedRandom) -> None:
        file.write(b"body")

    write_snapshot(folder / "words.index", HEAD, body)
    return sorted(path.name for path in folder.iterdir())


def test_what_a_process_left_that_died_while_it_wrote_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    (tmp_path / f"words.index.{dead.pid}.partial").write_bytes(b"half")

    assert written(tmp_path) == ["words.index"]


def test_what_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    others = [
        f"words.index.{os.getppid()}.partial",
        "index-1.faiss.99.partial",
        "words.index.x.partial",
    ]
    for name in others:
        (tmp_path / name).write_bytes(b"half")

    assert written(tmp_path) == sorted(["words.index", *others])


def test_a_snapshot_of_another_library_has_no_generation(tmp_path: Path) -> None:
    written(tmp_path)

    assert snapshot_generation(tmp_path / "words.index") == 3
    assert snapshot_generation(tmp_path / "words.index", "library") == 3
    assert snapshot_generation(tmp_path / "words.index", "other") is None
