"""How good the answers are, beside the plain ways of giving them, all in one run.

    python benchmarks/quality.py --data DIR

`--data` names a folder with the sets described in benchmarks/README.md; none of them is part
of the project. `--work` keeps the libraries that are built, so that a second run embeds
nothing.
"""

import argparse
import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from articles import measure_graded_pairs
from options import data_folder
from summaries import measure as measure_summaries

from embeddings.article import Article
from embeddings.library import Library
from embeddings.stored import Filters, StoredChunk
from embeddings.vectors import Matrix
from service.corpus import Corpus
from service.retrieval.mode import Mode
from service.retrieval.ranking import (
    Candidate,
    Scores,
    best_first,
    closest,
    dense_scores,
    lexical_scores,
    mixed,
)
from service.retrieval.search import ask, candidates, rank
from service.settings import read_settings

PARTS = ["retrieval", "similarity", "summaries"]

_WIDE = 100  # Passages ranked for ten articles: several are of the same article.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the libraries in")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        if options.only in (None, "retrieval"):
            for name in ("retrieval_fnc1", "retrieval_cranfield"):
                measure_retrieval(options.data / name, work / name)
        if options.only in (None, "similarity"):
            measure_graded_pairs(options.data / "similarity" / "lee50.tsv", work / "lee50")
        if options.only in (None, "summaries"):
            measure_summaries(options.data, work)
    return 0


def measure_retrieval(data: Path, folder: Path) -> None:
    """Print nDCG@10 of articles by their best passage, for each mode and each step to them."""
    library = build(folder, (_article(row) for row in _rows(data / "corpus.jsonl")))
    queries = {row["id"]: row["text"] for row in _rows(data / "queries.jsonl")}
    judged = _judgments(data / "qrels.tsv")
    table: dict[str, list[float]] = defaultdict(list)
    for number, (query, text) in enumerate(queries.items(), start=1):
        print(f"\r  {number}/{len(queries)}", end="", file=sys.stderr, flush=True)
        for name, found in rankings(library, text):
            articles = list(dict.fromkeys(chunk.article_id for chunk in found))
            table[name].append(ndcg(articles, judged[query]))
    print(f"\n{data.name}: {len(queries)} queries, nDCG@10")
    for name, scores in table.items():
        print(f"  {name:30} {mean(scores):.4f}")


def rankings(library: Library, text: str) -> Iterator[tuple[str, list[StoredChunk]]]:
    """Rank passages by each mode, and by each step on the way to the formula that is shipped."""
    for mode in Mode:
        ranked = rank(library, ask(library, text, mode), _WIDE, mode, Filters())
        yield mode, [one.chunk for one in ranked]
    question = ask(library, text)
    if question.vector is not None:
        found = candidates(library, question, Mode.HYBRID, Filters())
        for name, scores in steps(question.vector, found):
            yield name, [found[number].chunk for number in best_first(scores)[:_WIDE]]


def steps(query: Matrix, found: Sequence[Candidate]) -> Iterator[tuple[str, Scores]]:
    """Score the candidates of both sides by one part after the other."""
    untitled = [replace(one, title=one.title[:0]) for one in found]
    sentences = closest(query, untitled)
    words_alone = np.array([one.chunk_words for one in found])
    lexical = lexical_scores(found)
    yield "the passage's vector", np.array([float(one.vectors[0] @ query) for one in found])
    yield "its closest sentence", sentences
    yield "and words of the passage", mixed(sentences, words_alone)
    yield "and words of the article", mixed(sentences, lexical)
    yield "and the title's vector", mixed(closest(query, found), lexical)
    yield "and feedback (hybrid)", mixed(dense_scores(query, found, lexical), lexical)


def ndcg(found: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k`.

    Source: Järvelin & Kekäläinen (2002), "Cumulated Gain-based Evaluation of IR Techniques".
    """
    gains = [grades.get(one, 0) for one in found[:k]]
    ideal = sorted(grades.values(), reverse=True)[:k]
    return _discounted(gains) / (_discounted(ideal) or 1.0)


def build(folder: Path, articles: Iterable[Article]) -> Library:
    """Open a library with the articles, embedding what is new."""
    library = Corpus.open(read_settings(library=folder)).library
    for number, _ in enumerate(library.add(articles), start=1):
        print(f"\r  {number} articles", end="", file=sys.stderr, flush=True)
    library.sync()
    return library


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place) for place, gain in enumerate(gains, start=2))


def _judgments(path: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in path.read_text().splitlines()[1:]:
        query, article, grade, *_ = line.split("\t")
        judged[query][article] = int(grade)
    return judged


def _article(row: Mapping[str, str]) -> Article:
    return Article(row["text"], id=row["id"], title=row.get("title", ""))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
