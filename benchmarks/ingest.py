"""How fast articles come into a library, beside the bare encoder and txtai.

    python benchmarks/ingest.py --data DIR

The first articles of Reuters-21578 go from their file into a new library. The bare encoder then
gets the passages that this embedded, chunks and titles, all at once; txtai indexes their texts
with the same model. Each runs in a process of its own, one after the other. The models are loaded
before the clock starts.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from figures import write_figures
from options import data_folder

from embeddings.article import Article
from embeddings.cache import EmbeddingCache
from embeddings.checks import check_article
from embeddings.chunks import chunk_article
from embeddings.encoder import Passage
from embeddings.furniture import label_blocks
from embeddings.index import VectorIndex
from embeddings.language import detect_language
from embeddings.metadata import read_metadata
from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.models.tokens import TokenCounter
from embeddings.readers import read_paths
from embeddings.store import Store
from embeddings.stored import PreparedArticle
from service.corpus import Corpus
from service.settings import read_settings

_ARTICLES = 5000
_QUICK = 300
_AT_ONCE = 500
_WARM = "The model is loaded before the clock starts."

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one after the other and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--articles", type=int, default=_ARTICLES, help="how many to add")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} articles: a minute at most")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--work", type=Path, help="folder to build the libraries in")
    parser.add_argument("--one", choices=list(_PARTS), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    count = _QUICK if options.quick else options.articles
    path = options.data / "scale_reuters.jsonl"
    if options.one:
        print(json.dumps(_PARTS[options.one](path, options.work, count)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        found = {one: measured(one, options.data, work, count) for one in _PARTS}
    print_tables(found, count)
    write_figures(options.json, "ingest", {"articles": count, **found})
    return 0


def measured(one: str, data: Path, work: Path, count: int) -> Figures:
    """Measure one of them in a process of its own."""
    print(f"\r  {one:10}", end="", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--one", one, "--data", str(data), "--work", str(work)]
    ran = subprocess.run(
        [*command, "--articles", str(count)], check=False, stdout=subprocess.PIPE, text=True
    )
    if ran.returncode:
        raise SystemExit(f"{one} broke off; what it said stands above.")
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def measure_ours(path: Path, work: Path, count: int) -> Figures:
    """Add the articles to a new library; tell the memory after each thousand."""
    shutil.rmtree(work / "ingest", ignore_errors=True)
    corpus = Corpus.open(read_settings(library=work / "ingest"))
    corpus.library.encoder.make([Passage(_WARM)])
    detect_language(_WARM)
    before, memory = resident(), list[float]()

    def add() -> None:
        items = islice(read_paths([path]), count)
        for number, _ in enumerate(corpus.add(items), start=1):
            if number % 1000 == 0:
                memory.append(resident())

    figures = timed(add)
    figures |= corpus.library.store.counts()
    figures |= {"encoded": corpus.library.encoder.encoded - 1, "before": before, "memory": memory}
    corpus.close()
    return figures


def measure_bare(path: Path, work: Path, count: int) -> Figures:
    """Embed the passages of the library that was built, all at once."""
    found = passages(work / "ingest")
    with tempfile.TemporaryDirectory() as empty:
        corpus = Corpus.open(read_settings(library=Path(empty)))
        corpus.library.encoder.make([Passage(_WARM)])
        figures = timed(lambda: corpus.library.encoder.make(found))
        corpus.close()
    return {**figures, "encoded": len(found)}


def measure_txtai(path: Path, work: Path, count: int) -> Figures:
    """Index the texts of the same passages with txtai, which keeps them, too."""
    texts = [passage.text for passage in passages(work / "ingest")]
    txtai: Any = import_module("txtai")
    model = locate(read_settings().model or DEFAULT_MODEL, download=False)
    index = txtai.Embeddings(path=str(model), content=True)
    index.batchtransform([_WARM])
    return timed(lambda: index.index(enumerate(texts)))


def measure_stages(path: Path, work: Path, count: int) -> Figures:
    """Take the stages around the encoder one by one; tell how much time of a core each takes."""
    corpus = Corpus.open(read_settings(library=work / "ingest", offline=True))
    profile, index = corpus.library.encoder.profile, VectorIndex(corpus.library.encoder.profile.dim)
    found = passages(work / "ingest")
    matrices = corpus.library.encoder.encode(found)
    detect_language(_WARM)
    clock = Clock()
    prepared = prepare(path, count, TokenCounter(profile), profile.max_tokens, clock)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        cache, store = EmbeddingCache(Path(folder) / "cache"), Store(Path(folder) / "store")
        with clock("vectors looked up and kept"):
            for start in range(0, len(found), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                cache.read(profile.fingerprint, found[part])
                cache.write(profile, found[part], matrices[part])
        with clock("store"):
            for start in range(0, len(prepared), _AT_ONCE):
                store.put(prepared[start : start + _AT_ONCE])
        with clock("index"):
            ids = store.chunk_ids()
            chunks = list(store.chunks(ids.tolist()).values())
            known = cache.read(profile.fingerprint, [chunk.passage for chunk in chunks])
            index.add(ids, np.stack([matrix[0] for matrix in known if matrix is not None]))
        cache.close()
        store.close()
    corpus.close()
    return {"cpu": clock.seconds}


class Clock:
    """Adds up, by stage, the time that the cores were busy."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count what is done inside as of a stage."""
        start = process_time()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + process_time() - start


