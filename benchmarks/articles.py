"""How well articles are told alike, beside the plain ways of comparing them, all in one run.

    python benchmarks/articles.py --data DIR

`--data` names a folder with the sets described in benchmarks/README.md; none of them is part
of the project. `--work` keeps the libraries that are built, so that a second run embeds
nothing.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path
from statistics import correlation

import numpy as np
import numpy.typing as npt
from options import data_folder

from embeddings.article import Article, content_id
from embeddings.encoder import Passage
from embeddings.library import Library
from embeddings.vectors import Matrix, cosine, unit
from service.comparison.similarity import article_score, folding_of, parts_of
from service.corpus import Corpus
from service.reading import Reading, Ref, read_ref
from service.settings import read_settings

Scores = npt.NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the libraries in")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        measure_graded_pairs(options.data / "similarity" / "lee50.tsv", work / "lee50")
        for name in ("stories_ecbplus", "stories_multinews"):
            measure_stories(options.data / f"{name}.jsonl", work / name)
    return 0


def measure_graded_pairs(data: Path, folder: Path) -> None:
    """Print the correlation of each way with what people said."""
    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = {content_id(text): text for row in rows for text in (row["a"], row["b"])}
    library, readings = build(folder, (Article(text, id=key) for key, text in texts.items()))
    places = {reading.article.id: number for number, reading in enumerate(readings)}
    pairs = [(places[content_id(row["a"])], places[content_id(row["b"])]) for row in rows]
    grades = [float(row["score"]) for row in rows]
    print(f"\n{data.name}: {len(rows)} pairs, Pearson with people's grades")
    for name, scores in ways(library, readings, [texts[one.article.id] for one in readings]):
        print(f"  {name:24} {correlation(grades, [float(scores[pair]) for pair in pairs]):.4f}")


def measure_stories(data: Path, folder: Path) -> None:
    """Print of each way whether it brings articles of one story together."""
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    library, readings = build(
        folder, (Article(row["text"], id=row["id"], title=row.get("title", "")) for row in rows)
    )
    label = {row["id"]: row["label"] for row in rows}
    text = {row["id"]: row["text"] for row in rows}
    labels = [label[one.article.id] for one in readings]
    print(f"\n{data.name}: {len(readings)} articles")
    print("  nearest neighbour of the same story; average precision of all pairs")
    for name, scores in ways(library, readings, [text[one.article.id] for one in readings]):
        nearest = nearest_neighbour_accuracy(scores, labels)
        print(f"  {name:24} {nearest:.4f}  {average_precision(scores, labels):.4f}")


def ways(
    library: Library, readings: Sequence[Reading], texts: Sequence[str]
) -> Iterable[tuple[str, Scores]]:
    """Score all pairs of articles in each way."""
    # What most do: one call of the model on the whole text, which it cuts at its length.
    cut = library.encoder.profile.max_tokens
    whole = library.encoder.encode([Passage(first_tokens(library, text, cut)) for text in texts])
    yield "whole article, cut", _cosines(np.stack([matrix[0] for matrix in whole]))
    yield "mean of sentences", _cosines(np.stack([one.vectors.mean(axis=0) for one in readings]))
    yield "parallax", all_pairs(readings, _ours)


def first_tokens(library: Library, text: str, count: int) -> str:
    """Return as much of a text as the model reads at once."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(library.encoder.profile.tokenizer)
    tokenizer.no_truncation()
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    return text if len(offsets) <= count else text[: offsets[count - 1][1]]


def all_pairs(readings: Sequence[Reading], score: Callable[[Reading, Reading], float]) -> Scores:
    """Score each article with each other one."""
    scores = np.eye(len(readings))
    for one, other in combinations(range(len(readings)), 2):
        scores[one, other] = scores[other, one] = score(readings[one], readings[other])
        if not other % 100 and other == one + 1:
            print(f"\r  {one}/{len(readings)}", end="", file=sys.stderr, flush=True)
    return scores


def nearest_neighbour_accuracy(scores: Scores, labels: Sequence[str]) -> float:
    """Return the share of articles, of those whose story has others, next to one of them."""
    others = scores - 2 * np.eye(len(labels)) * np.abs(scores).max()
    nearest = others.argmax(axis=1)
    count = Counter(labels)
    asked = [number for number, label in enumerate(labels) if count[label] > 1]
    return float(np.mean([labels[nearest[number]] == labels[number] for number in asked]))


def average_precision(scores: Scores, labels: Sequence[str]) -> float:
    """Return the mean precision at each pair of one story, all pairs ranked by score."""
    rows, columns = np.triu_indices(len(labels), 1)
    names = np.array(labels)
    same = names[rows] == names[columns]
    ranked = same[np.argsort(-scores[rows, columns], kind="stable")]
    precision = ranked.cumsum() / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def build(folder: Path, articles: Iterable[Article]) -> tuple[Library, list[Reading]]:
    """Open a library with the articles, embedding what is new, and read them all."""
    library = Corpus.open(read_settings(library=folder)).library
    ids = []
    for result in library.add(articles):
        ids.append(result.id)
        print(f"\r  {len(ids)} articles", end="", file=sys.stderr, flush=True)
    readings = [read_ref(library, Ref(id=article_id)) for article_id in ids if article_id]
    return library, [one for one in readings if one.statements]


def _ours(one: Reading, other: Reading) -> float:
    return article_score(parts_of(one, other, folding_of(one, other)))


def _cosines(vectors: Matrix) -> Scores:
    rows = unit(vectors)
    return cosine(rows, rows).astype(np.float64)


if __name__ == "__main__":
    sys.exit(main())
