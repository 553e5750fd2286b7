"""How long commands take from nothing to their answer, over what Python itself takes to start.

    python benchmarks/start.py --data DIR [--work DIR] [--quick] [--json FILE]

Each command is a process of its own, in turn with `python -c pass`, with the bytecode and the
files in the machine's memory, as on a machine in use. The library is one of 100,000 passages (see
`made_up`); with `--quick` it is that of the two seeds, and runs are few. Beside the commands stand
what others take to import, to load the same model, and to answer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, time_ns

from figures import write_figures
from made_up import library
from options import data_folder

from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.readers import read_paths
from service.corpus import Corpus
from service.settings import read_settings

SEEDS = Path(__file__).parent.parent / "seeds"

_PASSAGES = 100_000
_RUNS = 15
_FEW_RUNS = 3

_KNOWN = "What did the leaders agree on?"

_LOAD = """
from sentence_transformers import SentenceTransformer
SentenceTransformer({model!r}).encode("What did the leaders agree on?")
"""
_TXTAI_INDEX = """
import sys
from txtai import Embeddings
found = Embeddings(path={model!r}, content=True)
found.index(sys.stdin.read().splitlines())
found.save({index!r})
"""
_TXTAI_SEARCH = """
from txtai import Embeddings
found = Embeddings()
found.load({index!r})
found.search("What did the leaders agree on?", 10)
"""
_SUMY = """
from sumy.nlp.stemmers import Stemmer
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.nlp.tokenizers import Tokenizer
from sumy.summarizers.lex_rank import LexRankSummarizer
class Words:
    def to_words(self, text): return text.split()
lines = open({seed!r}, encoding="utf-8").read().replace("\\n", " ").split(". ")
document = ObjectDocumentModel([Paragraph([Sentence(line, Words()) for line in lines])])
LexRankSummarizer(Stemmer("english"))(document, 5)
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """Something that is run again and again.

    Attributes:
        name: What it is called in the table.
        command: Gives the arguments of the next run, behind those of Python.
        most: Seconds over bare Python that it may take; None for what is not ours.
    """

    name: str
    command: Callable[[], list[str]]
    most: float | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--library", type=Path, help="library to ask, in place of a made-up one")
    parser.add_argument("--work", type=Path, help="folder to keep what is made in")
    parser.add_argument("--quick", action="store_true", help="few runs, in a minute")
    parser.add_argument("--runs", type=int, default=_RUNS, help="runs of each command")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        made = work / "seeds" if options.quick else None
        asked = options.library or made or library(options.data, work, _PASSAGES)
        corpus = Corpus.open(read_settings(library=asked))
        article = _prepared(corpus)
        corpus.close()
        bare = Timed("python -c pass", lambda: ["-c", "pass"])
        ours, peers = [bare, *_ours(asked, article)], _peers(work)
        if options.quick:
            found = _measured(ours, _FEW_RUNS) | _measured(peers, 1)
        else:
            found = _measured([*ours, *peers], options.runs)
    timed = [*ours, *peers]
    _print(timed, found)
    write_figures(options.json, "start", {one.name: _figures(found[one.name]) for one in timed})
    return 0


def _prepared(corpus: Corpus) -> str:
    """Bring a library to where a user's is; return the id of one of its articles."""
    if not corpus.articles(limit=1).articles:
        list(corpus.add(read_paths([str(SEEDS)])))
    corpus.library.sync()
    corpus.search(_KNOWN)
    return corpus.articles(limit=1).articles[0].id


def _ours(library: Path, article: str) -> list[Timed]:
    def parallax(*arguments: str) -> list[str]:
        return ["-m", "service", *arguments]

    here = ["--library", str(library)]
    summary = ["summarize", article, "--offline", *here]
    return [
        Timed("parallax --help", lambda: parallax("--help"), 0.15),
        Timed("parallax --version", lambda: parallax("--version"), 0.15),
        Timed("parallax search --help", lambda: parallax("search", "--help"), 0.15),
        Timed("parallax list", lambda: parallax("list", "--limit", "10", *here)),
        Timed("parallax summarize --offline", lambda: parallax(*summary), 0.4),
        Timed(
            "parallax search --offline",
            lambda: parallax("search", _KNOWN, "--offline", *here),
        ),
        # A question that was never asked, so that the model has to be loaded.
        Timed(
            "parallax search, model included",
            lambda: parallax("search", f"{_KNOWN[:-1]} in {time_ns()}?", *here),
            1.0,
        ),
    ]


def _peers(work: Path) -> list[Timed]:
    """Return what others take; those that are not installed are left out."""
    model, index = str(locate(DEFAULT_MODEL)), str(work / "txtai")
    seed = next(iter(sorted(SEEDS.glob("*.txt"))))
    if not Path(index).exists():
        subprocess.run(
            [sys.executable, "-c", _TXTAI_INDEX.format(model=model, index=index)],
            input=seed.read_text(encoding="utf-8"),
            encoding="utf-8",
            capture_output=True,
            check=False,
            env=_environment(),
        )
    scripts = {
        "import sentence_transformers": "import sentence_transformers",
        "the same, the model loaded, one text encoded": _LOAD.format(model=model),
        "import txtai": "import txtai",
        "the same, an index of one article loaded and searched": _TXTAI_SEARCH.format(index=index),
        "sumy, one article summarised by LexRank": _SUMY.format(seed=str(seed)),
    }
    return [Timed(name, lambda script=script: ["-c", script]) for name, script in scripts.items()]  # type: ignore[misc]


def _measured(timed: Sequence[Timed], runs: int) -> dict[str, list[float]]:
    """Run everything in turn; the first time, which fills the caches, counts if it is the only."""
    found: dict[str, list[float]] = {one.name: [] for one in timed}
    for number in range(runs + (runs > 1)):
        for one in timed:
            if number and not found[one.name]:
                continue  # It failed before.
            print(f"\r  {number + 1}. {one.name:60}", end="", file=sys.stderr, flush=True)
            found[one.name] += filter(None, [_seconds(one.command())])
    print(file=sys.stderr)
    return {name: seconds[1:] if runs > 1 else seconds for name, seconds in found.items()}


def _seconds(command: Sequence[str]) -> float | None:
    """Return how long a command takes; None if it fails."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, check=False, env=_environment()
    )
    return perf_counter() - start if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    # An installed package has its bytecode, whatever this process is told to do with its own.
    kept = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "HF_HUB_OFFLINE": "1"}


def _figures(seconds: Sequence[float]) -> dict[str, float | int]:
    if not seconds:
        return {"runs": 0}
    return {
        "median": round(median(seconds), 4),
        "p90": round(quantiles([*seconds, *seconds], n=10, method="inclusive")[-1], 4),
        "fewest": round(min(seconds), 4),
        "runs": len(seconds),
    }


def _print(timed: Sequence[Timed], found: dict[str, list[float]]) -> None:
    bare = found[timed[0].name]
    print(f"{'seconds':52}  median   p90  least  over bare Python  at most")
    for one in timed:
        figures = _figures(found[one.name])
        if "median" not in figures:
            print(f"{one.name:52}  not to be had")
            continue
        over = figures["median"] - median(bare)
        limit = "" if one.most is None else f"{one.most:.2f}"
        print(
            f"{one.name:52}  {figures['median']:6.2f} {figures['p90']:5.2f}  "
            f"{figures['fewest']:5.2f}  {over:16.2f}  {limit:>7}"
        )


if __name__ == "__main__":
    sys.exit(main())
