from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.facts.dates import Moment, moments
from service.terms import Folding

FRIDAY = "2021-11-26"


def read(text: str, published: str | None = FRIDAY) -> list[Moment]:
    return moments(text, published, Folding([text], []))


def days(*numbers: tuple[int, int, int]) -> tuple[date, date]:
    first, last = (date(*one) for one in (numbers[0], numbers[-1]))
    return first, last


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They met on November 26.", days((2021, 11, 26))),
        ("They meet on Dec. 15.", days((2021, 12, 15))),
        ("They met on 3 May 2019.", days((2019, 5, 3))),
        ("They met on 2021-10-01.", days((2021, 10, 1))),
        ("They meet on January 3.", days((2022, 1, 3))),
        ("He was sentenced on Tuesday.", days((2021, 11, 23))),
        ("He was sentenced on Friday.", days((2021, 11, 26))),
        ("He was sentenced yesterday.", days((2021, 11, 25))),
        ("He was sentenced today.", days((2021, 11, 26))),
        ("They meet tomorrow.", days((2021, 11, 27))),
        ("They met earlier this month.", days((2021, 11, 1), (2021, 11, 26))),
        ("They met last month.", days((2021, 10, 1), (2021, 10, 31))),
        ("The war of last year", days((2020, 1, 1), (2020, 12, 31))),
        ("They met in January.", days((2022, 1, 1), (2022, 1, 31))),
        ("They met last January.", days((2021, 1, 1), (2021, 1, 31))),
        ("They met in May 2019.", days((2019, 5, 1), (2019, 5, 31))),
        ("They met three days ago.", days((2021, 11, 23))),
        ("A flareup in the past week", days((2021, 11, 19), (2021, 11, 26))),
        ("They met in 2019.", days((2019, 1, 1), (2019, 12, 31))),
    ],
)
def test_days_are_resolved_against_the_articles_own(text: str, expected: tuple[date, date]) -> None:
    [found] = read(text)
    assert found.days == (expected,)


def test_a_weekday_of_no_clear_tense_may_be_past_or_to_come() -> None:
    [found] = read("The match is on Wednesday.")
    assert found.days == (days((2021, 11, 24)), days((2021, 12, 1)))


def test_without_a_day_of_its_own_an_article_tells_only_what_it_writes_out() -> None:
    assert [one.days for one in read("They met on 3 May 2019.", None)] == [(days((2019, 5, 3)),)]
    [weekday] = read("They met on Tuesday.", None)
    assert (weekday.days, weekday.weekday) == ((), "tuesday")
    [day] = read("They met on May 3.", None)
    assert (day.days, day.parts) == ((), (5, 3))
    assert read("They met last month.", None) == []


@pytest.mark.parametrize(
    ("left", "right", "may_be"),
    [
        ("He was held on Tuesday.", "He was held on November 23.", True),
        ("He was held on Tuesday.", "He was held on November 24.", False),
        ("He was held yesterday.", "He was held on Thursday.", True),
        ("It broke out in the past week.", "It broke out earlier this month.", True),
        ("It began at 3 p.m.", "It began at 15:00.", True),
        ("It began at 3 p.m.", "It began at 4 p.m.", False),
        ("It began about 3 p.m.", "It began at 3:30 p.m.", True),
        ("It began at 0300 GMT.", "It began at 4 a.m. local time.", True),
        ("It began at noon.", "It began at midnight.", False),
    ],
)
def test_moments_that_may_be_one_are_told_from_others(left: str, right: str, may_be: bool) -> None:
    one, other = read(left)[0], read(right)[0]
    assert one.may_be(other) is may_be
    assert other.may_be(one) is may_be


@pytest.mark.parametrize(
    "text",
    [
        "June 31 is no day.",
        "It may rain.",
        "They said this may delay it.",
        "March on!",
        "May 2, 99999",
    ],
)
def test_what_is_no_day_does_no_harm(text: str) -> None:
    for one in read(text):
        assert all(first <= last for first, last in one.days)


@given(st.text() | st.text("0123456789:.-/ Monday last May ago in the"), st.text(max_size=12))
def test_any_text_is_read(text: str, published: str) -> None:
    for one in read(text, published):
        assert 0 <= one.start < one.end <= len(text)
        assert one.may_be(one)
