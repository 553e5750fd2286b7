from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import CALIBRATION, ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.encoder import Thresholds
from embeddings.models.calibration import (
    calibration_text,
    read_calibration,
    shipped_calibration,
)
from embeddings.models.files import DEFAULT_MODEL, fingerprint, locate
from embeddings.models.precision import Precision
from service.answers import Band, SimilarityParts
from service.bands import band_of, parts_told
from service.corpus import Corpus
from service.reading import Ref
from service.retrieval.mode import Mode

ORDER = [Band.FAR, Band.RELATED, Band.CLOSE, Band.SAME]
UNCALIBRATED = "The model toy is not calibrated: scores have no bands. See benchmarks/README.md."
scores = st.floats(-1, 2)


def filled(folder: Path, encoder: ToyEncoder) -> Corpus:
    corpus = toy_corpus(folder, encoder)
    texts = ["The ferry to Holm sank.", "The ferry to Holm sank today.", "Verdi opens in Lund."]
    list(corpus.add(Article(text, id=str(number)) for number, text in enumerate(texts)))
    return corpus


@given(scores, scores, st.lists(scores, min_size=3, max_size=3))
def test_a_higher_score_is_never_in_a_farther_band(
    one: float, other: float, limits: list[float]
) -> None:
    thresholds = Thresholds(*sorted(limits, reverse=True))
    bands = [ORDER.index(band_of(score, thresholds)) for score in sorted([one, other])]
    assert bands == sorted(bands)


def test_a_score_at_a_threshold_is_in_its_band() -> None:
    found = [band_of(score, CALIBRATION.pairs) for score in (0.8, 0.5, 0.2, 0.19)]
    assert found == [Band.SAME, Band.CLOSE, Band.RELATED, Band.FAR]


@pytest.mark.parametrize("limits", [(0.1, 0.2, 0.3), (1, float("nan"), 0), ("1", "0", "0")])
def test_thresholds_that_do_not_fall_are_refused(limits: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="do not fall"):
        Thresholds(*limits)


def test_every_score_that_is_told_has_a_band(tmp_path: Path) -> None:
    corpus = filled(tmp_path, ToyEncoder())
    a, b = Ref(id="0"), Ref(id="1")
    limits = CALIBRATION.similarity

    assert all(hit.band for hit in corpus.search("ferry").hits)
    for one in corpus.similar(a).articles:
        assert one.band == band_of(one.score, limits)
    assert corpus.similarity(a, a).band is Band.SAME
    assert [pair.band for pair in corpus.similarity(a, a).pairs] == [Band.SAME]
    compared = corpus.compare(a, b)
    assert compared.band == band_of(compared.score, limits)
    for pair in [*compared.shared, *compared.unsure]:
        assert pair.band == band_of(pair.score, CALIBRATION.pairs)


@pytest.mark.parametrize("mode", [Mode.DENSE, Mode.LEXICAL])
def test_hits_by_one_part_alone_have_no_band(tmp_path: Path, mode: Mode) -> None:
    answer = filled(tmp_path, ToyEncoder(calibration=None)).search("ferry", mode=mode)
    assert [hit.band for hit in answer.hits] == [None] * len(answer.hits)
    assert answer.warnings == []


def test_an_uncalibrated_model_says_so_and_gives_no_bands(tmp_path: Path) -> None:
    corpus = filled(tmp_path, ToyEncoder(calibration=None))
    a, b = Ref(id="0"), Ref(id="1")
    search, similar = corpus.search("ferry"), corpus.similar(a)
    pair, compared = corpus.similarity(a, b), corpus.compare(a, b)

    for answer in (search, similar, pair, compared):
        assert answer.warnings == [UNCALIBRATED]
    assert {one.band for one in search.hits} == {one.band for one in similar.articles} == {None}
    assert (pair.band, pair.pairs[0].band, compared.band) == (None, None, None)


def test_a_calibration_is_read_as_it_was_written() -> None:
    assert read_calibration(calibration_text(CALIBRATION)) == CALIBRATION


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"search": 1}', b"{}", 3, "[" * 100_000, '{"search": {"same": 1}}']
)
def test_what_is_no_calibration_is_none(text: object) -> None:
    assert read_calibration(text) is None


@pytest.mark.parametrize("precision", Precision)
def test_the_default_model_is_shipped_calibrated(precision: Precision) -> None:
    assert shipped_calibration(fingerprint(locate(DEFAULT_MODEL), precision)) is not None


def test_another_model_is_not() -> None:
    assert shipped_calibration("another") is None


def test_the_parts_are_told_in_one_line() -> None:
    parts = SimilarityParts(sentences=0.714, words=0.35, names=None, time=1)
    assert parts_told(parts) == "sentences .71  words .35  same day"
    parts = SimilarityParts(sentences=-0.04, words=1, names=0, time=0.6)
    assert parts_told(parts) == "sentences -.04  words 1.00  names .00  days .60"
