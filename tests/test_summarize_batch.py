import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from summarize_batch import main
from toy import NAME, toy_corpus

from embeddings.readers import read_paths

TOWNS = ["Arden", "Borgo", "Caldera", "Dunmore", "Elling"]


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles.jsonl"
    rows = [
        {
            "id": town,
            "text": f"The council of {town} met on Monday and voted on a bridge over the river. "
            f"The bridge in {town} is to open in spring. The mayor of {town} praised the vote.",
        }
        for town in TOWNS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def library(tmp_path: Path, articles: Path) -> Path:
    """A library whose cache holds the articles' vectors."""
    folder = tmp_path / "library"
    folder.mkdir()
    corpus = toy_corpus(folder)
    list(corpus.add(read_paths([articles])))
    corpus.close()
    return folder


def run(library: Path, *arguments: str | Path) -> Result:
    common = ["--library", str(library), "--model", NAME, "--offline"]
    return CliRunner().invoke(main, [*map(str, arguments), *common])


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_every_article_gets_a_line_in_the_order_given(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"

    result = run(library, articles, "--out", out, "--words", "20")

    assert result.exit_code == 0
    assert [line["id"] for line in lines(out)] == TOWNS
    assert all(line["text"] for line in lines(out))


def test_the_same_input_gives_the_same_bytes(library: Path, articles: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"

    run(library, articles, "--out", first)
    run(library, articles, "--out", second)

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.77, 1.0])
def test_resuming_gives_what_an_uninterrupted_run_gives(
    library: Path, articles: Path, tmp_path: Path, share: float
) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    run(library, articles, "--out", whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: int(share * len(data))])

    result = run(library, articles, "--out", cut, "--resume")

    assert result.exit_code == 0
    assert cut.read_bytes() == data


def test_resuming_with_other_options_is_refused_and_loses_nothing(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    run(library, articles, "--out", out)
    before = out.read_bytes()

    result = run(library, articles, "--out", out, "--resume", "--words", "10")

    assert result.exit_code == 2
    assert "other options" in " ".join(result.stderr.split())
    assert out.read_bytes() == before


def test_what_cannot_be_read_gets_a_line_and_the_rest_goes_on(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    articles.write_text("{broken\n" + articles.read_text())

    result = run(library, articles, "--out", out)

    assert result.exit_code == 1
    assert "error" in lines(out)[0]
    assert [line["id"] for line in lines(out)[1:]] == TOWNS


def test_what_the_cache_lacks_is_said_line_by_line(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    with articles.open("a") as file:
        file.write(json.dumps({"id": "new", "text": "A text that was never embedded."}) + "\n")

    result = run(library, articles, "--out", out)

    assert result.exit_code == 1
    assert "vectors of 1 text" in str(lines(out)[-1]["error"])


def test_all_articles_can_be_summarised_together(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"

    run(library, articles, "--out", out, "--per", "all", "--words", "30")

    (line,) = lines(out)
    assert line["given"] == TOWNS
    assert int(str(line["words"])) <= 30
