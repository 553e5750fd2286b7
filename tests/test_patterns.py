import re
import sys
from collections.abc import Iterator

import pytest
from fuzz.counting import Counted
from fuzz.growth import worst_growth
from fuzz.patterns import Used, patterns
from hypothesis import given, settings
from hypothesis import strategies as st

# The work of a linear pattern doubles with the text, that of a quadratic one grows fourfold.
LINEAR = 2.7

# These are not linear; what they see of a text has a length of its own.
BOUNDED = {
    "embeddings.furniture.cuts.CREDIT_AT_END": "the last 140 characters of a paragraph",
    "embeddings.language._NO_WORDS": "three stretches of 400 characters",
}


@pytest.fixture(autouse=True)
def deep() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


PATTERNS = patterns()


@pytest.mark.parametrize("used", PATTERNS, ids=lambda used: used.name)
def test_a_pattern_works_twice_as_much_on_twice_the_text(used: Used) -> None:
    growth, case = worst_growth(used.pattern, used.flags, anchored=used.anchored)

    assert growth < LINEAR or used.name in BOUNDED, case


def test_all_patterns_are_found() -> None:
    names = {used.name for used in PATTERNS}

    assert len(PATTERNS) > 200
    assert names >= set(BOUNDED)
    assert {"service.retrieval.query._MARKED", "embeddings.sentences._BREAK"} <= names
    assert any(name.startswith("embeddings.furniture.labelling.RULES") for name in names)


@pytest.mark.parametrize(
    "pattern", [r"\s+$", r"\s++$", r"\w+@", r"(?>a+)b", r"(?:a+)+b", r"a\s*\s*b"]
)
def test_what_is_not_linear_shows_it(pattern: str) -> None:
    assert worst_growth(pattern, 0)[0] > LINEAR


@pytest.mark.parametrize("pattern", [r"\b\w++@", r"\w{1,60}@", r"\d+|\w", r"(?<!\s)\s++$"])
def test_what_is_linear_does_not_seem_otherwise(pattern: str) -> None:
    assert worst_growth(pattern, 0)[0] < LINEAR


TEXTS = st.text(max_size=20) | st.lists(
    st.sampled_from(
        ["a", "B", " ", ".", ",", "1", '"', "’", "\n", "said", "By ", "Monday", "(AP)"]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=100)
@given(used=st.sampled_from(PATTERNS), text=TEXTS)
def test_counting_matches_what_patterns_match(used: Used, text: str) -> None:
    found = Counted(used.pattern, used.flags, most_repeated=1 << 30).matches(text, last=len(text))

    expected = [match.span() for match in re.compile(used.pattern, used.flags).finditer(text)]
    assert [span for span in found if span[0] < span[1]] == [
        span for span in expected if span[0] < span[1]
    ]
