import tracemalloc

import numpy as np
import pytest

from service.numerals import numeral
from service.terms import Folding, links, names_and_numbers, overlap


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("cease-fire", "ceasefire"),
        ("flare-ups", "flareup"),
        ("neighbours", "neighbor"),
        ("stabilisation", "stabilization"),
        ("Pashinian", "Pashinyan"),
        ("Zelenskyy", "Zelensky"),
        ("centre", "center"),
        ("defence", "defense"),
        ("travelled", "traveled"),
        ("six", "6"),
        ("6,500", "6500"),
        ("twenty-four", "24"),
        ("Müller’s", "Muller"),
    ],
)
def test_spellings_of_one_word_meet(left: str, right: str) -> None:
    folding = Folding([left], [right])
    assert folding.terms(left) == folding.terms(right) != []


@pytest.mark.parametrize(
    ("left", "right"),
    [("Iran", "Iraq"), ("Austria", "Australia"), ("six", "seven"), ("hour", "hor")],
)
def test_other_words_do_not_meet(left: str, right: str) -> None:
    folding = Folding([left], [right])
    assert folding.terms(left) != folding.terms(right)


def test_a_name_that_both_articles_have_is_no_variant() -> None:
    folding = Folding(["Johnson met Johnston."], ["Johnson left."])
    assert folding.name("Johnson") != folding.name("Johnston")


def test_a_compound_counts_as_its_words_unless_it_is_written_as_one() -> None:
    folding = Folding(["A Moscow-brokered cease-fire"], ["A ceasefire brokered by Moscow"])
    assert folding.terms("Moscow-brokered cease-fire") == ["moscow", "broker", "ceasefir"]


def test_rare_words_count_more_and_words_of_one_place_are_links() -> None:
    left = [["war", "harbor"], ["war", "salt"]]
    right = [["war", "harbor"], ["war", "wool"]]
    cosines = overlap([[one] for one in left], [[one] for one in right])
    assert cosines[0, 0] == pytest.approx(1)
    assert cosines[0, 0] > cosines[1, 1] > 0
    assert links(left, right).toarray().tolist() == [[1, 0], [0, 0]]


def test_sentences_without_terms_share_nothing() -> None:
    cosines = overlap([[[]], [["war"]]], [[[]]])
    assert np.array_equal(cosines, np.zeros((2, 1), np.float32))


def test_names_and_numbers_are_told_from_other_words() -> None:
    folding = Folding([], [])
    assert names_and_numbers(["the ferry to Holm had 40 seats"], folding) == {"holm", "40"}


def test_a_capital_that_begins_a_sentence_makes_no_name() -> None:
    folding = Folding([], [])
    assert names_and_numbers(["Ferries go to Holm", "12 ferries"], folding) == {"holm", "12"}


@pytest.mark.parametrize(
    ("word", "value"),
    [("six", 6), ("Twenty-four", 24), ("1,000.5", 1000.5), ("6,50", None), ("sixty-ten", None)],
)
def test_numerals_are_read(word: str, value: float | None) -> None:
    assert numeral(word) == value


def test_sentences_are_as_close_as_their_closest_clauses() -> None:
    left = [[["war", "harbor"], ["salt", "wool"]], [["tea"]]]
    right = [[["opera"], ["salt", "wool"]], [["harbor", "tea"]]]
    ours, theirs = ([[clause] for one in side for clause in one] for side in (left, right))
    clauses = overlap(ours, theirs)

    found = overlap(left, right)

    assert found[0, 0] == clauses[:2, :2].max() == pytest.approx(1)
    assert found[1, 1] == clauses[2, 2]


def test_many_sentences_are_held_against_one_another_as_few_are() -> None:
    left = [[[f"word{number % 7}", "war"], [f"name{number}"]] for number in range(600)]
    right = [[[f"name{number}", f"word{number % 5}"]] for number in range(20)]

    found = overlap(left, right)

    assert found.shape == (600, 20)
    assert [int(found[number].argmax()) for number in range(20)] == list(range(20))


def test_a_word_without_an_end_is_no_name_and_takes_no_room() -> None:
    tracemalloc.start()
    try:
        folding = Folding(["Ado" * 7_000], ["Ade" * 7_000])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert folding.name("Ado" * 7_000) == "ado" * 7_000
    assert peak < 20_000_000
