"""What scores mean: the bands that a model's calibration cuts them into."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from embeddings.encoder import Calibration, ModelProfile, Thresholds
from service.answers import Band

if TYPE_CHECKING:
    from service.answers import (
        Comparison,
        Hit,
        Pair,
        SimilarArticle,
        SimilarArticles,
        Similarity,
        SimilarityParts,
    )

    P = TypeVar("P", bound=Pair)
    S = TypeVar("S", Hit, SimilarArticle)


def band_of(score: float, thresholds: Thresholds) -> Band:
    """Return the band of a score; a higher score is never in a farther one."""
    if score >= thresholds.same:
        return Band.SAME
    if score >= thresholds.close:
        return Band.CLOSE
    return Band.RELATED if score >= thresholds.related else Band.FAR


def band_warnings(profile: ModelProfile) -> list[str]:
    """Say so if the model's scores have no bands."""
    if profile.calibration is not None:
        return []
    return [
        f"The model {profile.name} is not calibrated: scores have no bands. "
        "See benchmarks/README.md."
    ]


def parts_told(parts: "SimilarityParts") -> str:
    """Say in one line which part made a score: "sentences .71  words .35  names .52  same day"."""
    told = [
        f"{name} {part:.2f}".replace("0.", ".")
        for name in ("sentences", "words", "names")
        if (part := getattr(parts, name)) is not None
    ]
    if parts.time is not None:
        told.append("same day" if parts.time == 1 else f"days {parts.time:.2f}".replace("0.", "."))
    return "  ".join(told)


def banded_hits(found: "Sequence[Hit]", calibration: Calibration | None) -> "list[Hit]":
    """Say of hits by meaning and words together what their scores mean."""
    return _banded(found, None if calibration is None else calibration.search)


def banded_articles(
    answer: "SimilarArticles", calibration: Calibration | None
) -> "SimilarArticles":
    """Say what the scores of similar articles mean."""
    thresholds = None if calibration is None else calibration.similarity
    found = _banded(answer.articles, thresholds)
    return replace(answer, articles=found)


def banded_similarity(answer: "Similarity", calibration: Calibration | None) -> "Similarity":
    """Say what the scores of a similarity and of its pairs mean."""
    if calibration is None:
        return answer
    return replace(
        answer,
        band=band_of(answer.score, calibration.similarity),
        pairs=_banded_pairs(answer.pairs, calibration),
    )


def banded_comparison(answer: "Comparison", calibration: Calibration | None) -> "Comparison":
    """Say what the scores of a comparison and of its pairs mean."""
    if calibration is None:
        return answer
    return replace(
        answer,
        band=band_of(answer.score, calibration.similarity),
        shared=_banded_pairs(answer.shared, calibration),
        unsure=_banded_pairs(answer.unsure, calibration),
    )


def _banded_pairs(pairs: "Sequence[P]", calibration: Calibration) -> "list[P]":
    return [replace(pair, band=band_of(pair.score, calibration.pairs)) for pair in pairs]


def _banded(found: "Sequence[S]", thresholds: Thresholds | None) -> "list[S]":
    if thresholds is None:
        return list(found)
    return [replace(one, band=band_of(one.score, thresholds)) for one in found]
