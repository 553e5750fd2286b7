import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from service.comparison.alignment import align, best_pairs, closeness
from service.comparison.sides import Evidence, Side, side_of
from service.comparison.similarity import folding_of

_LISTED = (
    '"We Minister Pashinian Pashinyan said six seven killed on Monday cease-fire 44 days again."'
)
WORDS = _LISTED.split()
sentences = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join) | st.text(min_size=1),
    max_size=6,
)


def sides(left: list[str], right: list[str]) -> tuple[Side, Side]:
    a, b = reading("a", left), reading("b", right)
    folding = folding_of(a, b)
    return side_of(a, folding), side_of(b, folding)


@given(sentences, sentences)
def test_turned_around_the_closeness_is_the_same(left: list[str], right: list[str]) -> None:
    a, b = sides(left, right)
    there, back = closeness(a, b), closeness(b, a)
    assert there.shape == (len(left), len(right))
    np.testing.assert_allclose(there, back.T, atol=2e-5)
    assert ((there >= 0) & (there <= 1)).all()


@given(sentences)
def test_only_the_same_words_are_entirely_close(texts: list[str]) -> None:
    a, b = sides(texts, texts)
    scores = closeness(a, b)
    for row, one in enumerate(texts):
        for column, other in enumerate(texts):
            assert (scores[row, column] == 1) == (one.split() == other.split())


def test_evidence_speaks_for_what_two_sentences_share() -> None:
    left = ['"We rebuild the harbour of Holm," Lind said.', "It cost $41 million."]
    right = [
        "The bill was 41 million dollars.",
        '"We shall rebuild the harbour of Holm," Lind said.',
    ]
    found = Evidence(*sides(left, right)).of(0, 2)
    assert found["quoted"][0, 1] > 0 == found["quoted"][1, 0]
    assert found["figures"][1, 0] > 0 == found["figures"][0, 0]
    assert found["speakers"].tolist() == [[0, 1], [0, 0]]
    assert found["one quotes"].tolist() == [[1, 0], [0, 1]]


@given(sentences.filter(bool), sentences.filter(bool), st.data())
def test_evidence_of_some_statements_is_that_part_of_all_of_it(
    left: list[str], right: list[str], data: st.DataObject
) -> None:
    found = Evidence(*sides(left, right))
    first = data.draw(st.integers(0, len(left) - 1))
    last = data.draw(st.integers(first + 1, len(left)))

    whole, part = found.of(0, len(left)), found.of(first, last)

    assert whole["meaning"].shape == (len(left), len(right))
    for name, matrix in whole.items():
        assert np.array_equal(matrix[first:last], part[name]), name


def test_a_sentence_may_be_in_several_pairs() -> None:
    scores = np.array([[0.9, 0.8], [0.1, 0.2]])
    assert [(pair.a, pair.b) for pair in best_pairs(scores, 0.5)] == [(0, 0), (0, 1)]
    assert best_pairs(np.zeros((0, 3)), 0.5) == []


def test_pairs_come_in_the_order_of_the_first_article() -> None:
    left = ["The ferry sank off Holm in a storm.", "Nine sailors were saved by a lifeboat."]
    a, b = sides(left, list(reversed(left)))
    assert [(pair.a, pair.b, pair.score) for pair in align(a, b)] == [(0, 1, 1.0), (1, 0, 1.0)]


def test_a_long_word_of_two_sentences_alone_makes_them_worth_a_look() -> None:
    left = ["A flareup has rekindled fears of a war.", "They met in a resort by the sea."]
    right = ["They met by the sea after a flare-up in the hills.", "Nobody spoke of the opera."]
    a, b = sides(left, right)
    assert (0, 0) in {(pair.a, pair.b) for pair in align(a, b)}
