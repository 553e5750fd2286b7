"""How long it takes to choose the sentences of a summary whose vectors are at hand.

    python benchmarks/choosing.py --data DIR

Clusters of Multi-News of 90 to 110 sentences, beside sumy's LexRank on the same sentences; then
more and more articles of CNN/DailyMail as if they were of one event, to see how the time grows.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter

from options import data_folder
from summaries import sumy_document

from embeddings.readers import Refusal
from service.corpus import Corpus
from service.reading import Reading, Ref, read_ref
from service.rows import read_rows
from service.settings import read_settings
from service.summary import summarize

_WORDS = 100
_TIMES = 15
_FEW = 10
_SIZES = (100, 300, 1_000, 3_000, 10_000)

Cluster = list[Reading]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the vectors in")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        several = clusters(work, options.data / "summaries_multi_multinews.jsonl")
        single = clusters(work, options.data / "summaries_single_cnndm.jsonl")
    print_beside_sumy([one for one in several if 90 <= _size(one) <= 110])
    print_growth("articles of CNN/DailyMail", single)
    print_growth("articles of ten sentences", [[one] for one in shortened(single)])
    return 0


def clusters(work: Path, path: Path) -> list[Cluster]:
    """Read the articles of each cluster."""
    library = Corpus.open(read_settings(library=work / "summaries")).library
    found: list[Cluster] = []
    for row in read_rows(path):
        print(f"\r  {len(found)} clusters", end="", file=sys.stderr, flush=True)
        if isinstance(row, Refusal):
            raise SystemExit(f"{row.origin}: {row.reason}")
        found.append([read_ref(library, Ref(text=article.text)) for article in row.articles])
    print(file=sys.stderr)
    return found


def print_beside_sumy(found: Sequence[Cluster]) -> None:
    """Print the time for a cluster of about 100 sentences, in turn with sumy's."""
    from sumy.summarizers.lex_rank import LexRankSummarizer

    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(_TIMES):
        for cluster in found:
            texts = [" ".join(one.text for one in reading.statements) for reading in cluster]
            document = sumy_document(texts)
            ours += [timed(partial(summarize, cluster, words=_WORDS)) for _ in range(3)]
            theirs.append(timed(partial(LexRankSummarizer(), document, 5)))
    print(f"{len(found)} clusters of 90 to 110 sentences, {_WORDS} words, median of {_TIMES} each")
    print(f"  parallax       {1000 * median(ours):7.1f} ms")
    print(f"  sumy LexRank   {1000 * median(theirs):7.1f} ms, {median(theirs) / median(ours):.1f}x")


def shortened(found: Sequence[Cluster]) -> Iterator[Reading]:
    """Cut articles into many of ten sentences each."""
    for cluster in found:
        for reading in cluster:
            for start in range(0, len(reading.statements), _FEW):
                own = slice(start, start + _FEW)
                article = replace(reading.article, id=f"{reading.article.id}-{start}")
                yield Reading(article, reading.statements[own], reading.vectors[own])


def print_growth(what: str, found: Sequence[Cluster]) -> None:
    """Print how the time grows with the number of sentences."""
    print(f"{what}\n{'sentences':>10} {'ms':>9}  ns per n log n")
    sizes = list(accumulate(_size(one) for one in found))
    for size in _SIZES:
        count = next((at for at, total in enumerate(sizes, start=1) if total >= size), None)
        if count is None:
            print(f"{size:10,}  more than there are")
            continue
        readings = [reading for cluster in found[:count] for reading in cluster]
        times = [timed(partial(summarize, readings, words=_WORDS)) for _ in range(5)]
        total = sizes[count - 1]
        per = 1e9 * median(times) / (total * math.log2(total))
        print(f"{total:10,} {1000 * median(times):9.1f}  {per:.0f}")


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def _size(cluster: Cluster) -> int:
    return sum(len(reading.statements) for reading in cluster)


if __name__ == "__main__":
    sys.exit(main())
