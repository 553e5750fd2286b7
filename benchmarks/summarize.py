"""How fast summaries and comparisons come from vectors at hand, beside sumy and a BERT summariser.

    python benchmarks/summarize.py --data DIR

The batch script end to end, offline, over articles of the web whose outlines and vectors are in
its cache: reading the file, looking up, choosing, judging, writing. sumy reads the same texts with
its own tokenizing; bert-extractive-summarizer embeds as it goes, so ours is timed with a cold
cache too. Then the choice alone, and how it and a comparison grow. `--work` keeps the vectors.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import accumulate, islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any

import numpy as np
from comparisons import articles as gold_articles
from figures import write_figures
from options import data_folder
from summaries import sumy_document

from embeddings.article import Article, Span
from embeddings.machine import processors
from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.readers import Refusal
from embeddings.vectors import unit
from service.comparison.compare import compare
from service.corpus import Corpus
from service.evaluation.rows import read_rows
from service.reading import Reading, Ref, Statement, read_ref
from service.settings import read_settings
from service.summarization.summary import summarize

_SCRIPT = Path(__file__).parent.parent / "scripts" / "summarize_batch.py"
_WORDS = 100
_SENTENCES = 5  # About as many as make 100 words.
_TIMES = 15
_FEW = 10
_SIZES = (100, 300, 1_000, 3_000, 10_000)
_LONG = (100, 300, 1_000, 3_000)

# Of what is slow so many articles are enough; the quick run takes fewer of everything.
_OF_SUMY = 200
_OF_BERT = 10
_COLD = 100

Cluster = list[Reading]
Rows = Sequence[dict[str, str]]
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    articles: int | None
    sumy: int
    bert: int
    cold: int
    clusters: int | None
    times: int
    longest: int


_WHOLE = Sizes(None, _OF_SUMY, _OF_BERT, _COLD, None, _TIMES, 10_000)
_QUICK = Sizes(60, 20, 3, 20, 12, 3, 300)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the vectors in")
    parser.add_argument("--quick", action="store_true", help="a minute at most, of everything less")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    sizes = _QUICK if options.quick else _WHOLE
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        found = batch(options.data / "scale_web_news.jsonl", work, Path(temporary), sizes)
        several = clusters(work, options.data / "summaries_multi_multinews.jsonl", sizes.clusters)
        single = clusters(work, options.data / "summaries_single_cnndm.jsonl", sizes.clusters)
    found |= beside_sumy([one for one in several if 90 <= _size(one) <= 110], sizes.times)
    found |= growth("articles of CNN/DailyMail", single, sizes.longest)
    found |= growth(
        "articles of ten sentences", [[one] for one in shortened(single)], sizes.longest
    )
    found |= growth_of_comparisons(sizes.longest)
    write_figures(options.json, "summarize", found)
    return 0


def batch(path: Path, work: Path, folder: Path, sizes: Sizes) -> Figures:
    """Print how many articles a second each summarises, and return it."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, sizes.articles)]
    given = written(rows, folder / "articles.jsonl")
    few = written(rows[: sizes.cold], folder / "few.jsonl")
    cold = script_seconds(few, folder / "cold", folder)
    warm = work / "batch"
    script_seconds(given, warm, folder)
    count = len(rows)
    every = max(1, count // sizes.sumy)
    print(f"{count} articles of the web, articles a second; ours with the start of the program")
    found = {
        "parallax, cold cache": min(sizes.cold, count) / cold,
        "sumy LexRank": sumy_rate("lex_rank.LexRankSummarizer", rows[::every]),
        "sumy TextRank": sumy_rate("text_rank.TextRankSummarizer", rows[::every]),
    }
    if find_spec("summarizer") is not None:
        found["bert-extractive-summarizer"] = bert_rate(rows[: sizes.bert])
    for workers in dict.fromkeys((1, processors())):
        ways = ["--offline", "--workers", str(workers)]
        rate = count / script_seconds(given, warm, folder, *ways)
        found[f"parallax, cached, {workers} process" + "es" * (workers > 1)] = rate
    for name, rate in found.items():
        print(f"  {name:30} {rate:8.1f}  {rate / found['sumy LexRank']:5.1f}x sumy LexRank")
    return found


def written(rows: Rows, path: Path) -> Path:
    """Write articles to a file that the script reads."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def script_seconds(given: Path, library: Path, folder: Path, *ways: str) -> float:
    """Return how long the batch script takes, from its start to its end."""
    command: list[str | Path] = [sys.executable, _SCRIPT, given, "--out", folder / "out.jsonl"]
    command += ["--library", library, *ways]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode > 1:  # With 1 some article had nothing to summarise.
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def sumy_rate(name: str, rows: Rows) -> float:
    """Return how many articles a second sumy summarises, as its README shows it."""
    from sumy.nlp.stemmers import Stemmer
    from sumy.parsers.plaintext import PlaintextParser
    from sumy.utils import get_stop_words

    module, _, method = name.partition(".")
    summarizer = getattr(import_module(f"sumy.summarizers.{module}"), method)(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    tokenizer = _sumy_tokenizer()
    start = time.perf_counter()
    for row in rows:
        summarizer(PlaintextParser.from_string(row["text"], tokenizer).document, _SENTENCES)
    return len(rows) / (time.perf_counter() - start)


def _sumy_tokenizer() -> Any:  # noqa: ANN401
    """Return sumy's own tokenizer, but for abbreviations, which are data that must be fetched."""
    from sumy.nlp.tokenizers import Tokenizer

    class Untrained(Tokenizer):  # type: ignore[misc]
        def __init__(self) -> None:
            self._language = "english"
            punkt = import_module("nltk.tokenize.punkt")
            self._sentence_tokenizer = punkt.PunktSentenceTokenizer()
            self._word_tokenizer = import_module("nltk.tokenize").NLTKWordTokenizer()

    return Untrained()


def bert_rate(rows: Rows) -> float:
    """Return how many articles a second bert-extractive-summarizer does, with the same model."""
    import transformers

    # It imports these though nothing here uses them, and later versions have them no more.
    for name in ("TransfoXLModel", "TransfoXLTokenizer"):
        if not hasattr(transformers, name):
            setattr(transformers, name, object)
    folder = locate(read_settings().model or DEFAULT_MODEL)
    model = import_module("summarizer.sbert").SBertSummarizer(str(folder))
    model(rows[0]["text"], num_sentences=_SENTENCES)  # Loading is not counted.
    start = time.perf_counter()
    for row in rows:
        model(row["text"], num_sentences=_SENTENCES)
    return len(rows) / (time.perf_counter() - start)


def clusters(work: Path, path: Path, most: int | None) -> list[Cluster]:
    """Read the articles of each cluster."""
    library = Corpus.open(read_settings(library=work / "summaries")).library
    found: list[Cluster] = []
    for row in islice(read_rows(path), most):
        print(f"\r  {len(found)} clusters", end="", file=sys.stderr, flush=True)
        if isinstance(row, Refusal):
            raise SystemExit(f"{row.origin}: {row.reason}")
        found.append([read_ref(library, Ref(text=article.text)) for article in row.articles])
    print(file=sys.stderr)
    return found


def beside_sumy(found: Sequence[Cluster], times: int) -> Figures:
    """Print the time to choose from a cluster of about 100 sentences, in turn with sumy's."""
    if not found:
        return {}
    from sumy.summarizers.lex_rank import LexRankSummarizer

    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(times):
        for cluster in found:
            texts = [" ".join(one.text for one in reading.statements) for reading in cluster]
            document = sumy_document(texts)
            ours += [seconds(partial(summarize, cluster, words=_WORDS)) for _ in range(3)]
            theirs.append(seconds(partial(LexRankSummarizer(), document, _SENTENCES)))
    print(f"{len(found)} clusters of 90 to 110 sentences, {_WORDS} words, median of {times} each")
    print(f"  parallax       {1000 * median(ours):7.1f} ms")
    print(f"  sumy LexRank   {1000 * median(theirs):7.1f} ms, {median(theirs) / median(ours):.1f}x")
    return {"choosing, ms": 1000 * median(ours), "sumy LexRank, ms": 1000 * median(theirs)}


def shortened(found: Sequence[Cluster]) -> Iterator[Reading]:
    """Cut articles into many of ten sentences each."""
    for cluster in found:
        for reading in cluster:
            for start in range(0, len(reading.statements), _FEW):
                own = slice(start, start + _FEW)
                article = replace(reading.article, id=f"{reading.article.id}-{start}")
                yield Reading(article, reading.statements[own], reading.vectors[own])


def growth(what: str, found: Sequence[Cluster], longest: int) -> Figures:
    """Print how the time of a summary grows with the number of sentences."""
    print(f"{what}\n{'sentences':>10} {'ms':>9}  ns per n log n")
    sizes = list(accumulate(_size(one) for one in found))
    figures: Figures = {}
    for size in (one for one in _SIZES if one <= longest):
        count = next((at for at, total in enumerate(sizes, start=1) if total >= size), None)
        if count is None:
            print(f"{size:10,}  more than there are")
            continue
        readings = [reading for cluster in found[:count] for reading in cluster]
        took = median(seconds(partial(summarize, readings, words=_WORDS)) for _ in range(5))
        total = sizes[count - 1]
        figures[f"summary of {size} sentences, {what}, ms"] = 1000 * took
        print(f"{total:10,} {1000 * took:9.1f}  {1e9 * took / (total * math.log2(total)):.0f}")
    return figures


def growth_of_comparisons(longest: int) -> Figures:
    """Print how the time of a comparison grows with the sentences of each article."""
    print(f"two articles of so many sentences\n{'sentences':>10} {'ms':>9}  us a sentence, peak MB")
    figures: Figures = {}
    for count in (one for one in _LONG if one <= longest):
        readings = [long_article(name, count) for name in "ab"]
        took = seconds(partial(compare, *readings))
        figures[f"comparison of {count} sentences, ms"] = 1000 * took
        peak = getrusage(RUSAGE_SELF).ru_maxrss // 1024
        print(f"{count:10,} {1000 * took:9.1f}  {1e6 * took / count:.0f}, {peak}")
    return figures


def long_article(name: str, count: int) -> Reading:
    """Make up an article as long as a book.

    Its sentences are words of the gold, drawn by chance: of the length, with the names and the
    figures of news, and hardly any of them twice.
    """
    random = np.random.default_rng(ord(name))
    words = " ".join(one.text for one in gold_articles()).split()
    statements: list[Statement] = []
    start = 0
    for place in range(1, count + 1):
        text = " ".join(random.choice(words, random.integers(8, 32))) + "."
        span = Span(start, start + len(text))
        statements.append(Statement(name, span, text, place))
        start = span.end + 1
    return Reading(Article("", id=name), statements, unit(random.normal(size=(count, 384))))


def seconds(work: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _size(cluster: Cluster) -> int:
    return sum(len(reading.statements) for reading in cluster)


if __name__ == "__main__":
    sys.exit(main())
