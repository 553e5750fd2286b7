"""The commands about models and backups, as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from toy import NAME, Shelf, ToyEncoder

from embeddings.article import Article
from service.cli import main

STORY = Article("The harbour of Arden was closed on Monday after a storm.", id="harbour")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of an article that serves a toy; the cache has all vectors of another one."""
    folder = tmp_path / "library"
    models = Shelf(ToyEncoder(), ToyEncoder(name="other", salt="other", max_tokens=9))
    list(models.open(folder).add([STORY]))
    for name in ("other", NAME):
        models.use(folder, name)
        models.open(folder).search("harbour closed")
    return folder


def run(library: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--library", str(library)])


def test_model_show_says_which_is_served_and_which_are_kept(library: Path) -> None:
    result = run(library, "model", "show", "--offline")

    lines = result.stdout.splitlines()
    assert [line.split(" (")[0] for line in lines] == [f"served: {NAME}", "kept:   other"]
    assert all(line.endswith("vectors of 100% of the library") for line in lines)


def test_model_show_of_a_new_library_says_that_there_is_none(tmp_path: Path) -> None:
    result = run(tmp_path / "new", "model", "show")

    assert "serves no model yet" in result.stdout
    assert json.loads(run(tmp_path / "new", "model", "show", "--json").stdout) == {
        "served": None,
        "others": [],
    }


def test_model_use_goes_over_and_the_commands_follow(library: Path) -> None:
    result = run(library, "model", "use", "other", "--offline")

    assert result.exit_code == 0
    assert result.stdout.startswith("The library serves other (")
    assert "0 passages were embedded, 1 articles cut anew" in result.stdout
    shown = json.loads(run(library, "model", "show", "--json").stdout)
    assert (shown["served"]["model"], shown["others"][0]["model"]) == ("other", NAME)
    hits = json.loads(run(library, "search", "harbour closed", "--offline", "--json").stdout)
    assert hits["hits"][0]["article_id"] == "harbour"


def test_model_use_gives_one_json_value(library: Path) -> None:
    done = json.loads(run(library, "model", "use", "other", "--offline", "--json").stdout)

    assert (done["before"], done["served"], done["embedded"], done["cut"]) == (NAME, "other", 0, 1)


@pytest.mark.parametrize("arguments", [["search", "harbour"], ["summarize", "harbour"]])
def test_another_model_is_refused_with_what_to_do(library: Path, arguments: list[str]) -> None:
    result = run(library, *arguments, "--offline", "--model", "other")

    assert result.exit_code == 1
    assert "The library serves the model toy" in result.stderr
    assert "`parallax model use other`" in result.stderr
    assert run(library, "list", "--model", "other").exit_code == 0


def test_doctor_says_which_model_is_served_and_how_many_more_are_kept(library: Path) -> None:
    result = run(library, "doctor", "--offline")

    assert f"serves {NAME} (" in result.stdout
    assert "1 more in the cache, see parallax model show" in " ".join(result.stdout.split())


def test_backup_check_and_restore_as_they_are_typed(library: Path, tmp_path: Path) -> None:
    file, there = tmp_path / "backup", tmp_path / "there"
    made = run(library, "backup", str(file))
    assert made.exit_code == 0
    assert f"Wrote {file}: 1 articles, 1 chunks, 1 sentences, model toy" in made.stdout

    checked = CliRunner().invoke(main, ["restore", str(file), "--check", "--json"])
    restored = run(there, "restore", str(file), "--json")

    assert json.loads(checked.stdout) == json.loads(restored.stdout)
    assert json.loads(checked.stdout)["counts"]["articles"] == 1
    search = ["search", "harbour closed", "--offline", "--json"]
    assert run(there, *search).stdout == run(library, *search).stdout
    assert list(there.glob("index-*"))


def test_restore_says_what_is_in_the_way(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    run(library, "backup", str(file))

    there = run(library, "restore", str(file))
    assert (there.exit_code, "holds a library of 1 article; --replace" in there.stderr) == (2, True)
    assert run(library, "restore", str(file), "--replace").exit_code == 0
    file.write_bytes(file.read_bytes()[:-50])
    cut = run(library, "restore", str(file), "--replace")
    assert (cut.exit_code, "cannot be restored" in cut.stderr) == (1, True)
    assert run(library, "restore", str(tmp_path / "nothing"), "--check").exit_code == 1
