"""What is left out to save time would have found nothing."""

import re

from hypothesis import given
from hypothesis import strategies as st

from embeddings.furniture import cues
from embeddings.furniture.patterns import (
    CREDIT_AT_END,
    GLANCE,
    SIGN_OFF,
    SLUG,
    SLUG_ALONE,
    SLUG_ENDS,
)

WORDS = st.sampled_from(
    [
        *("LONDON", "Paris", "N.Y.", "Reuters", "REUTERS", "AP", "AFP", "AP Photo", "Getty Images"),
        *("Kremlin.ru", "Ann Lee", "Jan 5", "5 May 2021", "Monday", "photo", "Photo", "Image"),
        *("credit", "by", "courtesy of", "Reporting by", "Editing by", "The harbour", "was closed"),
        *("is seen", "stands", "pictured", "(L)", ", left", "said", ", May 5, 2021", "2021"),
    ]
)
MARKS = st.sampled_from([*" .,;:!?/()[]|-–—*_#>\"“”'’\n\xa0", "--", " - ", "**", ". ", " / ", "]("])
TEXTS = st.lists(WORDS | MARKS, min_size=1, max_size=14).map("".join).map(str.strip).filter(bool)


@given(TEXTS)
def test_no_slug_is_missed_by_a_glance(text: str) -> None:
    whole = re.compile(SLUG.pattern.removeprefix(GLANCE))

    plain, glanced = whole.match(text), SLUG.match(text)

    assert (plain and plain.span()) == (glanced and glanced.span())
    assert len(whole.pattern) < len(SLUG.pattern)


@given(TEXTS)
def test_what_slugs_credits_and_sign_offs_end_with_is_known(text: str) -> None:
    if SLUG_ALONE.match(text):
        assert text[-1] in SLUG_ENDS
    if SIGN_OFF.search(text):
        assert text[-1] == ")"
    if CREDIT_AT_END.search(text):
        assert text[-1] != "." or "/" in text


@given(TEXTS, st.booleans())
def test_a_picture_is_described_by_two_of_three_signs_or_by_one_without_a_stop(
    text: str, stopped: bool
) -> None:
    words = cues.plain(text)
    points, shows = bool(cues._POINTS.search(words)), bool(cues._SHOWS.search(words))
    dated = bool(cues._TIME_OF_PICTURE.search(words))
    told = bool(cues._SPOKEN.search(words))

    expected = (points and (dated or shows or not stopped)) or (dated and shows)

    assert cues.describes_picture(words, stopped) == (expected and not told)


@given(TEXTS)
def test_markup_around_a_block_is_taken_off_as_a_pattern_would(text: str) -> None:
    shown = " ".join(cues._LINK.sub(r"\1", text.replace("\xa0", " ")).split())
    shown = shown.replace("**", "").replace("__", "")
    if re.search(r"[^\W\d_]", shown):
        shown = re.sub(r"^[\s#*_>|•▪►▶[(]+|[\s*_|\])]+$", "", shown)

    assert cues.plain(text) == shown
