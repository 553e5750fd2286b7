import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from summarize_batch import _FEWEST_BYTES, main
from toy import NAME, toy_corpus

from embeddings.readers import read_paths
from service.cli import main as parallax

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
    assert line["summarised"] == TOWNS
    assert int(str(line["words"])) <= 30


@pytest.mark.parametrize("per", ["article", "all"])
def test_what_it_writes_can_be_verified(
    library: Path, articles: Path, tmp_path: Path, per: str
) -> None:
    out = tmp_path / "out.jsonl"
    run(library, articles, "--out", out, "--per", per)
    elsewhere = ["--library", str(tmp_path / "elsewhere"), "--model", NAME, "--offline"]

    held = CliRunner().invoke(parallax, ["verify", str(out), str(articles), *elsewhere])
    articles.write_text(articles.read_text().replace("praised", "deplored"))
    changed = CliRunner().invoke(parallax, ["verify", str(out), str(articles), *elsewhere])

    assert held.exit_code == 0
    assert held.stdout.endswith(" hold, byte for byte.\n")
    assert changed.exit_code == 1
    assert "closest is" in changed.stdout


@pytest.mark.parametrize("ending", [".csv", ".md", ".jsonl"])
def test_an_interrupted_file_of_any_format_is_gone_on_with(
    library: Path, articles: Path, tmp_path: Path, ending: str
) -> None:
    whole, cut = tmp_path / f"whole{ending}", tmp_path / f"cut{ending}"
    run(library, articles, "--out", whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    result = run(library, articles, "--out", cut, "--resume")
    again = run(library, articles, "--out", cut, "--resume")

    assert (result.exit_code, again.exit_code) == (0, 0)
    assert cut.read_bytes() == whole.read_bytes()
    assert "after the 5 that were there" in " ".join(again.stderr.split())


def test_a_table_has_a_row_a_summary_and_says_where_its_sentences_stand(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"

    run(library, articles, "--out", out, "--words", "20")

    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    texts = {one["id"]: str(one["text"]) for one in lines(articles)}
    assert [row["id"] for row in rows] == TOWNS
    for row in rows:
        found = re.fullmatch(r"(\w+)\[(\d+):(\d+)\]", row["places"])
        assert found
        assert texts[found[1]][int(found[2]) : int(found[3])] == row["text"]


def test_articles_are_summarised_by_group(library: Path, articles: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    desks = ["home", "world", "home", None, "world"]
    rows = [row | {"desk": desk} for row, desk in zip(lines(articles), desks, strict=True)]
    articles.write_text("".join(json.dumps(row) + "\n" for row in rows))

    result = run(library, articles, "--out", out, "--group-by", "desk")

    assert result.exit_code == 1
    missing, home, world = lines(out)
    assert missing["id"] == "Dunmore"
    assert "no field 'desk'" in str(missing["error"])
    assert (home["id"], home["summarised"]) == ("home", ["Arden", "Caldera"])
    assert (world["id"], world["summarised"]) == ("world", ["Borgo", "Elling"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--per", "group"], "--group-by"),
        (["--per", "all", "--group-by", "source"], "leave one of the two out"),
        (["--words", "0"], "words is 0"),
        (["--sentences", "0"], "sentences is 0"),
        (["--query", "?"], "holds no words"),
        (["--workers", "0"], "1<=x<=256"),
    ],
)
def test_wrong_usage_is_said_before_the_file_is_touched(
    library: Path, articles: Path, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("kept")

    result = run(library, articles, "--out", out, *arguments)

    assert result.exit_code == 2
    assert reason in " ".join(result.stderr.split())
    assert out.read_text() == "kept"


def test_an_ending_that_means_no_format_is_refused(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    refused = run(library, articles, "--out", tmp_path / "out.txt")
    named = run(library, articles, "--out", tmp_path / "out.txt", "--format", "csv")

    assert refused.exit_code == 2
    assert "--format" in refused.stderr
    assert named.exit_code == 0


def test_what_is_read_is_not_written_over(library: Path, articles: Path, tmp_path: Path) -> None:
    before = articles.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(articles)

    result = run(library, articles, "--out", tmp_path / "link.jsonl")

    assert result.exit_code == 2
    assert articles.read_bytes() == before


def test_the_file_written_is_not_read_even_if_it_lies_among_the_articles(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    articles.rename(folder / "articles.jsonl")
    out = folder / "a.jsonl"

    run(library, folder, "--out", out)
    first = out.read_bytes()
    result = run(library, folder, "--out", out)

    assert result.exit_code == 0
    assert out.read_bytes() == first
    assert [line["id"] for line in lines(out)] == TOWNS


def test_two_articles_of_one_id_are_both_summarised(
    library: Path, articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"

    result = run(library, articles, articles, "--out", out)

    assert result.exit_code == 0
    assert [line["id"] for line in lines(out)] == TOWNS * 2


def test_an_empty_folder_is_a_failure_and_an_empty_file_holds_nothing(
    library: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "none.jsonl").touch()

    folder = run(library, tmp_path / "folder", "--out", tmp_path / "a.jsonl", "--per", "all")
    nothing = run(library, tmp_path / "none.jsonl", "--out", tmp_path / "b.jsonl", "--per", "all")

    assert folder.exit_code == 1
    assert "holds no articles" in str(lines(tmp_path / "a.jsonl")[0]["error"])
    assert nothing.exit_code == 0
    assert "no article in the input" in nothing.stderr


def test_a_library_without_vectors_is_one_error_not_one_an_article(
    articles: Path, tmp_path: Path
) -> None:
    result = run(tmp_path / "none", articles, "--out", tmp_path / "out.jsonl")

    assert result.exit_code == 1
    assert "cache holds nothing of the model" in " ".join(result.stderr.split())
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_one_clear_line(library: Path, articles: Path) -> None:
    result = run(library, articles, "--out", "/dev/full", "--format", "jsonl")

    assert result.exit_code == 1
    assert "cannot be written: No space left on device" in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """So many articles that several processes share them, and a library with their vectors."""
    folder = tmp_path_factory.mktemp("many")
    path = folder / "many.jsonl"
    rows = [
        {"id": str(number), "text": f"The mayor of town {number} opened the bridge on Monday."}
        for number in range(700)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = toy_corpus(folder)
    list(corpus.add(read_paths([path])))
    corpus.close()
    return folder, path


# Runs the script so slowly that it has not ended when it is told to, and so that it can be told
# to: what a shell starts in the background inherits that nobody interrupts it.
SLOWLY = """
import signal, time
from service.batch import Work
from summarize_batch import main
signal.signal(signal.SIGINT, signal.default_int_handler)
done = Work.outcome
def slowly(*arguments, **options):
    time.sleep(0.02)
    return done(*arguments, **options)
Work.outcome = slowly
main()
"""


def children_of(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def all_gone(processes: Iterable[int]) -> bool:
    return all(map(is_gone, processes))


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs the processes of Linux")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_process_and_goes_on_to_the_same_bytes(
    many: tuple[Path, Path], tmp_path: Path, how: signal.Signals
) -> None:
    folder, path = many
    assert path.stat().st_size > _FEWEST_BYTES
    alone, shared = tmp_path / "alone.jsonl", tmp_path / "shared.jsonl"
    run(folder, path, "--out", alone, "--workers", "1")
    root = Path(__file__).parent.parent
    options = ["--library", str(folder), "--model", NAME, "--offline", "--workers", "3"]
    command = [sys.executable, "-c", SLOWLY, str(path), "--out", str(shared), *options]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'scripts'}"}

    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as first:
        wait_until(lambda: shared.exists() and shared.stat().st_size > 0)
        processes = children_of(first.pid)
        first.send_signal(how)
        _, said = first.communicate(timeout=60)
    wait_until(partial(all_gone, processes))
    part = shared.read_bytes()
    second = run(folder, path, "--out", shared, "--resume", "--workers", "1")

    assert len(processes) >= 2
    assert 0 < len(part) < alone.stat().st_size
    assert second.exit_code == 0
    assert shared.read_bytes() == alone.read_bytes()
    if how is signal.SIGINT:
        assert first.returncode == 130
        assert said.splitlines()[-1] == "Interrupted; --resume goes on from here."
        assert "Traceback" not in said
