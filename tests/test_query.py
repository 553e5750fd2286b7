import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import BadRequest
from service.retrieval.query import Query, parse


@pytest.mark.parametrize(
    ("given", "text", "required", "excluded"),
    [
        ('the "peace treaty" with Iran', "the peace treaty with Iran", ["peace treaty"], []),
        ("“peace treaty” „war“ «border» »sea«", "peace treaty war border sea", 4, []),
        ("„peace treaty” of ”two states”", "peace treaty of two states", 2, []),
        ("treaty -Russia", "treaty", [], ["Russia"]),
        ('treaty -"New York" -“two words”', "treaty", [], ["New York", "two words"]),
        ("treaty -cease-fire, now", "treaty , now", [], ["cease-fire"]),
        ('-war "peace"-treaty', "peace-treaty", ["peace"], ["war"]),
        ('"peace  \n treaty"', "peace treaty", ["peace treaty"], []),
        ('"war" and "war" -sea -sea', "war and war", ["war"], ["sea"]),
        ('"text:a OR NEAR(b, 2)*" c', "text:a OR NEAR(b, 2)* c", ["text:a OR NEAR(b, 2)*"], []),
    ],
)
def test_quoted_words_are_required_and_those_with_a_minus_excluded(
    given: str, text: str, required: list[str] | int, excluded: list[str]
) -> None:
    query = parse(given)

    assert query.text == text
    assert list(query.excluded) == excluded
    if isinstance(required, int):
        assert len(query.required) == required
    else:
        assert list(query.required) == required


@pytest.mark.parametrize(
    "given",
    [
        "a cease-fire  at sea",
        "- war",
        "war -- peace",
        "1939-45",
        "the year -",
        'an "unclosed quote',
        "an “unclosed quote",
        'a 5" pipe and a 6" one',
        "don't 'quote' this",
        "−war –peace",
    ],
)
def test_what_only_looks_like_a_mark_stays_as_it_is(given: str) -> None:
    assert parse(given) == Query(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("-war", "only says what must not occur"),
        ('-war -"New York" ?', r"only says what must not occur \(war, New York\)"),
        ('peace ""', "quotes no words"),
        ('peace -"?!"', "quotes no words"),
        ("peace “ ”", "quotes no words"),
        ("\ud800 harbour", "half a character"),
        ("x" * 10_001, "10,001 characters"),
        ("x" + " -a" * 51, "51 quotes and exclusions"),
    ],
)
def test_marks_that_mean_nothing_are_refused(given: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        parse(given)


@given(st.text("ab -\"“”„«»'\n_\0é", max_size=30))
def test_no_word_is_lost_or_made_up(given: str) -> None:
    try:
        query = parse(given)
    except BadRequest:
        return

    def bare(text: str) -> list[str]:
        return "".join(one if one.isalnum() else " " for one in text).split()

    kept = bare(query.text)
    assert all(word in kept for phrase in query.required for word in bare(phrase))
    assert set(kept) | {word for phrase in query.excluded for word in bare(phrase)} == {
        *bare(given)
    }


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='-"“”„«»')))
def test_a_text_without_marks_is_taken_as_it_is(given: str) -> None:
    assert parse(given) == Query(given)


def test_printed_quotes_demand_in_a_question_and_are_words_in_a_headline() -> None:
    headline = "Apple to unveil the long-awaited Retina MacBook at its “Spring Forward” event"

    assert parse("“Spring Forward” Apple event").required == ("Spring Forward",)
    assert parse(headline) == Query(headline.replace("“", "").replace("”", ""))
    assert parse(headline.replace("“", '"').replace("”", '"')).required == ("Spring Forward",)
