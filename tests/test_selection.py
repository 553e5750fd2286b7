import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from service.summarization.evidence import Evidence, gather
from service.summarization.selection import Selection

SENTENCES = st.lists(
    st.sampled_from(
        [
            "A crane fell into the harbour of Lindmark.",
            "He called the crane the oldest on the coast.",
            "But the port of Lindmark stays open.",
            "Port workers closed the harbour at noon.",
            "The council of Lindmark wants a report.",
            "Geese rest in the reeds of Elling in autumn.",
            "Mayor Ada Holm opened a school in Elling.",
            "Ships wait for Holm at the port of Elling.",
        ]
    ),
    min_size=1,
    max_size=9,
)


def evidence_of(stories: list[list[str]]) -> Evidence:
    return gather([reading(str(number), story) for number, story in enumerate(stories)])


@given(st.lists(SENTENCES, min_size=1, max_size=3), st.integers(1, 60), st.integers(1, 9))
def test_limits_hold_and_the_parts_of_a_score_are_plain_cosines_that_add_up(
    stories: list[list[str]], words: int, most: int
) -> None:
    evidence = evidence_of(stories)
    selection = Selection(evidence, *evidence.cosines())

    selection.run(words, most)

    chosen = selection.chosen
    assert len(chosen) == len(set(chosen)) <= most
    assert evidence.lengths[chosen].sum() <= words
    # The closeness that each step tells is the plain cosine of the sum with the aim.
    for count, number in enumerate(chosen, start=1):
        total = evidence.dense[chosen[:count]].sum(axis=0)
        aim = evidence.dense_aim[chosen[:count]].sum()
        plain = aim / max(np.linalg.norm(total), 1e-9)
        assert abs(selection.scores[number]["dense"] - plain) < 1e-3
        parts = selection.scores[number]
        weighed = 0.3 * parts["dense"] + 0.7 * parts["lexical"]
        rest = sum(parts[name] for name in ("source", "again"))
        assert abs(parts["total"] - weighed - rest) < 1e-4


@given(st.lists(SENTENCES, min_size=1, max_size=3), st.integers(1, 80))
def test_nothing_chosen_leans_on_what_is_not(stories: list[list[str]], words: int) -> None:
    evidence = evidence_of(stories)
    selection = Selection(evidence, *evidence.cosines())

    selection.run(words, 100)

    for number in selection.chosen:
        leaning = evidence.leaning(number)
        assert leaning is None or leaning.loosely or leaning.on in selection.chosen
    for number, objection in selection.objections.items():
        assert number not in selection.chosen
        assert objection.reason or objection.repeated in selection.chosen
