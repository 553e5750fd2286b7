"""Folders, names and libraries that somebody made to do harm."""

import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from summarize_batch import main as summarize_batch
from toy import NAME, toy_corpus

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers import Refusal, read_paths
from embeddings.readers.files import opened
from service.cli import main

HARBOUR = "The harbour of Tel reopened on Monday after five months of repairs, officials said."
ODD = "Zero\u200bwidth \u202eright\u2066\u2069\u202c e\u0301 \x1b[31mred\x9b0m \x07."


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    corpus = toy_corpus(folder)
    list(corpus.add([Article(HARBOUR, id="harbour")]))
    corpus.close()
    return folder


def add(library: Path, *paths: Path | str, stdin: bytes | None = None) -> Result:
    common = ["--library", str(library), "--model", NAME, "--offline"]
    return CliRunner().invoke(main, ["add", *map(str, paths), *common], input=stdin)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with all that is no file, and a file with a sentence that is embedded already."""
    folder = tmp_path / "trap"
    folder.mkdir()
    os.mkfifo(folder / "pipe.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "up").symlink_to(folder.parent / "trap")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(folder / "socket.txt"))
    unix.close()
    (folder / "one\nrefused two\x1b[2J\u202e.jsonl").write_text("{\n")
    (folder / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"\0\1\2")
    (folder / "harbour.txt").write_text(HARBOUR)
    return folder


def test_a_folder_of_traps_stops_nothing_and_waits_for_nothing(library: Path, trap: Path) -> None:
    result = add(library, trap)

    lines = result.stderr.splitlines()
    assert result.exit_code == 1
    assert "0 added, 0 updated, 1 unchanged, 7 refused" in result.stdout
    assert len([line for line in lines if line.startswith("refused ")]) == 7
    assert not set("\x1b\u202e") & set(result.output)
    assert [line for line in lines if "one refused two" in line]
    assert [line for line in lines if "caf\\xe9.txt: binary" in line]


def test_a_batch_of_traps_goes_on_with_the_rest(library: Path, trap: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    common = ["--library", str(library), "--model", NAME, "--offline", "--out", str(out)]

    result = CliRunner().invoke(summarize_batch, [str(trap), *common])

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert result.exit_code == 1
    assert sum("error" in row for row in rows) == 7
    assert [row["text"] for row in rows if "error" not in row] == [HARBOUR]
    assert not set("\x1b\u202e") & set(result.output)


def test_what_became_a_pipe_meanwhile_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadArticle, match="a pipe, socket or device"):
        opened(str(tmp_path / "pipe"))


def test_a_file_that_shrinks_while_it_is_read_ends_there(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Some words of it."}\n' * 40_000)
    seen: list[int] = []
    found = read_paths([path], on_bytes=seen.append)

    first = next(found)
    os.truncate(path, 40)
    rest = list(found)

    assert isinstance(first, Article)
    assert len(rest) < 39_999
    assert sum(seen) == 1_200_000


def test_a_file_that_goes_away_before_it_is_read_is_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Words.")
    found = read_paths([tmp_path / "a.txt", tmp_path / "b.txt"])

    next(found)
    (tmp_path / "b.txt").unlink()

    assert list(found) == [Refusal(str(tmp_path / "b.txt"), "no such file or folder")]


@pytest.mark.parametrize("given", ["\x1b[2J", "no\u202esuch", "a\nb"])
def test_what_is_named_wrongly_is_told_without_being_obeyed(library: Path, given: str) -> None:
    common = ["--library", str(library), "--model", NAME, "--offline"]

    for command in (["show", given], ["compare", given, "harbour"], ["verify", given]):
        result = CliRunner().invoke(main, [*command, *common])
        assert result.exit_code in (1, 2)
        assert not set("\x1b\u202e") & set(result.output)


def test_json_on_a_terminal_means_the_same_and_commands_nothing(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add([Article(f"{HARBOUR} {ODD}", id="a\x9b\u202eb", title=ODD)]))
    corpus.close()

    result = CliRunner().invoke(main, ["list", "--json", "--library", str(tmp_path), "--offline"])

    assert not set("\x1b\x9b\x07\u202e\u2066\u2069") & set(result.stdout)
    [article] = json.loads(result.stdout)["articles"]
    assert article["id"] == "a\x9b\u202eb"
    assert article["title"] == " ".join(ODD.split())


def test_a_pickle_in_place_of_a_file_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    # What pickle.dumps gives for an object whose __reduce__ makes a file.
    bomb = f"cos\nsystem\n(Vtouch {ran}\ntR.".encode()
    folder = tmp_path / "library"
    folder.mkdir()
    corpus = toy_corpus(folder)
    list(corpus.add([Article(HARBOUR, id="harbour")]))
    expected = corpus.search("harbour").hits
    corpus.close()

    for path in sorted(folder.rglob("*")):
        if path.is_file() and "sqlite3" not in path.name:
            path.write_bytes(bomb)
    corpus = toy_corpus(folder)

    assert corpus.search("harbour").hits == expected
    corpus.close()
    given = tmp_path / "cache.pickle"
    given.write_bytes(bomb)
    common = ["--library", str(folder), "--model", NAME, "--offline"]
    assert CliRunner().invoke(main, ["cache", "import", str(given), *common]).exit_code in (1, 2)
    assert not ran.exists()
