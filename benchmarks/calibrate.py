"""What a model's scores mean: thresholds of bands from labelled data, kept with the model.

    python benchmarks/calibrate.py --data DIR --model NAME --library DIR

Prints the share of what is right in each band, and keeps the thresholds in the cache of the
library; without `--library` it only prints. `--data` names a folder with the sets described in
benchmarks/README.md; `--work` keeps the libraries that are built.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from comparisons import articles, golds
from options import data_folder

from embeddings.article import Article
from embeddings.encoder import Calibration, Thresholds
from embeddings.library import Library
from embeddings.stored import Filters
from service.answers import Band
from service.bands import band_of
from service.comparison.alignment import SHARED, UNSURE, align
from service.comparison.sides import side_of
from service.comparison.similarity import article_score, folding_of, parts_of
from service.corpus import Corpus
from service.reading import Reading, Ref, read_ref
from service.retrieval.mode import Mode
from service.retrieval.search import ask, rank
from service.settings import Settings, read_settings

# Pairs of sentences bear a probability already: from SHARED on they count as shared, from UNSURE
# on as perhaps shared.
PAIRS = Thresholds(same=0.8, close=SHARED, related=UNSURE)

_STEP = 0.01
_WIDE = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of one data set, and what people say of what they are of.

    Attributes:
        name: The set's.
        scores: One each.
        right: Whether it is the same event, relevant, or the same statement.
        near: Whether it is that or of one kind with it, such as of the same topic.
    """

    name: str
    scores: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of the bands.

    Attributes:
        same: Share that is right at least, of all that is the same.
        close: Share that is near at least, of all that is close or the same.
        far: Share that is right at the most, of all that is far.
    """

    same: float
    close: float
    far: float


SIMILARITY = Rule(same=0.9, close=0.9, far=0.001)
SEARCH = Rule(same=0.35, close=0.1, far=0.01)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a model, print the tables, and keep the thresholds if a library is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--model", help="the model; the default one if none is named")
    parser.add_argument("--library", type=Path, help="library whose cache is to keep it")
    parser.add_argument("--work", type=Path, help="folder to keep the libraries in")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)

        def settings(name: str) -> Settings:
            given = {"model": options.model} if options.model else {}
            return read_settings(library=work / name, **given)

        stories = [
            judged_stories(options.data / f"{name}.jsonl", settings(name))
            for name in ("stories_ecbplus", "stories_multinews")
        ]
        questions = [
            judged_search(options.data / name, settings(name))
            for name in ("retrieval_fnc1", "retrieval_cranfield")
        ]
        calibration = Calibration(
            search=thresholds(questions, SEARCH),
            similarity=thresholds(stories, SIMILARITY),
            pairs=PAIRS,
        )
        print_bands("search", questions, calibration.search)
        print_bands("similarity", stories, calibration.similarity)
        print_bands("pairs", [judged_pairs(settings("gold"))], calibration.pairs)
    if options.library:
        given = {"model": options.model} if options.model else {}
        library = Corpus.open(read_settings(library=options.library, **given)).library
        library.cache.calibrate(library.encoder.profile, calibration)
        print(f"\nKept in the cache of {options.library}.")
    return 0


def thresholds(sets: Sequence[Judged], rule: Rule) -> Thresholds:
    """Find the widest bands that keep a rule in every set.

    Returns:
        Thresholds on a grid, so that they do not follow the data too closely.
    """
    same = max(_lowest_from(one.scores, one.right, rule.same) for one in sets)
    close = max(_lowest_from(one.scores, one.near, rule.close) for one in sets)
    related = min(_highest_under(one.scores, one.right, rule.far) for one in sets)
    close = min(close, same)
    return Thresholds(same=same, close=close, related=min(related, close))


def print_bands(kind: str, sets: Sequence[Judged], found: Thresholds) -> None:
    """Print of each band how much of it is right."""
    print(f"\n{kind}: same {found.same:g}, close {found.close:g}, related {found.related:g}")
    for one in sets:
        bands = np.array([band_of(float(score), found) for score in one.scores])
        print(f"  {one.name}: of so many, percent right, and near")
        for band in Band:
            of_band = bands == band
            shares = [
                100 * float(found_right[of_band].mean()) if of_band.any() else float("nan")
                for found_right in (one.right, one.near)
            ]
            print(f"    {band:8} {of_band.sum():7}  {shares[0]:6.2f}  {shares[1]:6.2f}")


def judged_stories(data: Path, settings: Settings) -> Judged:
    """Score all pairs of articles: right is the same event, near the same topic."""
    rows = _rows(data)
    library = _filled(settings, rows)
    readings = [read_ref(library, Ref(id=row["id"])) for row in rows]
    pairs = [
        (one, other)
        for one, other in combinations(range(len(rows)), 2)
        if readings[one].statements and readings[other].statements
    ]
    scores = [_similarity(readings[one], readings[other]) for one, other in pairs]
    right = [rows[one]["label"] == rows[other]["label"] for one, other in pairs]
    topics = [row.get("topic", row["label"]) for row in rows]
    near = [topics[one] == topics[other] for one, other in pairs]
    return Judged(data.stem, np.array(scores), np.array(right), np.array(near))


def judged_search(data: Path, settings: Settings) -> Judged:
    """Score the articles that are found first: right is what was judged to be relevant."""
    library = _filled(settings, _rows(data / "corpus.jsonl"))
    with (data / "qrels.tsv").open(encoding="utf-8") as file:
        next(file)
        judgments = [line.split() for line in file]
    relevant = {(query, article) for query, article, grade, *_ in judgments if float(grade) > 0}
    scores: list[float] = []
    right: list[bool] = []
    for row in _rows(data / "queries.jsonl"):
        best: dict[str, float] = {}
        question = ask(library, row["text"])
        for one in rank(library, question, _WIDE, Mode.HYBRID, Filters()):
            best.setdefault(one.chunk.article_id, one.score)
        scores += best.values()
        right += [(row["id"], article) in relevant for article in best]
    return Judged(data.name, np.array(scores), np.array(right), np.array(right))


def judged_pairs(settings: Settings) -> Judged:
    """Score the pairs of sentences of the gold by hand: near is what may be shared."""
    library = Corpus.open(settings).library
    list(library.add(articles()))
    scores: list[float] = []
    right: list[bool] = []
    near: list[bool] = []
    for gold in golds():
        a, b = (read_ref(library, Ref(id=one)) for one in gold.ids)
        folding = folding_of(a, b)
        for found in align(side_of(a, folding), side_of(b, folding)):
            texts = (a.statements[found.a].text, b.statements[found.b].text)
            scores.append(found.score)
            right.append(texts in gold.shared)
            near.append(texts in gold.shared | gold.unsure)
    return Judged("gold by hand", np.array(scores), np.array(right), np.array(near))


def _lowest_from(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], share: float
) -> float:
    """Return the lowest score on the grid from which on so many are right."""
    grid = np.arange(0, 1 + _STEP, _STEP)
    enough = [bool(right[scores >= one].mean() >= share) for one in grid if (scores >= one).any()]
    return round(float(grid[enough.index(True)]), 2) if any(enough) else 1.0


def _highest_under(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], share: float
) -> float:
    """Return the highest score on the grid under which no more are right."""
    grid = np.arange(0, 1 + _STEP, _STEP)
    few = [one for one in grid if right[scores < one].sum() <= share * (scores < one).sum()]
    return round(float(max(few, default=0.0)), 2)


def _similarity(a: Reading, b: Reading) -> float:
    return article_score(parts_of(a, b, folding_of(a, b)))


def _filled(settings: Settings, rows: Sequence[Any]) -> Library:
    library = Corpus.open(settings).library
    given = (Article(row["text"], id=row["id"], title=row.get("title", "")) for row in rows)
    for number, _ in enumerate(library.add(given), start=1):
        print(f"\r  {number}/{len(rows)} articles", end="", file=sys.stderr, flush=True)
    library.sync()
    return library


def _rows(data: Path) -> list[Any]:
    return [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
