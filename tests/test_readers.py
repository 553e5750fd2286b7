import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Article
from embeddings.readers import Refusal, read_paths, total_bytes

SEEDS = Path(__file__).parent.parent / "seeds"


def read_one(path: Path) -> Article:
    (read,) = read_paths([path])
    assert isinstance(read, Article)
    return read


def refused(*paths: Path | str) -> list[str]:
    return [read.reason for read in read_paths(paths) if isinstance(read, Refusal)]


def from_stdin(content: bytes) -> list[Article | Refusal]:
    return list(read_paths(["-"], stdin=io.BytesIO(content)))


def test_a_text_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes("  Harbour — reopens.\r\n\r\nBoats\tleft.\rGone \n".encode())

    article = read_one(path)

    assert article == Article(
        text="  Harbour — reopens.\n\nBoats\tleft.\nGone \n", origin=str(path)
    )


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_seeds_are_read_as_they_are(path: Path) -> None:
    assert read_one(path).text == path.read_text("utf-8")


def test_a_folder_is_read_below_by_name_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/c", ".hidden.txt", ".git/x.txt", "p.png", "run.py", "D.TXT"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)

    texts = [read.text for read in read_paths([tmp_path]) if isinstance(read, Article)]

    assert texts == ["D.TXT", "a/c", "a/z.md", "b.txt"]


def test_a_loop_of_links_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Once.")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")

    read = list(read_paths([tmp_path]))

    assert isinstance(read[0], Article)
    assert [r.reason for r in read[1:] if isinstance(r, Refusal)] == [
        "a symbolic link that leads round in a circle"
    ]


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")

    assert refused(tmp_path)[0].startswith("holds no articles: looked for .txt")


def test_what_is_missing_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Here.")

    read = list(read_paths([tmp_path / "no.txt", "nul\0byte", tmp_path / "a.txt"]))

    assert read[0] == Refusal(str(tmp_path / "no.txt"), "no such file or folder")
    assert isinstance(read[1], Refusal)
    assert isinstance(read[2], Article)


def test_a_pipe_is_refused_without_opening_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")

    assert refused(tmp_path) == ["a pipe, socket or device; expected a file or a folder"]
    assert refused("/dev/zero") == ["a pipe, socket or device; expected a file or a folder"]


def test_a_named_file_of_unknown_suffix_is_read_if_it_is_text(tmp_path: Path) -> None:
    (tmp_path / "story.v2").write_text("Text it is.")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\n...")

    assert read_one(tmp_path / "story.v2").text == "Text it is."
    assert refused(tmp_path / "paper.pdf") == ["a PDF; export it as text or HTML first"]


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    assert "longer than 64 MiB" in refused(path)[0]


def test_a_name_that_is_not_utf8_gives_an_origin_that_can_be_stored(tmp_path: Path) -> None:
    name = tmp_path / os.fsdecode(b"caf\xe9.txt")
    name.write_bytes(b"Coffee.")

    assert (read_one(tmp_path).origin or "").endswith("caf\\xe9.txt")


def test_progress_adds_up_to_the_total_whatever_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.")
    (tmp_path / "b.txt").write_bytes(b"\0\1" * 5000)
    (tmp_path / "c.jsonl").write_text('{"text": "x"}\n{\n' * 99)
    (tmp_path / "d.csv").write_text("no,use\n" * 1000)
    seen: list[int] = []

    list(read_paths([tmp_path], on_bytes=seen.append))

    assert sum(seen) == total_bytes([tmp_path, "-"]) == 4 + 10000 + 99 * 16 + 7000


def test_standard_input_may_be_json_lines() -> None:
    read = from_stdin(b'\n  {"id": "a", "text": "One."}\n{"id": 2, "text": "Two."}\n{')

    assert [r.id for r in read if isinstance(r, Article)] == ["a", "2"]
    assert isinstance(read[2], Refusal)
    assert read[2].origin == "standard input, line 4"


def test_standard_input_may_be_a_web_page_or_json_or_text() -> None:
    body = "<p>The harbour of Tel reopened on Monday after a long winter of storms.</p>" * 4
    (page,) = from_stdin(f"<!DOCTYPE html><html><body>{body}</body></html>".encode())
    (pretty,) = from_stdin(b'{\n "id": "a",\n "text": "One."\n}')
    (text,) = from_stdin(b"{Brackets} open this note.\nIt goes on.")
    wide = from_stdin('{"text": "One."}\n{"text": "Two."}\n'.encode("utf-16"))

    assert isinstance(page, Article)
    assert "<p>" not in page.text
    assert isinstance(pretty, Article)
    assert pretty.id == "a"
    assert text == Article(text="{Brackets} open this note.\nIt goes on.")
    assert [r.text for r in wide if isinstance(r, Article)] == ["One.", "Two."]


def test_empty_standard_input_is_refused() -> None:
    assert from_stdin(b" \n") == [Refusal("standard input", "empty: it holds no text")]


@given(
    content=st.binary(max_size=400),
    suffix=st.sampled_from(["txt", "html", "jsonl", "csv", "md", "json", "tsv"]),
)
def test_no_bytes_make_reading_raise(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(content)

    read = [*read_paths([path]), *from_stdin(content)]

    for article in read:
        if isinstance(article, Article):
            json.dumps(dict(article.extra), allow_nan=False)
            article.text.encode()
