import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.words import content_words, is_content_word, stems, stems_of, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Troops left the border.", ["troops", "left", "the", "border"]),
        ("Armenia's and Moscow’s", ["armenia", "and", "moscow"]),
        ("They don't; they DON’T", ["they", "don't", "they", "don't"]),
        ("cease-fire, 3.5 %, $4m", ["cease", "fire", "3", "5", "4m"]),
        ("Pashinyan's 'normal life'", ["pashinyan", "normal", "life"]),
        ("İstanbul Ünal Ελλάδα 北京", ["i̇stanbul", "ünal", "ελλάδα", "北京"]),
        ("… — ! \u0301", []),
        ("", []),
    ],
)
def test_words_are_lower_case_and_bare(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_small_words_are_no_evidence() -> None:
    assert content_words("Who is the president of Armenia?") == ["president", "armenia"]


def test_where_there_are_only_small_words_they_count() -> None:
    assert content_words("Who are they?") == ["who", "are", "they"]
    assert stems("Who are they?") == []


def test_forms_of_a_word_have_one_stem() -> None:
    assert len(set(stems("negotiate negotiated negotiating Negotiation's negotiations"))) == 1


@pytest.mark.parametrize(("word", "says"), [("THE", False), ("It's", False), ("Border", True)])
def test_a_word_says_something_or_not_whatever_its_case(word: str, says: bool) -> None:
    assert is_content_word(word) is says


@given(st.text() | st.text("aA'’s the ."))
def test_every_word_that_says_something_has_a_stem(text: str) -> None:
    said = [word for word in words(text) if is_content_word(word)]

    assert len(stems(text)) == len(said)
    assert content_words(text) == (said or words(text))


PIECES = [
    "a",
    "B",
    "'",
    "’",
    "''",
    "'s",
    "’S",
    " ",
    "_",
    "3",
    ".",
    "-",
    "é",
    "İ",
    "\n",
    "the",
    "\x1f",
    "“",
    "—",
    "\u00a0",
]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_words_are_those_of_the_pattern_whichever_way_they_are_found(text: str) -> None:
    plain = [
        found.lower().replace("’", "'").removesuffix("'s")
        for found in re.findall(r"\w+(?:['’]\w+)*", text)
    ]

    assert words(text) == plain


@given(st.lists(st.text("abedings' the") | st.text()))
def test_stems_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    assert stems_of(map(words, texts)) == [stems(text) for text in texts]
