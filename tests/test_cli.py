import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from languages import NEWS
from toy import CALIBRATION, NAME, ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.readers import read_paths
from service.cli import main
from service.reading import Ref
from service.terminal import print_search

HARBOUR = Article(
    "The harbour of Lindmark was closed on Monday after a crane fell into the water. "
    "The crane had been built in 1962 and was used for coal.\n\n"
    "Nobody was hurt, the port authority said. The mayor wants a report by Friday.",
    id="harbour",
    title="Crane falls into harbour",
    source="Lindmark Post",
    published="2024-03-04",
)
COUNCIL = Article(
    "The council of Lindmark voted for a new crane in the harbour on Tuesday. "
    "The new crane is to cost 4 million crowns.",
    id="council",
    title="Council votes for crane",
    source="Coast Radio",
    published="2024-03-12",
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command offline on a library of two articles whose vectors are in the cache."""
    corpus = toy_corpus(tmp_path)
    list(corpus.add([HARBOUR, COUNCIL]))
    corpus.search("who wants a report")
    corpus.close()

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        common = ["--library", str(tmp_path), "--model", NAME, "--offline"]
        return CliRunner().invoke(main, [*arguments, *common], input=stdin)

    return run


def test_search_prints_the_passage_and_where_it_stands(run: Run) -> None:
    result = run("search", "who wants a report")

    assert result.exit_code == 0
    assert "Crane falls into harbour" in result.stdout
    assert "The mayor wants a report by Friday." in " ".join(result.stdout.split())
    assert "harbour 0:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["search", "who wants a report"], "hits"),
        (["similar", "harbour"], "articles"),
        (["compare", "harbour", "council"], "shared"),
        (["summarize", "harbour", "council"], "sentences"),
        (["list"], "articles"),
        (["show", "harbour"], "blocks"),
        (["cache", "stats"], "models"),
    ],
)
def test_json_is_one_value_on_standard_output(run: Run, arguments: list[str], key: str) -> None:
    result = run(*arguments, "--json")

    assert result.exit_code == 0
    assert key in json.loads(result.stdout)


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "The harbour of Lindmark was closed on Monday"),
        ("markdown", "# Crane falls into harbour\n\nThe harbour of Lindmark"),
        ("html", "<!doctype html>\n"),
        ("json", '{\n  "text": "The harbour'),
    ],
)
def test_a_summary_is_printed_in_the_form_asked_for(run: Run, form: str, start: str) -> None:
    result = run("summarize", "harbour", "--format", form)

    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    assert result.stdout.count("Nobody was hurt, the port authority said.") == 1 + (form == "json")


def test_a_document_is_called_what_was_asked_and_json_is_a_form(run: Run) -> None:
    asked = run("summarize", "--query", "who wants a report", "--format", "markdown")
    plain, formed = (
        run("summarize", "harbour", "--json"),
        run("summarize", "harbour", "--format", "json"),
    )

    assert asked.stdout.startswith("# who wants a report\n\n")
    assert plain.stdout == formed.stdout


def test_what_quotes_demand_is_told_and_why_nothing_was_found(run: Run) -> None:
    found = run("search", 'crane "was closed" -coast', "--mode", "lexical")
    nothing = run("search", '"crane closed"', "--mode", "lexical")

    assert 'every passage holds "was closed", none holds "coast"' in found.stdout
    assert "Crane falls into harbour" in found.stdout
    assert nothing.exit_code == 0
    assert nothing.stderr == 'No passage holds "crane closed"; try without the quotes.\n'


def test_search_names_the_words_that_carried_the_meaning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add([HARBOUR]))

    print_search(corpus.search("who wants a report", explain=True))

    told = capsys.readouterr().out.split("meaning of the sentence ")[1].strip()
    assert told == ".57, carried by: wants .19  a .19  report .19  all else .00"


def test_offline_an_explanation_is_refused(run: Run) -> None:
    result = run("search", "who wants a report", "--explain")

    assert result.exit_code == 1
    assert "ask without --explain or without --offline" in " ".join(result.stderr.split())


def test_what_is_unchanged_is_said_to_be_so(run: Run, tmp_path: Path) -> None:
    articles = tmp_path / "articles.jsonl"
    fields = ("id", "title", "text", "source", "published")
    articles.write_text(
        "\n".join(
            json.dumps({name: getattr(article, name) for name in fields})
            for article in (HARBOUR, COUNCIL)
        )
    )

    result = run("add", str(articles))

    assert result.exit_code == 0
    assert "0 added, 0 updated, 2 unchanged, 0 refused; 0 passages embedded." in result.stdout


def test_a_bad_line_is_refused_with_its_number_and_the_rest_goes_on(
    run: Run, tmp_path: Path
) -> None:
    articles = tmp_path / "articles.jsonl"
    good = json.dumps({"id": "harbour", "text": HARBOUR.text})
    articles.write_text(f"{good}\n{{broken\n")

    result = run("add", str(articles), "--json")

    assert result.exit_code == 1
    assert "articles.jsonl, line 2" in result.stderr
    statuses = [one["status"] for one in json.loads(result.stdout)["results"]]
    assert statuses == ["updated", "refused"]


def test_offline_says_how_many_vectors_are_missing_and_of_what(run: Run) -> None:
    result = run("search", "a question never asked")

    assert result.exit_code == 1
    assert "vectors of 1 text" in result.stderr
    assert "a question never asked" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["search", "  "], 2, "holds no words"),
        (["search", "crane", "-k", "0", "--mode", "lexical"], 2, "k is 0"),
        (["search", "crane", "-k", "10000"], 2, "k is 10000"),
        (["search", "crane", "--since", "yesterday"], 2, "expected a day"),
        (["search", "crane", "--mode", "sideways"], 2, "sideways"),
        (["show", "nobody"], 1, "No article has the id 'nobody'"),
        (["remove", "harbour", "nobody"], 1, "No article has the id 'nobody'"),
        (["similar", "nobody"], 1, "No article has the id 'nobody'"),
        (["summarize"], 2, "Nothing to summarise"),
        (["summarize", "harbour", "--words", "0"], 2, "words is 0"),
        (["list", "--limit", "0"], 2, "limit is 0"),
        (["cache", "import", "/nowhere"], 1, "is not a file"),
        (["add", "/nowhere"], 1, "no such file"),
    ],
)
def test_a_mistake_gets_a_line_that_names_it_and_a_code(
    run: Run, arguments: list[str], code: int, message: str
) -> None:
    result = run(*arguments)

    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_removing_is_all_or_nothing(run: Run) -> None:
    run("remove", "harbour", "nobody")
    assert json.loads(run("list", "--json").stdout)["articles"][1]["id"] == "harbour"

    assert run("remove", "harbour").exit_code == 0
    assert len(json.loads(run("list", "--json").stdout)["articles"]) == 1


def test_a_file_that_was_not_added_can_be_compared(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text(HARBOUR.text)

    result = run("compare", "harbour", str(copy), "--json")

    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert not found["only_a"]
    assert not found["only_b"]


def test_compare_prints_plain_lines_into_a_pipe_and_one_article_is_too_few(run: Run) -> None:
    two = run("compare", "harbour", "council")
    three = run("compare", "harbour", "council", "harbour")
    one = run("compare", "harbour")

    lines = two.stdout.splitlines()
    assert lines[0] == "A  Crane falls into harbour  Lindmark Post, 2024-03-04  harbour"
    assert lines[1] == "B  Council votes for crane  Coast Radio, 2024-03-12  council"
    assert lines[-1].endswith(" only B")
    assert "\x1b" not in two.stdout
    assert "2 of 2 origins say" in three.stdout
    assert one.exit_code == 2
    assert "name 2 to 20 of them" in " ".join(one.stderr.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_standard_input_can_be_compared_and_have_similar_articles(
    run: Run, tmp_path: Path, encoding: str
) -> None:
    text = f"{HARBOUR.text} It is “Möller's” crane – says the café."
    toy_corpus(tmp_path).similar(Ref(text=text))  # Its vectors come into the cache.

    similar = run("similar", "-", "--json", stdin=text.encode(encoding))
    compared = run("compare", "-", "harbour", "--json", stdin=text.encode(encoding))

    assert [one["id"] for one in json.loads(similar.stdout)["articles"]] == ["harbour", "council"]
    assert "Möller" in json.loads(compared.stdout)["only_a"][0]["text"]


def test_what_made_a_score_and_what_it_means_is_printed(run: Run) -> None:
    similar, search = run("similar", "harbour").stdout, run("search", "who wants a report").stdout
    assert re.search(
        r"0\.\d+ (same|close|related|far)  Council.*\n.*council  sentences \S+  words \S+  "
        r"names \S+  days \.\d\d",
        similar,
    )
    assert re.search(r"score \S+ (same|close|related|far)  meaning", search)


def test_doctor_says_whether_the_model_is_calibrated(tmp_path: Path) -> None:
    for calibration, told in ((None, "not calibrated"), (CALIBRATION, ", calibrated")):
        folder = tmp_path / told
        folder.mkdir()
        corpus = toy_corpus(folder, ToyEncoder(calibration=calibration))
        list(corpus.add([HARBOUR]))
        corpus.close()
        arguments = ["doctor", "--library", str(folder), "--model", NAME, "--offline"]
        assert told in " ".join(CliRunner().invoke(main, arguments).stdout.split())


def test_similar_articles_are_filtered(run: Run) -> None:
    def found(*filters: str) -> list[str]:
        answer = json.loads(run("similar", "harbour", *filters, "--json").stdout)
        return [one["id"] for one in answer["articles"]]

    assert found("--source", "coast radio", "--since", "2024-03-12") == ["council"]
    assert found("--until", "2024-03-11") == []


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["similar", "-"], "", 1, "standard input"),
        (["similar", "-"], '{"text": "One."}\n{"text": "Two."}\n', 2, "holds 2 articles"),
        (["compare", "-", "-"], "A text.", 2, "can be read only once"),
        (["summarize", "-", "harbour", "-"], "A text.", 2, "can be read only once"),
        (["similar", "harbour", "--since", "soon"], "", 2, "expected a day"),
    ],
)
def test_standard_input_that_is_no_one_article_is_refused(
    run: Run, arguments: list[str], stdin: str, code: int, message: str
) -> None:
    result = run(*arguments, stdin=stdin)

    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())


def test_a_changed_copy_of_a_stored_file_is_not_quoted_under_its_name(
    run: Run, tmp_path: Path
) -> None:
    changed = tmp_path / "harbour.txt"
    changed.write_text(COUNCIL.text)

    found = json.loads(run("compare", "harbour", str(changed), "--json").stdout)

    assert {quote["article_id"] for quote in found["only_a"]} <= {"harbour"}
    assert found["only_b"] or found["shared"] or found["unsure"]
    pairs = [*found["shared"], *found["unsure"]]
    others = {quote["article_id"] for quote in [*found["only_b"], *(pair["b"] for pair in pairs)]}
    assert "harbour" not in others


def test_an_exported_cache_works_in_another_library(run: Run, tmp_path: Path) -> None:
    exported = tmp_path / "vectors.sqlite3"
    assert run("cache", "export", str(exported)).exit_code == 0
    other = ["--library", str(tmp_path / "other"), "--model", NAME, "--offline"]

    imported = CliRunner().invoke(main, ["cache", "import", str(exported), *other])
    article = json.dumps({"id": "council", "text": COUNCIL.text})
    added = CliRunner().invoke(main, ["add", "-", *other], input=article)

    assert imported.exit_code == 0
    assert "1 added" in added.stdout


def test_a_damaged_cache_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite3").write_bytes(b"no database" * 1000)

    result = run("summarize", "harbour")

    assert result.exit_code == 1
    assert "cache.sqlite3 is damaged" in " ".join(result.stderr.split())


def test_doctor_says_that_all_is_well_or_what_is_not(run: Run, tmp_path: Path) -> None:
    assert run("doctor").exit_code == 0

    (tmp_path / "library.sqlite3").write_bytes(b"no database" * 1000)
    result = run("doctor")

    assert result.exit_code == 1
    assert "library.sqlite3 is damaged" in " ".join(result.stdout.split())


def test_doctor_names_each_damaged_article_and_mends_what_they_are_searched_by(
    run: Run, tmp_path: Path
) -> None:
    def change(*statements: str) -> str:
        with closing(sqlite3.connect(tmp_path / "library.sqlite3")) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        result = run("doctor")
        assert result.exit_code == 1
        return " ".join(result.stdout.split())

    assert "(chunk_words) are not those of the articles. Run `parallax doctor --mend`." in change(
        "INSERT INTO chunk_words (rowid, text) VALUES (99, 'strange')"
    )
    assert run("doctor", "--mend").exit_code == 0
    assert run("doctor").exit_code == 0

    told = change("UPDATE articles SET text = replace(text, 'e', 'a')")
    for name in ("harbour", "council"):
        assert f"of the article '{name}' is not what was written" in told


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["search", "--help"]])
def test_nothing_heavy_is_imported_before_it_is_needed(
    arguments: list[str], tmp_path: Path
) -> None:
    script = (
        "import sys; from service.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'py3langid'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, "PARALLAX_LIBRARY": str(tmp_path)},
    )


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["list", "--library", str(tmp_path)], env={"PARALLAX_OFFLINE": "perhaps"}
    )

    assert result.exit_code == 2
    assert "PARALLAX_OFFLINE is 'perhaps'" in result.stderr


def test_an_unknown_model_is_named_and_nothing_is_fetched(tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text(HARBOUR.text)

    result = CliRunner().invoke(
        main, ["add", str(article), "--library", str(tmp_path / "lib"), "--model", "no/such-model"]
    )

    assert result.exit_code == 1
    assert "No model 'no/such-model' on this machine" in " ".join(result.stderr.split())


@pytest.fixture
def foreign(tmp_path: Path) -> Run:
    """Run a command on a library of news in several languages; its model knows English."""
    (tmp_path / "new").mkdir()
    for language in ("en", "de", "fr", "hy", "ru", "tr"):
        (tmp_path / "new" / f"{language}.txt").write_text(NEWS[language], encoding="utf-8")
    corpus = toy_corpus(tmp_path, ToyEncoder(languages=("en",)))
    list(corpus.add(read_paths([str(tmp_path / "new")])))
    corpus.search("Who opened the new bridge?")
    corpus.close()

    def run(*arguments: str) -> Result:
        common = ["--library", str(tmp_path), "--model", NAME, "--offline"]
        return CliRunner().invoke(main, [*arguments, *common])

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "Who opened the new bridge?"],
        ["similar", "de"],
        ["compare", "en", "de"],
        ["summarize", "en", "de"],
    ],
)
def test_poor_answers_are_warned_of_on_standard_error(foreign: Run, arguments: list[str]) -> None:
    result = foreign(*arguments)
    as_json = foreign(*arguments, "--json")

    assert result.exit_code == 0
    # Of several articles the first ones are named.
    assert re.search(r"^warning: (ru \(ru\), )?de ", result.stderr, re.MULTILINE)
    assert "the model toy knows English (en): expect poor answers" in result.stderr
    assert "warning" not in result.stdout
    assert json.loads(as_json.stdout)["warnings"]


def test_of_many_foreign_articles_that_are_added_three_are_named(
    foreign: Run, tmp_path: Path
) -> None:
    (tmp_path / "library.sqlite3").unlink()

    result = foreign("add", str(tmp_path / "new"))

    assert result.exit_code == 0
    warnings = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert [line.partition(";")[0] for line in warnings] == [
        "warning: de seems to be in German (de)",
        "warning: fr seems to be in French (fr)",
        "warning: hy seems to be in Armenian (hy)",
        "warning: and 2 more in ru, tr",
    ]
