"""What each command may import: the start of a command is all imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from toy import NAME, toy_corpus

from embeddings.article import Article

HEAVY = {
    "babel",
    "dateutil",
    "faiss",
    "filelock",
    "flask",
    "ftfy",
    "huggingface_hub",
    "limits",
    "lxml",
    "numpy",
    "openvino",
    "prometheus_client",
    "py3langid",
    "pydantic",
    "pydantic_settings",
    "rich",
    "rouge_score",
    "scipy",
    "sentence_transformers",
    "tokenizers",
    "torch",
    "trafilatura",
    "transformers",
    "yaml",
}

RUN = """
import json, sys
from service.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as exit:
        if exit.code:
            raise
print()
print(json.dumps(sorted(sys.modules)))
"""

COMMANDS = [
    "add",
    "backup",
    "cache",
    "cache export",
    "cache import",
    "cache stats",
    "cache verify",
    "compare",
    "doctor",
    "evaluate",
    "key",
    "key list",
    "key new",
    "key revoke",
    "list",
    "model",
    "model show",
    "model use",
    "remove",
    "restore",
    "search",
    "serve",
    "show",
    "similar",
    "summarize",
    "verify",
]


def imported(*commands: list[str]) -> set[str]:
    """Run commands in a process of their own; return the heavy libraries that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return HEAVY & {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    corpus = toy_corpus(folder)
    text = "The harbour of Lindmark was closed on Monday. Nobody was hurt, the mayor said."
    list(corpus.add([Article(text, id="a"), Article(f"{text} It rained.", id="b")]))
    corpus.search("harbour closed")
    corpus.close()
    return folder


def test_help_imports_nothing_heavy() -> None:
    assert (
        imported(["--version"], ["--help"], *([*one.split(), "--help"] for one in COMMANDS))
        == set()
    )


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["list"], {"numpy", "rich"}),
        (["show", "a"], {"numpy", "rich"}),
        (["summarize", "a"], {"numpy", "rich"}),
        (["summarize", "a", "--format", "markdown"], {"numpy", "rich"}),
        (["summarize", "--query", "harbour closed"], {"numpy", "rich", "faiss"}),
        (["search", "harbour closed"], {"numpy", "rich", "faiss"}),
        (["search", "harbour closed", "--mode", "lexical"], {"numpy", "rich"}),
        (["compare", "a", "b"], {"numpy", "rich", "scipy"}),
        (["similar", "a"], {"numpy", "rich", "scipy", "faiss"}),
        (["cache", "stats"], {"numpy", "rich"}),
        (["model", "show"], {"numpy", "rich"}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_command_offline_imports_what_it_uses(
    arguments: list[str], allowed: set[str], library: Path
) -> None:
    common = ["--library", str(library), "--model", NAME, "--offline"]

    assert imported([*arguments, *common]) == allowed


def test_to_list_articles_no_model_is_needed_nor_looked_for(library: Path) -> None:
    common = ["--library", str(library), "--model", NAME]

    assert imported(["list", *common]) == {"numpy", "rich"}


def test_the_service_starts_without_what_compares_or_embeds() -> None:
    run = "import json, sys, service.http.server; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", run], check=True, capture_output=True)
    names = {name.partition(".")[0] for name in json.loads(done.stdout)}

    assert not names & {"scipy", "faiss", "openvino", "py3langid", "torch", "trafilatura"}
