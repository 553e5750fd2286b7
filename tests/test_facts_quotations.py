import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.facts.quotations import speeches
from service.terms import Folding


def quoted(*texts: str) -> list[list[str]]:
    found = speeches(texts, range(1, len(texts) + 1), Folding(texts, []))
    return [
        [text[start:end] for start, end in one.quoted]
        for text, one in zip(texts, found, strict=True)
    ]


def speakers(*texts: str) -> list[set[str]]:
    found = speeches(texts, range(1, len(texts) + 1), Folding(texts, []))
    return [set(one.speakers) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We go," Lind said.', ["We go"]),
        ('Lind called it "a good day".', ["a good day"]),
        ("“We go,” Lind said, “and soon.”", ["We go", "and soon"]),
        ("Nothing is quoted.", []),
        ('It ended so," Lind said.', ["It ended so"]),
    ],
)
def test_what_stands_between_marks_is_quoted(text: str, expected: list[str]) -> None:
    assert quoted(text) == [expected]


def test_a_quotation_goes_on_over_sentences() -> None:
    texts = ['"We go.', "We go soon.", 'We all go," Lind said.']
    assert quoted(*texts) == [["We go"], ["We go soon"], ["We all go"]]
    assert speakers(*texts)[-1] == {"lind"}


def test_a_quotation_that_is_never_closed_ends_with_its_sentence() -> None:
    assert quoted('"We go.', "The boat left.", "It sank.") == [["We go"], [], []]


def test_a_quotation_does_not_go_on_over_what_is_left_out() -> None:
    found = speeches(['"We go.', 'Soon," Lind said.'], [1, 5], Folding([], []))
    assert found[0].quoted == ((1, 6),)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Lind said it rained."], [{"lind"}]),
        (['"It rains," said Anna Lind.'], [{"lind"}]),
        (["Lind said it rained.", "He said it would stop."], [{"lind"}, {"lind"}]),
        (["He said it would stop."], [set()]),
        (['"It rains.', 'It pours," Lind said.'], [{"lind"}, {"lind"}]),
    ],
)
def test_who_speaks_is_told(texts: list[str], expected: list[set[str]]) -> None:
    assert speakers(*texts) == expected


@given(st.lists(st.text() | st.text('"“”ab. said He'), max_size=6))
def test_quoted_spans_lie_in_order_within_their_sentence(texts: list[str]) -> None:
    found = speeches(texts, range(len(texts)), Folding(texts, []))
    for text, one in zip(texts, found, strict=True):
        end = 0
        for start, stop in one.quoted:
            assert end <= start < stop <= len(text)
            end = stop
