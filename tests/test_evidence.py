import math
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from embeddings.vectors import unit
from service.reading import Reading
from service.retrieval.search import Question
from service.summarization.evidence import (
    distinct,
    gather,
    most_promising,
    salience_features,
)
from service.summarization.salience import salience, weights_for
from service.summarization.wording import tf_idf
from service.words import content_words

STORY = [
    "A crane fell into the harbour of Lindmark on Monday morning.",
    "It had stood in the harbour of Lindmark since 1962.",
    "Port workers closed the harbour at noon.",
    "The council of Lindmark wants a report by Friday.",
]
TERMS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), min_size=1, max_size=8)
STORIES = st.lists(
    st.lists(st.sampled_from([*STORY, "Yes.", "Geese rest in Elling."]), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
)


def read(stories: list[list[str]]) -> list[Reading]:
    return [reading(str(number), story) for number, story in enumerate(stories)]


@given(TERMS)
def test_terms_are_weighed_as_the_formula_says(found: list[list[str]]) -> None:
    rows, columns = tf_idf(found)

    holders = Counter(term for terms in found for term in set(terms))
    for number, terms in enumerate(found):
        plain = np.zeros(max(1, len(columns)))
        for term, count in Counter(terms).items():
            plain[columns[term]] = count * math.log((1 + len(found)) / holders[term])
        expected = unit(plain[np.newaxis])[0]
        assert np.allclose(rows.among([number]).summed(), expected, atol=1e-6)


@given(st.lists(st.sampled_from([*STORY, "Geese rest in Elling."]), min_size=1, max_size=6))
def test_what_an_article_tells_first_counts_more_in_the_aim(story: list[str]) -> None:
    evidence = gather(read([story]))

    rows = evidence.lexical
    whole = unit(rows.summed(np.exp(-np.arange(len(story)) / 10))[np.newaxis])[0]
    assert np.allclose(evidence.lexical_aim, rows.times(whole), atol=1e-5)


@given(STORIES, st.randoms())
def test_groups_of_copies_hang_on_no_order(stories: list[list[str]], random: Random) -> None:
    readings = read(stories)
    shuffled = list(readings)
    random.shuffle(shuffled)

    groups = distinct(readings)

    assert distinct(shuffled) == groups
    assert len(groups) == len({tuple(story) for story in stories})


def test_of_copies_the_one_published_first_stands_for_all() -> None:
    first, second = read([STORY, STORY])
    dated = Reading(
        type(second.article)("", id="1", published="2026-03-01"),
        second.statements,
        second.vectors,
    )

    assert distinct([first, dated])[0][0] is dated


@given(STORIES)
def test_what_others_say_too_is_the_mean_of_the_closest_ones(stories: list[list[str]]) -> None:
    evidence = gather([group[0] for group in distinct(read(stories))])
    dense, lexical = evidence.cosines()

    found = salience_features(evidence, dense, lexical)["meaning_elsewhere"]

    others = sorted(set(evidence.origins.tolist()))
    for number, own in enumerate(evidence.origins):
        closest = [dense[number, evidence.origins == one].max() for one in others if one != own]
        assert found[number] == pytest.approx(sum(closest) / max(1, len(closest)), abs=1e-5)


def test_every_weight_is_of_a_feature_and_says_where_it_comes_from() -> None:
    evidence = gather(read([STORY, STORY[:2]]))
    found = salience_features(evidence, *evidence.cosines())

    for several in (False, True):
        weights = weights_for(several=several)
        assert set(weights) == set(found)
        assert salience(found, weights).shape == (len(evidence.statements),)


def test_features_say_what_a_sentence_looks_like_and_where_it_stands() -> None:
    story = ["Lindmark has 12 cranes.", '"I like Lindmark," Ada Holm said.']
    evidence = gather(read([story]))

    found = salience_features(evidence, *evidence.cosines())

    assert found["first"].tolist() == [1.0, 0.5]
    assert found["far"].tolist() == [0.0, 0.5]
    assert found["digit"].tolist() == [1.0, 0.0]
    assert found["quote"].tolist() == [0.0, 1.0]
    assert found["capitals"].tolist() == [0.0, pytest.approx(3 / 6)]
    assert found["length"].tolist() == pytest.approx([4 / 30, 6 / 30])


def test_what_leans_is_told_by_numbers_of_all_sentences() -> None:
    evidence = gather(read([[STORY[3], STORY[2]], STORY]))

    leaning = evidence.leaning(3)

    assert leaning is not None
    assert leaning.on == 2
    kept = evidence.among(np.array([0, 3]))
    alone = kept.leaning(1)
    assert alone is not None
    assert alone.on is None


def test_the_most_promising_come_with_the_sentence_before_them() -> None:
    evidence = gather(read([STORY * 3]))

    kept = most_promising(evidence, 2)

    best = np.argsort(-evidence.rating, kind="stable")[:2].tolist()
    assert set(best) <= set(kept.tolist())
    assert kept.tolist() == sorted({*best, *(max(0, number - 1) for number in best)})
    assert most_promising(evidence, 100).tolist() == list(range(12))


def test_a_question_lets_only_what_comes_near_be_chosen() -> None:
    readings = read([STORY])
    text = "report of the council"
    vector = readings[0].vectors[3]
    evidence = gather(readings, Question(text, content_words(text), vector))

    assert evidence.eligible[3]
    assert evidence.rating.argmax() == 3
    assert set(evidence.worth) == {"answer", "early"}
    assert evidence.closest is not None
    assert evidence.closest > 0.8
