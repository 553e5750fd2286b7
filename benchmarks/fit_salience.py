"""Fit the weights of `summarization.salience` to summaries by people, and say what they are worth.

    python benchmarks/fit_salience.py --data DIR --work DIR

Single articles are fitted to CNN/DailyMail, several on one event to Multi-News. Of each set the
summaries of a fifth are made with weights fitted to the other four fifths: that is what the
weights are worth. Those fitted to all are written to `salience.json` beside it with `--write`.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from statistics import mean

import numpy as np
from options import data_folder

from embeddings.readers import Refusal
from service.corpus import Corpus
from service.evaluation.judging import Judge
from service.evaluation.rows import read_rows
from service.reading import Reading, Ref, read_ref
from service.settings import read_settings
from service.summarization import salience
from service.summarization.evidence import distinct, gather, salience_features
from service.summarization.salience import Values
from service.summarization.summary import summarize
from service.words import stemmed, words

_SETS = {
    "single": ("summaries_single_cnndm.jsonl", None),
    "several": ("summaries_multi_multinews.jsonl", 230),
}
_FOLDS = 5

# Strength of the regularisation, per summary; from a third to three times little changes.
_RIDGE = 0.01

# How much pairs of words count beside words, in how much a sentence has of a reference.
_PAIRS = 2.0

_ABOUT = {
    "what": "Weights of the features of sentences, from service/summarization/salience.py",
    "made by": "benchmarks/fit_salience.py: ridge regression of each feature, less its mean in the "
    "articles summarised, on the share of a sentence's words and, twice as heavy, of its pairs of "
    "words that stand in a summary by people",
    "data": {
        "single": "400 articles of CNN/DailyMail with their highlights",
        "several": "99 clusters of Multi-News with their summaries by editors",
    },
    "licences": "Multi-News is for non-commercial research; articles of both sets belong to their "
    "outlets. No text of them is in these numbers.",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Articles with a summary by people.

    Attributes:
        readings: The articles.
        reference: The summary.
        words: How long one of ours may be.
        features: Of their sentences, each of shape (n,).
        share: How much of each sentence stands in the reference, shape (n,).
    """

    readings: Sequence[Reading]
    reference: str
    words: int
    features: Mapping[str, Values]
    share: Values


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print what the weights are worth, and write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, required=True, help="folder to keep the vectors in")
    parser.add_argument("--rows", type=int, help="the first rows of each set only")
    parser.add_argument("--write", action="store_true", help="write salience.json")
    options = parser.parse_args(arguments)
    corpus = Corpus.open(read_settings(library=options.work / "summaries"))
    fitted = {}
    for name, (file, budget) in _SETS.items():
        found = list(islice(cases(corpus, options.data / file, budget), options.rows))
        fitted[name] = fit(found)
        print(f"\n{name}: {len(found)} summaries; mean of ROUGE-1, -2 and -L")
        for how, figure in judged(found):
            print(f"  {how:44} {figure:.2f}")
        for feature, weight in fitted[name].items():
            print(f"  {feature:18} {weight:8.4f}")
    if options.write:
        path = Path(str(salience.__file__)).with_name("salience.json")
        path.write_text(json.dumps(_ABOUT | {"weights": fitted}, indent=2) + "\n", encoding="utf-8")
    return 0


def cases(corpus: Corpus, path: Path, budget: int | None) -> Iterator[Case]:
    """Read articles with their summaries, and gather the features."""
    for number, row in enumerate(read_rows(path), start=1):
        print(f"\r  {number} rows", end="", file=sys.stderr, flush=True)
        if isinstance(row, Refusal):
            raise SystemExit(f"{row.origin}: {row.reason}")
        refs = [Ref(text=article.text) for article in row.articles]
        groups = distinct([read_ref(corpus.library, ref) for ref in refs])
        readings = [group[0] for group in groups]
        if not readings:
            continue
        evidence = gather(readings)
        reference = row.references[0]
        yield Case(
            readings,
            reference,
            budget or len(reference.split()),
            salience_features(evidence, *evidence.cosines()),
            np.array([_share(one.text, reference) for one in evidence.statements]),
        )


def _share(sentence: str, reference: str) -> float:
    """Return how much of a sentence stands in a reference, by words and by pairs of words."""
    own, there = stemmed(words(sentence)), stemmed(words(reference))
    return sum(
        weight * (Counter(some) & Counter(others)).total() / max(1, len(some))
        for weight, some, others in (
            (1.0, own, there),
            (_PAIRS, list(pairwise(own)), list(pairwise(there))),
        )
    )


def fit(found: Sequence[Case]) -> dict[str, float]:
    """Return a weight for each feature; every summary counts the same."""
    names = list(found[0].features)
    rows = [np.stack([one.features[name] for name in names], axis=1) for one in found]
    # What is the same for all sentences of a summary says nothing about which to choose.
    inputs = np.concatenate([(row - row.mean(axis=0)) / np.sqrt(len(row)) for row in rows])
    shares = [(one.share - one.share.mean()) / np.sqrt(len(one.share)) for one in found]
    scale = np.sqrt((inputs**2).sum(axis=0) / len(found))
    scale[scale == 0] = np.inf
    inputs /= scale
    strength = _RIDGE * len(found) * np.eye(len(names))
    weights = np.linalg.solve(inputs.T @ inputs + strength, inputs.T @ np.concatenate(shares))
    return {
        name: round(float(weight), 4) for name, weight in zip(names, weights / scale, strict=True)
    }


def judged(found: Sequence[Case]) -> Iterator[tuple[str, float]]:
    """Say what summaries are worth without weights, with those of other rows, and with all."""
    folds = [
        [number for number in range(len(found)) if number % _FOLDS == fold]
        for fold in range(_FOLDS)
    ]
    apart = {
        number: fit([one for other, one in enumerate(found) if other % _FOLDS != fold])
        for fold, numbers in enumerate(folds)
        for number in numbers
    }
    yield "closeness alone", mean(_rouge(one, {}) for one in found)
    yield (
        "with weights fitted to the other four fifths",
        mean(_rouge(one, apart[number]) for number, one in enumerate(found)),
    )
    everything = fit(found)
    yield "with weights fitted to all", mean(_rouge(one, everything) for one in found)


def _rouge(case: Case, weights: Mapping[str, float]) -> float:
    summary = summarize(case.readings, words=case.words, weights=weights)
    rouge = _JUDGE.rouge(summary.text, [case.reference])
    return mean([rouge.rouge_1, rouge.rouge_2, rouge.rouge_l])


_JUDGE = Judge()


if __name__ == "__main__":
    sys.exit(main())