def prepare(
    path: Path, count: int, counter: TokenCounter, most: int, clock: Clock
) -> list[PreparedArticle]:
    """Prepare the articles as `Preparer` does, each stage by itself."""
    with clock("read"):
        items = [one for one in islice(read_paths([path]), count) if isinstance(one, Article)]
    with clock("check"):
        for one in items:
            check_article(one)
    with clock("label"):
        labels = [label_blocks(one.text, title=one.title) for one in items]
    pairs = list(zip(items, labels, strict=True))
    counts: list[list[int]] = []

    def count_tokens(texts: Sequence[str]) -> list[int]:
        with clock("count tokens"):
            counts.append(counter.count(texts))
        return counts[-1]

    with clock("split and group"):
        chunks = [chunk_article(a.text, b, count_tokens, max_tokens=most) for a, b in pairs]
    clock.seconds["split and group"] -= clock.seconds["count tokens"]
    with clock("metadata"):
        for one, blocks in pairs:
            read_metadata(one.text, blocks)
    with clock("language"):
        for one in items:
            detect_language(one.text)
    return [
        PreparedArticle(one, b"", blocks, own)
        for (one, blocks), own in zip(pairs, chunks, strict=True)
    ]


def passages(library: Path) -> list[Passage]:
    """Return what was embedded when a library was built: chunks and titles, each once."""
    store = Store(library / "library.sqlite3")
    chunks = store.chunks(store.chunk_ids().tolist()).values()
    titles = store.headers([chunk.article_id for chunk in chunks]).values()
    store.close()
    found = [chunk.passage for chunk in chunks]
    found += [Passage(article.title) for article in titles if article.title.strip()]
    return list(dict.fromkeys(found))


def timed(work: Callable[[], object]) -> Figures:
    """Return how long something takes, and the most memory the process ever took."""
    start, busy = perf_counter(), process_time()
    work()
    seconds, cpu = perf_counter() - start, process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": cpu, "peak": peak}


def resident() -> float:
    """Return how much memory the process takes, in MB; 0 where there is no telling."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


_PARTS: dict[str, Callable[[Path, Path, int], Figures]] = {
    "parallax": measure_ours,
    "bare": measure_bare,
    "txtai": measure_txtai,
    "stages": measure_stages,
}


def print_tables(found: dict[str, Figures], count: int) -> None:
    """Print who took how long, and where the time beside the encoder goes."""
    ours, bare, theirs = found["parallax"], found["bare"], found["txtai"]
    print(
        f"{count:,} articles, {ours['chunks']:,} chunks, {bare['encoded']:,} passages with titles"
    )
    print(f"{'':28} {'articles/s':>10} {'passages/s':>10} {'CPU s':>7} {'peak MB':>8}")
    for name, one in (("parallax", ours), ("bare encoder", bare), ("txtai", theirs)):
        seconds = one["seconds"]
        print(
            f"  {name:26} {count / seconds:10.1f} {bare['encoded'] / seconds:10.1f} "
            f"{one['cpu']:7.1f} {one['peak']:8.0f}"
        )
    print(f"  share of the bare encoder  {bare['seconds'] / ours['seconds']:10.1%}")
    print(f"  the same by time of a core {bare['cpu'] / ours['cpu']:10.1%}")
    print(f"  times txtai                {theirs['seconds'] / ours['seconds']:10.2f}")
    print("beside the encoder, ms of a core an article")
    stages: dict[str, float] = found["stages"]["cpu"]
    for stage, seconds in sorted(stages.items(), key=lambda pair: -pair[1]):
        print(f"  {stage:26} {1000 * seconds / count:10.2f}")
    print(f"  together                   {1000 * sum(stages.values()) / count:10.2f}")
    print(f"memory: {ours['before']:.0f} MB before, then after each thousand articles")
    print("  " + " ".join(f"{megabytes:.0f}" for megabytes in ours["memory"]))


if __name__ == "__main__":
    sys.exit(main())
