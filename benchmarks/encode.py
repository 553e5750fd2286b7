"""How fast texts become vectors, and how like those of sentence-transformers they are.

    python benchmarks/encode.py --data DIR

Beside sentence-transformers as it comes, each precision in a process of its own; all are measured
in turn on the same texts. Ours give the vectors of a chunk's sentences too, the others do not.
Then the limit: what the matrix units of this machine do at best, over what the
model multiplies for a token.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from time import time
from typing import Any

import numpy as np
from encoding import RUNTIMES, SENTENCE_TRANSFORMERS
from figures import write_figures
from options import data_folder
from peaks import matrix_rates
from scipy.stats import spearmanr
from tokenizers import Tokenizer

from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.errors import ModelUnavailable
from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.models.opening import open_encoder
from embeddings.models.precision import Precision
from embeddings.models.tokens import open_tokenizer
from embeddings.preparer import Preparer
from embeddings.readers import Refusal, read_paths

_LENGTHS = (16, 64, 128)
_CHUNKS = "chunks"
_MARKS = 2  # Tokens that the model adds of its own.
_MOST_TEXTS = 2_048
_SIMILARITY = ("stsb_dev", "2012_MSRpar", "2012_SMTnews", "2013_headlines", "2014_headlines")

Passages = list[tuple[str, list[tuple[int, int]]]]
Figures = dict[str, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the converted models in")
    parser.add_argument("--quick", action="store_true", help="a minute at most; less exact")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        texts, tokens = texts_to_encode(work, options.data, 60 if options.quick else 400)
        figures = measure(work, options.data, texts, quick=options.quick)
    limits = matrix_rates(0.3 if options.quick else 1.0)
    print_speed(figures)
    print_likeness(figures)
    print_limits(figures, limits, tokens)
    write_figures(options.json, "encode", {"runtimes": figures, "operations a second": limits})
    return 0


def texts_to_encode(
    work: Path, data: Path, articles: int
) -> tuple[dict[str, Passages], dict[str, float]]:
    """Cut articles of Reuters into chunks, and those into texts of given lengths.

    Returns:
        The texts with the spans of their sentences, and the tokens of one on average.
    """
    encoder = open_encoder(DEFAULT_MODEL, models=work, device="cpu", precision=Precision.FLOAT32)
    cache = EmbeddingCache(work / "cache.sqlite3")
    preparer = Preparer(CachedEncoder(cache, DEFAULT_MODEL, encoder))
    chunks: Passages = []
    for article in islice(read_paths([str(data / "scale_reuters.jsonl")]), articles):
        if isinstance(article, Refusal):
            raise SystemExit(f"{article.origin}: {article.reason}")
        prepared = preparer.prepare(article)
        for chunk in prepared.chunks:
            start = chunk.span.start
            spans = [(one.span.start - start, one.span.end - start) for one in chunk.sentences]
            chunks.append((chunk.span.of(prepared.article.text), spans))
    tokenizer = open_tokenizer(encoder.profile.tokenizer)
    texts = {str(length): _cut(tokenizer, chunks, length - _MARKS) for length in _LENGTHS}
    texts[_CHUNKS] = chunks
    tokens = {
        name: float(np.mean([len(tokenizer.encode(text)) for text, _ in found]))
        for name, found in texts.items()
    }
    cache.close()
    return texts, tokens


def _cut(tokenizer: Tokenizer, chunks: Passages, length: int) -> Passages:
    """Cut pieces of so many tokens out of a running text."""
    text = " ".join(text for text, _ in chunks)
    places = tokenizer.encode(text, add_special_tokens=False).offsets
    starts = range(0, min(len(places) - length, _MOST_TEXTS * length), length)
    return [(text[places[at][0] : places[at + length - 1][1]], []) for at in starts]


@contextmanager
def worker(runtime: str, models: Path) -> Iterator["Worker"]:
    """Start a process that encodes on one runtime; see encoding.py."""
    command = [sys.executable, str(Path(__file__).parent / "encoding.py"), runtime, str(models)]
    started = time()
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            yield Worker(process, started)
        finally:
            process.stdin.close()


class Worker:
    """A process that encodes on one runtime."""

    def __init__(self, process: "Popen[str]", started: float) -> None:
        self._process = process
        self.first: float = self._read()["first"] - started
        """Seconds from its start to its first vector."""

    def ask(self, what: str, **how: Any) -> Any:  # noqa: ANN401
        """Have it do something; return what it tells."""
        assert self._process.stdin is not None
        print(json.dumps({"what": what, **how}), file=self._process.stdin, flush=True)
        return self._read()["answer"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a process that encodes ended before its time")
        found: dict[str, Any] = json.loads(line)
        return found


def measure(work: Path, data: Path, texts: dict[str, Passages], *, quick: bool) -> Figures:
    """Measure every runtime, in turn with the others."""
    figures: Figures = {}
    for runtime in RUNTIMES:
        why_not = _why_not(runtime, work, quick=quick)
        if why_not:
            print(f"{runtime}: {why_not}", file=sys.stderr)
        else:
            figures[runtime] = {}
    with ExitStack() as stack:
        workers = {one: stack.enter_context(worker(one, work)) for one in figures}
        for runtime, one in workers.items():
            figures[runtime]["seconds to the first vector"] = one.first
        _measure_speed(workers, texts, figures, quick=quick)
        for runtime, one in workers.items():
            figures[runtime]["peak MB"] = one.ask("peak")
        _measure_likeness(workers, data, texts[_CHUNKS], figures, quick=quick)
    return figures


def _why_not(runtime: str, work: Path, *, quick: bool) -> str:
    """Make a model ready, so that this is not measured, or tell why that cannot be done."""
    if runtime == SENTENCE_TRANSFORMERS:
        return ""
    if quick and runtime == Precision.INT8 and not any(work.glob("*int8*")):
        return "left out with --quick, unless --work holds it calibrated"
    precision = Precision(runtime)
    encoder = open_encoder(DEFAULT_MODEL, models=work, device="cpu", precision=precision)
    try:
        return "" if encoder.profile else "it has no profile"
    except ModelUnavailable as error:
        return str(error)


def _measure_speed(
    workers: dict[str, Worker], texts: dict[str, Passages], figures: Figures, *, quick: bool
) -> None:
    turns, seconds = (1, 1.0) if quick else (3, 4.0)
    for name, passages in texts.items():
        rates: dict[str, list[float]] = {runtime: [] for runtime in workers}
        for _ in range(turns):
            for runtime, one in workers.items():
                rates[runtime].append(one.ask("rate", passages=passages, seconds=seconds))
        for runtime, found in rates.items():
            figures[runtime][name] = median(found)
    singles = [text for text, _ in texts["16"][: 50 if quick else 200]]
    for runtime, one in workers.items():
        figures[runtime]["one text ms"] = median(one.ask("one by one", texts=singles))


def _measure_likeness(
    workers: dict[str, Worker], data: Path, chunks: Passages, figures: Figures, *, quick: bool
) -> None:
    texts = [text for text, _ in chunks[: 64 if quick else 512]]
    pairs = {name: _pairs(data, name) for name in _SIMILARITY}
    if quick:
        pairs = {name: pairs[name][:300] for name in _SIMILARITY[:1]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npy"
        expected = None
        for runtime, one in workers.items():
            one.ask("vectors", texts=texts, path=str(path))
            found = np.load(path)
            expected = found if expected is None else expected
            cosines = (found * expected).sum(axis=1)
            figures[runtime] |= {"cosine mean": cosines.mean(), "cosine min": cosines.min()}
            for name, rows in pairs.items():
                sides = [row[side] for side in (1, 2) for row in rows]
                one.ask("vectors", texts=sides, path=str(path))
                left, right = np.split(np.load(path), 2)
                scores = (left * right).sum(axis=1)
                rank = spearmanr(scores, [float(row[0]) for row in rows]).statistic
                figures[runtime][name] = 100 * float(rank)
    for found in figures.values():
        found |= {key: float(value) for key, value in found.items()}


def _pairs(data: Path, name: str) -> list[list[str]]:
    with (data / "similarity" / f"{name}.tsv").open(encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def print_speed(figures: Figures) -> None:
    """Print how many texts a second each runtime encodes, and times sentence-transformers."""
    names = (*map(str, _LENGTHS), _CHUNKS)
    print("texts per second, and times sentence-transformers")
    print(f"{'':22}" + "".join(f"{name:>15}" for name in names) + "  one text  first  peak")
    for runtime, found in figures.items():
        cells = (
            f"{found[name]:8.1f} {found[name] / figures[SENTENCE_TRANSFORMERS][name]:5.2f}x"
            for name in names
        )
        print(
            f"{runtime:22}"
            + "".join(f"{cell:>15}" for cell in cells)
            + f"  {found['one text ms']:5.1f} ms {found['seconds to the first vector']:4.1f} s"
            f" {found['peak MB']:4.0f} MB"
        )


def print_likeness(figures: Figures) -> None:
    """Print how like the vectors are, and how well they tell what is alike."""
    names = [name for name in _SIMILARITY if name in figures[SENTENCE_TRANSFORMERS]]
    print("\ncosine to sentence-transformers' vectors; Spearman's rank correlation, percent")
    print(f"{'':22}{'mean':>9}{'least':>9}" + "".join(f"{name:>16}" for name in names))
    for runtime, found in figures.items():
        print(
            f"{runtime:22}{found['cosine mean']:9.5f}{found['cosine min']:9.5f}"
            + "".join(f"{found[name]:16.2f}" for name in names)
        )


def print_limits(figures: Figures, limits: dict[str, float], tokens: dict[str, float]) -> None:
    """Print what share each runtime reaches of what the matrix units could do at best."""
    config = json.loads((locate(DEFAULT_MODEL) / "config.json").read_text(encoding="utf-8"))
    print("\nbest matrix rate, thousand million operations a second, and the share of it reached")
    for runtime, found in figures.items():
        precision = Precision.FLOAT32 if runtime == SENTENCE_TRANSFORMERS else runtime
        shares = (
            f"{name} {found[name] * operations(config, count) / limits[precision]:.0%}"
            for name, count in tokens.items()
        )
        print(f"{runtime:22}{limits[precision] / 1e9:7.0f}  " + ", ".join(shares))


def operations(config: dict[str, int], tokens: float) -> float:
    """Return how often the model multiplies or adds for a text of so many tokens."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    a_token = 2 * (4 * width * width + 2 * width * inner) + 4 * tokens * width
    return config["num_hidden_layers"] * tokens * a_token


if __name__ == "__main__":
    sys.exit(main())
