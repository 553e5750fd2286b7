import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers import article_from_fields
from embeddings.readers.dates import _parsed, _plainly, iso_date


def test_fields_are_found_by_the_names_data_sets_use() -> None:
    article = article_from_fields(
        {
            "Article_ID": 7,
            "headline": " Port \n reopens ",
            "content": "Boats left.",
            "source": {"id": None, "name": "Tel Herald"},
            "link": "https://tel.example/port",
            "publishedAt": "Tue, 10 Nov 2020 10:00:00 GMT",
            "lang": "en-GB",
            "byline": "By Ana Sol, Ben Ott and Cy Fern",
            "views": 12,
        }
    )

    assert article == Article(
        text="Boats left.",
        id="7",
        title="Port reopens",
        source="Tel Herald",
        url="https://tel.example/port",
        published="2020-11-10T10:00:00+00:00",
        language="en",
        authors=("Ana Sol", "Ben Ott", "Cy Fern"),
        extra={"views": 12},
    )


def test_what_is_of_no_use_is_kept_as_it_was() -> None:
    article = article_from_fields(
        {"text": "x", "summary": "y", "date": "03/04/2024", "url": "file:///a", "lang": "Latin"}
    )

    assert (article.published, article.url, article.language) == (None, None, None)
    assert article.extra == {
        "summary": "y",
        "published": "03/04/2024",
        "url": "file:///a",
        "language": "Latin",
    }


def test_the_likelier_of_two_names_wins_and_the_other_is_kept() -> None:
    article = article_from_fields({"body": "Whole.", "text": "", "story": "Other."})

    assert article.text == "Whole."
    assert article.extra == {"text": "", "story": "Other."}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": "1", "name": "x"}, "no text: met the fields id, name"),
        ({"text": " "}, "text is empty"),
        ({"text": None}, "text is empty"),
        ({"text": 5}, "text is a number; expected a string"),
        ({"text": ["a"]}, "text is a list"),
        ({"text": "a", "id": {}}, "id is an object; expected a string"),
        ({"text": "a", "id": True}, "id is true or false"),
        ({"text": "a", "title": ["b"]}, "title is a list"),
        ({"text": "a \ud800 b"}, "half a character .* at 2"),
        ({"text": "a", "tags": [{"\udfff": 1}]}, "half a character"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "a", "score": float("nan")}, "nan"),
    ],
)
def test_what_cannot_be_an_article_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(BadArticle, match=reason):
        article_from_fields(fields)


def test_deep_nesting_is_refused() -> None:
    value: object = 1
    for _ in range(70):
        value = [value]

    with pytest.raises(BadArticle, match="nested more than 64 deep"):
        article_from_fields({"text": "a", "tags": value})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-01-05", "2024-01-05"),
        ("2024-01-05T10:00:00Z", "2024-01-05T10:00:00Z"),
        ("2024-01-05 10:00", "2024-01-05T10:00"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        (1700000000, "2023-11-14T22:13:20+00:00"),
        ("1700000000123", "2023-11-14T22:13:20+00:00"),
        ("26-FEB-1987 15:01:01", "1987-02-26T15:01:01"),
        ("Jan. 5, 2024", "2024-01-05"),
        ("14/11/2023", "2023-11-14"),
        ("5 March 2024, 10:30 EST", "2024-03-05T10:30:00-05:00"),
        ("03/04/2024", None),
        ("10-Nov-23", None),
        ("10 November", None),
        ("Friday", None),
        ("2024-13-45", None),
        ("yesterday", None),
        (True, None),
        ([2024], None),
    ],
)
def test_a_date_is_read_only_if_it_means_one_day(given: object, expected: str | None) -> None:
    assert iso_date(given) == expected


@given(st.text(max_size=70) | st.text("0123456789-/:. TZjanfebmarpm+", max_size=30))
def test_no_string_makes_dates_raise(value: str) -> None:
    iso_date(value)


@given(
    st.sampled_from(["", "Tue, ", "mon, "]),
    st.integers(0, 33).map(str) | st.integers(0, 9).map("{:02}".format),
    st.sampled_from("- "),
    st.sampled_from(["Jan", "FEB", "mar", "Apr", "JUN", "sep", "Oct", "Dec", "Sept"]),
    st.integers(1490, 2210) | st.just(87),
    st.just("")
    | st.sampled_from([" 15:02", " 15:02:20", " 05:59:07.5", " 24:00:00", " 1:02:03.000123"]),
)
def test_plain_dates_are_read_as_all_dates_are(
    day: str, number: str, mark: str, month: str, year: int, clock: str
) -> None:
    value = f"{day}{number}{mark}{month}{mark}{year}{clock}"

    assert _plainly(value) in (None, _parsed(value))


def test_dates_of_agencies_and_feeds_are_plain() -> None:
    assert _plainly("26-FEB-1987 15:02:20.00") == "1987-02-26T15:02:20"
    assert _plainly("Tue, 5 Mar 2024") == "2024-03-05"


@pytest.mark.parametrize("mark", ["\b", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\n", "\u2028"])
def test_an_address_that_shows_as_another_one_is_of_no_use(mark: str) -> None:
    address = f"https://tel.example/a{mark}b"

    article = article_from_fields({"text": "x", "url": address})

    assert article.url is None
    assert article.extra == {"url": address}


def test_a_count_of_seconds_far_from_all_news_is_no_date() -> None:
    assert iso_date(1_600_000_000) == "2020-09-13T12:26:40+00:00"
    assert iso_date(9_732_507_266) is None
