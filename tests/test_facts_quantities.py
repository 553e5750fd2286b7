import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.facts import read_facts
from service.facts.quantities import Quantity, quantities
from service.facts.surroundings import surroundings
from service.terms import Folding


def read(text: str) -> list[Quantity]:
    return quantities(text, Folding([text], []))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("It killed six people.", "count", 6),
        ("It killed 6,500 people.", "count", 6500),
        ("Half a million homes lost power.", "count", 500_000),
        ("A dozen boats sank.", "count", 12),
        ("About 65 thousand homes lost power.", "count", 65_000),
        ("It made $41m.", "money $", 41e6),
        ("It made $41 million.", "money $", 41e6),
        ("It made US$1.19bn.", "money $", 1.19e9),
        ("He stole £1,312,000.", "money £", 1_312_000),
        ("It rose 6.2 per cent.", "percent", 6.2),
        ("It rose 6.2%.", "percent", 6.2),
        ("It gained two percentage points.", "points", 2),
        ("Three-quarters of them moved.", "percent", 75),
        ("A third of them moved.", "percent", 100 / 3),
        ("One in five moved.", "percent", 20),
        ("The shore is 13km long.", "length", 13_000),
        ("The shore is eight miles long.", "length", 8 * 1609.344),
        ("Gusts reached 92mph.", "speed", 92 * 1.609344),
        ("Gusts reached 148 km/h.", "speed", 148),
        ("Winds of 60 miles an hour blew.", "speed", 60 * 1.609344),
        ("It lasted 44 days.", "duration", 44),
        ("The six-week war ended.", "duration", 42),
        ("A 44-year-old man drowned.", "age", 44),
        ("They won 3-2.", "score", 302),
        ("They lost 2-3.", "score", 302),
        ("He scored in the 78th minute.", "ordinal", 78),
        ("It fell to minus 10°C.", "temperature", -10),
        ("It fell to 14°F.", "temperature", -10),
        ("He stole 5 million pounds.", "money £", 5e6),
        ("It cost A$2 million.", "money A$", 2e6),
    ],
)
def test_a_quantity_is_read_in_the_unit_of_its_kind(text: str, kind: str, value: float) -> None:
    [found] = read(text)
    assert found.kind == kind
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "It happened in 2019.",
        "Irene became a Category 2 storm.",
        "They met on flight MH370.",
        "Call 0800-1234.",
        "The office at No. 10 was shut.",
    ],
)
def test_years_and_names_are_no_quantities(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("It lasted 44 days.", "It was a six-week war."),
        ("It killed 6,500 people.", "It killed more than 6,500 people."),
        ("It killed at least 12 people.", "It killed 14 people."),
        ("Up to 50 were hurt.", "38 were hurt."),
        ("26.4 million watched.", "26 million watched."),
        ("Gusts reached 92mph.", "Gusts of up to 148 km/h blew."),
        ("It took 10,000 to 20,000 years.", "It took 10,000 years."),
        ("A 72-year-old man was held.", "A 73-year-old man was held."),
        ("Three-quarters of them moved.", "76 per cent of them moved."),
    ],
)
def test_what_may_be_one_number_agrees(left: str, right: str) -> None:
    one, other = read(left)[-1], read(right)[-1]
    assert one.allows(other.value) or other.allows(one.value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("It killed 12 people.", "It killed 14 people."),
        ("It made $41m.", "It made $47 million."),
        ("It killed at least 14 people.", "It killed 12 people."),
        ("He got six years.", "He got eight years."),
        ("A 44-year-old man drowned.", "A 47-year-old man drowned."),
        ("They won 3-2.", "They won 3-1."),
        ("It rose 10%.", "It rose 11%."),
    ],
)
def test_what_cannot_be_one_number_does_not(left: str, right: str) -> None:
    one, other = read(left)[0], read(right)[0]
    assert not one.allows(other.value)
    assert not other.allows(one.value)


@pytest.mark.parametrize(
    ("text", "fates"),
    [
        ("It killed 12 people and injured 30.", ["dead", "hurt"]),
        ("Fourteen are dead; two are missing.", ["dead", "missing"]),
        ("Six men and two women died.", ["dead", "dead"]),
        ("Twelve boats sank.", [""]),
    ],
)
def test_what_became_of_the_people_counted_is_told(text: str, fates: list[str]) -> None:
    folding = Folding([text], [])
    found = [surroundings(text, one.start, one.end, folding).fate for one in read(text)]
    assert found == fates


@given(st.text() | st.text("$£0123456789.,-% kmoftheysix in A"))
def test_any_text_is_read_and_no_two_quantities_overlap(text: str) -> None:
    end = 0
    for one in read(text):
        assert end <= one.start < one.end <= len(text)
        end = one.end


def test_of_a_table_only_so_many_numbers_are_read() -> None:
    assert 0 < len(read("1,000 " * 5000)) <= 30


def test_a_row_of_hundreds_of_digits_counts_nothing() -> None:
    [goats] = read("He owes $" + "9" * 400 + " and 7 goats.")

    assert goats.value == 7


def test_a_sentence_of_a_thousand_clauses_is_read_in_passing() -> None:
    [facts] = read_facts(["(AP) - " * 30_000], [1], None, Folding([], []))

    assert len(facts.clauses) == 1
