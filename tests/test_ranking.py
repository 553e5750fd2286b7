import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Span
from embeddings.stored import StoredChunk
from embeddings.vectors import Matrix, unit
from service.retrieval.ranking import (
    Candidate,
    best_first,
    closest,
    dense_scores,
    lexical_scores,
    mixed,
    moved,
    rounded,
)

DIM = 8
NO_TITLE = np.zeros((0, DIM), np.float32)


def random_rows(seed: int, count: int) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(count, DIM)))


def row(*numbers: float) -> Matrix:
    return unit([[*numbers, *[0.0] * (DIM - len(numbers))]])


def candidate(
    article_id: str,
    vectors: Matrix,
    *,
    title: Matrix = NO_TITLE,
    words: tuple[float, float] = (0.0, 0.0),
) -> Candidate:
    chunk = StoredChunk(1, article_id, Span(0, 1), "x", ())
    return Candidate(chunk, *words, vectors, title)


def plain(query: list[float], candidates: list[Candidate]) -> list[tuple[float, float, float]]:
    """The formula in plain numbers: meaning, words and score of each candidate."""

    def dot(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    def meaning(one: Candidate, question: list[float]) -> float:
        return max(dot(question, vector) for vector in [*one.vectors[1:], *one.title])

    by_words = [(one.chunk_words + one.article_words) / 2 for one in candidates]
    first = [
        (meaning(one, query) + words) / 2 for one, words in zip(candidates, by_words, strict=True)
    ]
    order = sorted(range(len(candidates)), key=lambda number: -round(first[number], 6))
    chosen: list[int] = []
    for number in order:
        if candidates[number].chunk.article_id not in [
            candidates[other].chunk.article_id for other in chosen
        ]:
            chosen.append(number)
    chosen = chosen[:3]
    total = 1 + sum(max(first[number], 0) for number in chosen) / 3
    question = [
        (
            query[place]
            + sum(max(first[one], 0) * float(candidates[one].vectors[0][place]) for one in chosen)
            / 3
        )
        / total
        for place in range(DIM)
    ]
    return [
        (meaning(one, question), words, (meaning(one, question) + words) / 2)
        for one, words in zip(candidates, by_words, strict=True)
    ]


@given(
    seed=st.integers(0, 2**32 - 1),
    shapes=st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.integers(1, 4),
            st.booleans(),
            st.floats(0, 1),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=12,
    ),
)
def test_scores_are_those_of_the_formula_in_plain_numbers(
    seed: int, shapes: list[tuple[str, int, bool, float, float]]
) -> None:
    candidates = [
        candidate(
            article_id,
            random_rows(seed + number, 1 + sentences),
            title=random_rows(seed + 1000 + number, 1) if has_title else NO_TITLE,
            words=(in_chunk, in_article),
        )
        for number, (article_id, sentences, has_title, in_chunk, in_article) in enumerate(shapes)
    ]
    query = random_rows(seed + 2000, 1)[0]

    lexical = lexical_scores(candidates)
    dense = dense_scores(query, candidates, lexical)

    expected = np.array(plain([float(one) for one in query], candidates))
    assert dense == pytest.approx(expected[:, 0], abs=1e-5)
    assert lexical == pytest.approx(expected[:, 1])
    assert mixed(dense, lexical) == pytest.approx(expected[:, 2], abs=1e-5)


def test_one_close_sentence_is_enough_and_the_passage_itself_does_not_count() -> None:
    far, near = row(0, 1), row(1, 0)

    scores = closest(
        near[0],
        [
            candidate("a", np.vstack([far, far, near])),
            candidate("b", np.vstack([near, far, far])),
            candidate("c", np.vstack([far, far]), title=near),
        ],
    )

    assert scores.tolist() == [1, 0, 1]


def test_a_question_that_finds_nothing_close_stays_where_it_is() -> None:
    query = row(1, 0)[0]
    candidates = [candidate("a", np.vstack([row(-1, 0)] * 2))]

    assert moved(query, candidates, np.array([-1.0])).tolist() == query.tolist()


def test_a_question_moves_towards_one_passage_of_each_of_three_articles() -> None:
    query = row(1)[0]
    candidates = [
        candidate("a", np.vstack([row(0, 1)] * 2)),
        candidate("a", np.vstack([row(0, 0, 1)] * 2)),
        candidate("b", np.vstack([row(0, 0, 0, 1)] * 2)),
        candidate("c", np.vstack([row(0, 0, 0, 0, 1)] * 2)),
        candidate("d", np.vstack([row(0, 0, 0, 0, 0, 1)] * 2)),
    ]

    towards = moved(query, candidates, np.array([0.9, 0.8, 0.6, 0.3, 0.1]))

    expected = np.array([1, 0.3, 0, 0.2, 0.1, 0, 0, 0]) / 1.6
    assert towards == pytest.approx(expected, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 6))
def test_a_moved_question_is_never_longer_than_1(seed: int, count: int) -> None:
    candidates = [candidate(str(one), random_rows(seed + one, 2)) for one in range(count)]

    towards = moved(random_rows(seed, 1)[0], candidates, np.ones(count))

    assert np.linalg.norm(towards) <= 1 + 1e-6


def test_what_differs_by_rounding_alone_is_equal_and_stays_in_order() -> None:
    assert best_first(np.array([0.5, 0.5 + 1e-9, 0.7, 0.5 - 1e-9])) == [2, 0, 1, 3]
    assert str(rounded(np.array([-1e-9]))[0]) == "0.0"


def test_of_no_passages_there_are_no_scores() -> None:
    query = row(1)[0]

    assert lexical_scores([]).shape == dense_scores(query, []).shape == (0,)
    assert mixed(dense_scores(query, []), lexical_scores([])).shape == (0,)


def test_one_part_alone_is_the_score() -> None:
    part = np.array([0.25, 0.5])

    assert mixed(part, None).tolist() == mixed(None, part).tolist() == part.tolist()
    with pytest.raises(ValueError, match="at least one part"):
        mixed(None, None)
