from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.furniture import label_blocks
from embeddings.metadata import FoundMetadata, read_metadata

SEEDS = Path(__file__).parents[1] / "seeds"
BODY = (
    "\n\nThe harbour was closed on Monday after the ferry struck a pier.\n\n"
    "Nobody was hurt, the coast guard said, but three cars were lost.\n\n"
)


def read(text: str) -> FoundMetadata:
    return read_metadata(text, label_blocks(text))


def test_the_first_seed_tells_its_agency_and_its_day() -> None:
    text = next(SEEDS.glob("000_*.txt")).read_text(encoding="utf-8")

    assert read(text) == FoundMetadata(
        title="Putin Hosts Armenia, Azerbaijan For Talks On Border And Return To 'Normal Life'",
        source="RFE/RL",
        published="2021-11-26",
    )


def test_the_second_seed_tells_its_address_and_its_photographer() -> None:
    text = next(SEEDS.glob("001_*.txt")).read_text(encoding="utf-8")

    assert read(text) == FoundMetadata(
        title="Putin Urges Armenia, Azerbaijan to Ease Tensions in Rare Meeting",
        source="themoscowtimes.com",
        url="https://www.themoscowtimes.com/2021/11/26/"
        "putin-urges-armenia-azerbaijan-to-ease-tensions-in-rare-meeting-a75683",
        published="2021-11-26",
        credits=("Mikhail Klimentyev / TASS",),
    )


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("November 26, 2021", "2021-11-26"),
        ("Friday, Nov. 26, 2021", "2021-11-26"),
        ("Published: 26 November 2021", "2021-11-26"),
        ("26th Nov 2021", "2021-11-26"),
        ("2021-11-26", "2021-11-26"),
        ("2021-11-26T10:15:00+01:00", "2021-11-26T10:15:00+01:00"),
        ("Updated 03/04/2021", None),
        ("June 31, 2021", None),
        ("November 26", None),
    ],
)
def test_a_date_line_gives_the_day_and_an_unsure_one_none(line: str, published: str | None) -> None:
    assert read(line + BODY).published == published


def test_a_date_in_the_body_is_not_the_day_of_publication() -> None:
    assert read(BODY + "The pier was built on May 1, 1920, by the town.").published is None


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("BY JANE DOE AND JOHN ROE", ("JANE DOE", "JOHN ROE")),
        ("By Jane Doe, Bo van Dyk and Ann O'Neil", ("Jane Doe", "Bo van Dyk", "Ann O'Neil")),
        ("By Jane Doe | November 26, 2021", ("Jane Doe",)),
        ("By Jane Doe for The Harbour Post", ("Jane Doe",)),
        ("By Jane Doe, Staff Writer", ("Jane Doe",)),
        ("(Reporting by Jane Doe in Oslo; Editing by John Roe)", ("Jane Doe",)),
    ],
)
def test_a_byline_gives_the_authors(line: str, authors: tuple[str, ...]) -> None:
    assert read(f"Ferry Strikes Pier Near Oslo\n\n{line}{BODY}").authors == authors


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("OSLO, Nov 26 (Reuters) - The harbour was closed." + BODY, "Reuters"),
        ("OSLO, November 26. /TASS/. The harbour was closed." + BODY, "TASS"),
        (BODY + "Copyright 2021 The Harbour Post. All rights reserved.", "The Harbour Post"),
        (BODY + "© 2021 Harbour Media, Inc.", "Harbour Media"),
        (BODY + "Original url: https://www.harbour.example/ferry", "harbour.example"),
        (BODY, None),
    ],
)
def test_the_source_is_the_agency_else_the_owner_else_the_host(
    text: str, source: str | None
) -> None:
    assert read(text).source == source


@pytest.mark.parametrize(
    ("credit", "name"),
    [
        ("(AP Photo/Ann Lee)", "AP Photo/Ann Lee"),
        ("(Photo by Ann Lee)", "Ann Lee"),
        ("Photo: Ann Lee / Getty", "Ann Lee / Getty"),
        ("**Ann Lee / TASS**", "Ann Lee / TASS"),
    ],
)
def test_a_credit_gives_the_photographer(credit: str, name: str) -> None:
    assert read(f"# Ferry strikes pier\n\nThe ferry at the pier. {credit}{BODY}").credits == (name,)


def test_front_matter_comes_first() -> None:
    text = (
        "---\ntitle: 'Ferry strikes pier'\ndate: 2021-11-26\nauthor: Jane Doe\n"
        "url: https://harbour.example/ferry\nsource: Harbour Post\n---\n\n# Another headline" + BODY
    )

    assert read(text) == FoundMetadata(
        title="Ferry strikes pier",
        source="Harbour Post",
        url="https://harbour.example/ferry",
        published="2021-11-26",
        authors=("Jane Doe",),
    )


def test_an_address_that_is_none_gives_no_source() -> None:
    assert read("---\nurl: http://[harbour\ntitle: Ferry\n---\n" + BODY).source is None


@given(st.text() | st.text(alphabet=" \n-#*()[]:/.,19AByJune20©h&tpsx"))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(read(text), FoundMetadata)


@given(st.from_regex(r"[0-9]{1,2} (May|June) [0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True))
def test_no_date_line_is_too_odd_to_be_read(line: str) -> None:
    assert isinstance(read(line + BODY), FoundMetadata)
