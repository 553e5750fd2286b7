"""Fit the weights of `comparison.alignment` to the gold by hand, and say what they are worth.

    python benchmarks/fit_alignment.py

Prints weights fitted to all sets, and precision and recall of pairs where each set is judged
by weights fitted to the others only: what to expect of articles never seen.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from comparisons import Gold, articles, golds, has_copy
from sklearn.linear_model import LogisticRegression

from service.comparison.alignment import best_pairs
from service.comparison.sides import Evidence, side_of
from service.comparison.similarity import folding_of
from service.corpus import Corpus
from service.reading import Ref, read_ref
from service.settings import read_settings

# Inverse strength of the regularisation; from .5 to 5 little changes.
_FREEDOM = 2.0

# At this probability precision is over .90 with most recall on the gold; the bias is shifted so
# that it becomes `SHARED`.
_CUT = 0.43


@dataclass(frozen=True, slots=True)
class Case:
    """Two articles of the gold.

    Attributes:
        features: Evidence, shape (statements of a, of b, kinds).
        shared: Places of the pairs that both say.
        unsure: Places of those that count neither way.
    """

    features: npt.NDArray[np.float64]
    shared: frozenset[tuple[int, int]]
    unsure: frozenset[tuple[int, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and print weights and figures."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.open(read_settings(library=Path(folder)))
        list(corpus.add(articles()))
        found = [_case(corpus, gold) for gold in golds() if not has_copy(gold)]
    names = list(found[0][0])
    cases = [case for _, case in found]
    weights, bias = fit(cases)
    shift = math.log(_CUT / (1 - _CUT))
    print("weights fitted to all sets:")
    for name, weight in zip(names, weights, strict=True):
        print(f'    "{name}": {weight:.2f},')
    print(f"bias: {bias - shift:.2f}")
    unseen = [fit([*cases[:number], *cases[number + 1 :]]) for number in range(len(cases))]
    for name, parts in (("fitted to all", [(weights, bias)] * len(cases)), ("unseen", unseen)):
        for cut in (0.4, _CUT, 0.5, 0.6):
            precision, recall = judged(cases, parts, cut)
            print(f"{name:14} from {cut:.2f} on: precision {precision:.3f}, recall {recall:.3f}")
    return 0


def fit(cases: Sequence[Case]) -> tuple[npt.NDArray[np.float64], float]:
    """Fit a logistic model; pairs that are unsure by hand have no say.

    Returns:
        Weights of the kinds of evidence as they come, and the bias.
    """
    rows = np.concatenate([one.features.reshape(-1, one.features.shape[2]) for one in cases])
    labels = np.concatenate([_marks(one, one.shared).ravel() for one in cases])
    counted = 1 - np.concatenate([_marks(one, one.unsure).ravel() for one in cases])
    scale = rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=_FREEDOM, max_iter=2000)
    model.fit(rows / scale, labels, sample_weight=counted)
    return model.coef_[0] / scale, float(model.intercept_[0])


def judged(
    cases: Sequence[Case],
    models: Sequence[tuple[npt.NDArray[np.float64], float]],
    cut: float,
) -> tuple[float, float]:
    """Return precision and recall of the pairs found, each case by its own model."""
    found = right = expected = 0
    for case, (weights, bias) in zip(cases, models, strict=True):
        scores = 1 / (1 + np.exp(-(case.features @ weights + bias)))
        pairs = {(pair.a, pair.b) for pair in best_pairs(scores, cut)} - case.unsure
        found += len(pairs)
        right += len(pairs & case.shared)
        expected += len(case.shared)
    return right / max(1, found), right / expected


def _case(corpus: Corpus, gold: Gold) -> tuple[Mapping[str, object], Case]:
    a, b = (read_ref(corpus.library, Ref(id=one)) for one in gold.ids)
    folding = folding_of(a, b)
    found = Evidence(side_of(a, folding), side_of(b, folding)).of(0, len(a.statements))
    rows, columns = (
        {one.text: number for number, one in enumerate(side.statements)} for side in (a, b)
    )
    shared, unsure = (
        frozenset((rows[one], columns[other]) for one, other in pairs)
        for pairs in (gold.shared, gold.unsure)
    )
    return found, Case(np.stack(list(found.values()), axis=-1), shared, unsure)


def _marks(case: Case, places: frozenset[tuple[int, int]]) -> npt.NDArray[np.float64]:
    marks = np.zeros(case.features.shape[:2])
    for place in places:
        marks[place] = 1
    return marks


if __name__ == "__main__":
    sys.exit(main())
