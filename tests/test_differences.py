import pytest

from service.comparison.differences import differences
from service.facts import read_facts
from service.terms import Folding


def found(a: str, b: str, days: str | None = None) -> list[tuple[str, str, str]]:
    folding = Folding([a], [b])
    left, right = (read_facts([text], [1], days, folding)[0] for text in (a, b))
    return [
        (one.kind, a[slice(*one.a)], b[slice(*one.b)]) for one in differences(left, right, folding)
    ]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("The storm killed six people.", "The storm killed 8 people.", ("number", "six", "8")),
        (
            "The council voted a $4.2 million loan for the new harbour.",
            "A loan of $4.6 million for the new harbour was voted by the council.",
            ("number", "$4.2 million", "$4.6 million"),
        ),
        (
            "Turnout in the vote on the port reached 41 percent.",
            "Turnout in the vote on the port reached 47%.",
            ("number", "41 percent", "47%"),
        ),
        (
            "The court will hear the case on May 3.",
            "The court will hear the case on 4 May 2021.",
            ("date", "May 3", "4 May 2021"),
        ),
        (
            "Voting began at 0300 GMT in Holm.",
            "Voting began at 1100 GMT in Holm.",
            ("time", "0300 GMT", "1100 GMT"),
        ),
        (
            "The ferry left Holm on Monday with a cargo of salt.",
            "On Tuesday the ferry left Holm with a cargo of salt.",
            ("date", "Monday", "Tuesday"),
        ),
        (
            '"We shall rebuild the old harbour before winter," Lind said.',
            'Lind said: "Before winter we will rebuild the whole harbour."',
            (
                "quotation",
                "We shall rebuild the old harbour before winter",
                "Before winter we will rebuild the whole harbour",
            ),
        ),
    ],
)
def test_what_differs_is_told_exactly(a: str, b: str, expected: tuple[str, str, str]) -> None:
    assert found(a, b) == [expected]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("It ended 44 days of fighting.", "It ended the six-week war."),
        ("The war claimed 6,500 lives.", "The war claimed more than 6,500 lives."),
        ("The war claimed 6,512 lives.", "The war claimed some 6,500 lives."),
        ("The war claimed 6,512 lives.", "The war claimed 6,500 lives."),
        ("A loan of $4 million for the port", "A loan of $4.6 million for the port"),
        ("At least six people died.", "Nine people died."),
        ("Six people died.", "Nine people were injured."),
        ("Six people and six dogs died; nine people fled.", "Seven people died."),
        ("Six people died.", "6 people died."),
        ("Pashinian declared a cease-fire.", "Pashinyan declared a ceasefire."),
        ("They met two weeks after the vote.", "They met for two days after the vote."),
        ("In 2019 there were 40 fires.", "In 2020 there were 60 fires."),
        ("Lind opened the port on May 3.", "The opera will play on June 9."),
        ("They met on May 3.", "They met on 3 May 2021."),
        (
            '"We shall rebuild the old harbour before winter," Lind said.',
            'Lind called it "the old harbour before winter".',
        ),
        (
            '"We shall rebuild the old harbour before winter," Lind said.',
            '"They never rebuild the old harbour before any winter," Berg said.',
        ),
        (
            '"Our neighbours honour the cease-fire in the harbour," Lind said.',
            '"Our neighbors honor the ceasefire in the harbor," Lind said.',
        ),
    ],
)
def test_what_can_both_be_true_is_not_told(a: str, b: str) -> None:
    assert found(a, b) == []
    assert found(b, a) == []
