import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.facts.names import people
from service.terms import Folding


def read(text: str) -> list[tuple[str, str, set[str], set[str], str]]:
    return [
        (one.first, one.surname, set(one.office), set(one.of), one.deed)
        for one in people(text, Folding([text], []))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Judge Helena Stroud spoke.", ("helena", "stroud", {"judg"}, set(), "")),
        ("The referee, Mark Holt, left.", ("mark", "holt", {"refere"}, set(), "")),
        (
            "Ruth Marlow, the chief executive, left.",
            ("ruth", "marlow", {"chief", "execut"}, set(), ""),
        ),
        (
            "Armenian Prime Minister Nikol Pashinyan came.",
            ("nikol", "pashinyan", {"prime", "minist"}, {"armenian"}, ""),
        ),
        ("Lotte Brandvik, mayor of Holm, spoke.", ("lotte", "brandvik", {"mayor"}, {"holm"}, "")),
        ("He turned home Joel Marsh’s low cross.", ("joel", "marsh", set(), set(), "cross")),
        ("He met a low cross from Kieran Sole.", ("kieran", "sole", set(), set(), "cross")),
    ],
)
def test_people_are_read_with_what_they_are(
    text: str, expected: tuple[str, str, set[str], set[str], str]
) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    ["Port Ellery won.", "They met at Buckingham Palace.", "Storm Brannoc came.", "He left Holm."],
)
def test_places_and_storms_are_no_people(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("left", "right", "may_be"),
    [
        ("Tom Askwith scored.", "Tommy Askwith scored.", True),
        ("Jon Owen spoke.", "John Owen spoke.", True),
        ("T. Askwith scored.", "Tom Askwith scored.", True),
        ("Joe Biden spoke.", "Joseph Biden spoke.", True),
        ("Bob Miller spoke.", "Robert Miller spoke.", True),
        ("Liz Hart spoke.", "Elizabeth Hart spoke.", True),
        ("William Ingaldson spoke.", "Bill Ingaldson spoke.", True),
        ("Lotte Brandvik spoke.", "Signe Brandvik spoke.", False),
        ("Tom Askwith scored.", "Tom Marsh scored.", False),
    ],
)
def test_names_that_may_be_of_one_person_are_told_from_others(
    left: str, right: str, may_be: bool
) -> None:
    folding = Folding([left], [right])
    [one], [other] = people(left, folding), people(right, folding)
    assert one.may_be(other) is may_be
    assert other.may_be(one) is may_be


@given(st.text() | st.text("AB ab,.'s"))
def test_any_text_is_read(text: str) -> None:
    for one in people(text, Folding([text], [])):
        assert 0 <= one.start < one.end <= len(text)
