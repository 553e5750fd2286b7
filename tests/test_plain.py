import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.summarization.plain import Scores, lead, lexrank, take, textrank

Method = Callable[[Sequence[Sequence[str]]], Scores]

TERMS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), max_size=12)
TEXTS = st.lists(TERMS, max_size=12)


@given(TEXTS)
def test_scores_are_shares_of_one(sentences: list[list[str]]) -> None:
    for method in (lexrank, textrank):
        scores = method(sentences)

        assert scores.shape == (len(sentences),)
        assert (scores >= 0).all()
        if sentences:
            assert scores.sum() == pytest.approx(1)


@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_sentences_does_not_change_their_scores(
    sentences: list[list[str]], random: Random
) -> None:
    order = list(range(len(sentences)))
    random.shuffle(order)

    for method in (lexrank, textrank):
        shuffled = method([sentences[number] for number in order])

        assert shuffled == pytest.approx(method(sentences)[order], abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), max_size=12),
    st.integers(1, 30),
    st.none() | st.integers(1, 5),
)
def test_what_is_taken_fits_and_what_is_left_does_not(
    scored: list[tuple[float, int]], most: int, count: int | None
) -> None:
    scores = np.array([score for score, _ in scored], np.float64)
    lengths = [length for _, length in scored]

    taken = take(scores, lengths, words=most, sentences=count)

    room = most - sum(lengths[number] for number in taken)
    left = set(range(len(scored))) - set(taken)
    assert room >= 0
    assert taken == sorted(set(taken))
    assert len(taken) == count or all(lengths[number] > room for number in left)


@pytest.mark.parametrize("method", [lexrank, textrank])
def test_the_sentence_that_has_something_of_all_others_is_first(method: Method) -> None:
    scores = method([["a", "x"], ["a", "b", "c"], ["b", "y"], ["c", "z"], ["v", "w"]])

    assert np.argmax(scores) == 1


def test_without_anything_in_common_all_are_equal() -> None:
    apart = [["a"], ["b"], ["e", "f"], ["c", "d"]]

    for method in (lexrank, textrank):
        assert method(apart) == pytest.approx(0.25)


@settings(max_examples=40)
@given(TEXTS)
def test_lexrank_is_what_its_paper_computes_pair_by_pair(sentences: list[list[str]]) -> None:
    holders = Counter(word for words in sentences for word in set(words))

    def weights(words: list[str]) -> dict[str, float]:
        return {
            word: count * math.log(len(sentences) / holders[word])
            for word, count in Counter(words).items()
        }

    def cosine(one: dict[str, float], other: dict[str, float]) -> float:
        length = math.hypot(*one.values()) * math.hypot(*other.values())
        product = sum(weight * other.get(word, 0.0) for word, weight in one.items())
        return product / length if length else 0.0

    rows = [weights(words) for words in sentences]
    cosines = [[cosine(one, other) for other in rows] for one in rows]
    assume(not any(abs(one - 0.1) < 1e-5 for row in cosines for one in row))
    edges = [[float(one > 0.1) for one in row] for row in cosines]

    assert lexrank(sentences) == pytest.approx(walked(edges), abs=1e-6)


def walked(edges: list[list[float]]) -> list[float]:
    """PageRank, step by step."""
    count = len(edges)
    if not count:
        return []
    visits = [1 / count] * count
    for _ in range(300):
        moved = [0.15 / count] * count
        for one, row in enumerate(edges):
            for other, weight in enumerate(row):
                share = weight / sum(row) if sum(row) else 1 / count
                moved[other] += 0.85 * visits[one] * share
        visits = moved
    return visits


def test_textrank_counts_shared_words_over_the_logarithms_of_lengths() -> None:
    # Three sentences in a row of edges: 0 - 1 and 1 - 2, the second twice as strong.
    scores = textrank([["a", "x", "y"], ["a", "b", "c"], ["b", "c", "z"]])

    # The walk: p0 = d/3 * p1 + j, p2 = 2d/3 * p1 + j, p1 = d * (p0 + p2) + j.
    d, j = 0.85, 0.15 / 3
    middle = (j + 2 * d * j) / (1 - d * d)
    assert scores == pytest.approx([d / 3 * middle + j, middle, 2 * d / 3 * middle + j])


def test_lead_takes_the_first_of_each_article_then_the_second() -> None:
    scores = lead([1, 2, 3, 1, 2])

    assert take(scores, [1] * 5, words=3) == [0, 1, 3]


def test_a_hundred_sentences_take_milliseconds_and_two_thousand_seconds() -> None:
    generator = np.random.default_rng(0)
    drawn = generator.zipf(1.5, (2000, 12)).clip(max=5000).astype(str).tolist()
    for count, seconds in ((100, 0.2), (2000, 10.0)):  # Many times what it takes.
        for method in (lexrank, textrank):
            start = time.process_time()
            method(drawn[:count])

            assert time.process_time() - start < seconds
