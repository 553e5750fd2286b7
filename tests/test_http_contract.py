import re
from pathlib import Path

import pytest
from flask import Flask, Response
from fuzz.contract import ask, toy_app
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from toy import toy_corpus

from service.http import create_app
from service.http.openapi import document
from service.http.requests import NewArticle
from service.http.routes import OPERATIONS

ARTICLE = document(OPERATIONS)["components"]["schemas"]["NewArticle"]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return toy_app(tmp_path)


# The rest of schemathesis, some thousand requests, is scripts/fuzz http.
def test_the_service_does_what_its_description_says_and_no_more(app: Flask) -> None:
    findings = ask(app, examples=1, seed=1, known_only=True)

    assert findings.failures == {}
    assert findings.errors == []
    assert sum(findings.cases.values()) > 20


def test_a_service_that_breaks_its_word_is_found_out(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path))

    @app.after_request
    def break_its_word(response: Response) -> Response:
        if response.status_code == 200 and response.mimetype == "application/json":
            response.status_code = 299
        return response

    findings = ask(app, examples=1, seed=1, known_only=True, only="/healthz")

    assert "status_code_conformance" in {name for name, _, _ in findings.failures}


def takes(field: str, value: str) -> bool:
    """Tell whether the service takes an article with a field."""
    try:
        NewArticle.model_validate({"text": "Words.", field: value})
    except ValidationError:
        return False
    return True


def says_it_takes(field: str, value: str) -> bool:
    [pattern] = [one["pattern"] for one in ARTICLE["properties"][field]["anyOf"][:-1]]
    return re.search(pattern, value) is not None


DAYS = st.dates().map(str) | st.from_regex(r"[12]\d\d\d-[01]\d-[0-3]\d", fullmatch=True)
TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="seconds"))
ZONES = st.sampled_from(["", "Z", "+01:00", "-1130", "+25:00"])
MOMENTS = (
    DAYS | st.builds(str.__add__, TIMES, ZONES) | st.from_regex(r"\d{4}(-\d\d)?", fullmatch=True)
)


@given(MOMENTS)
@example("200\N{ARABIC-INDIC DIGIT ZERO}-01-10")
def test_a_day_is_described_as_it_is_taken(moment: str) -> None:
    assert says_it_takes("published", moment) == takes("published", moment)


@given(st.text(max_size=8) | st.sampled_from(["en", "EN-us", "eng", "e", "de ", "fr\n"]))
def test_a_language_that_is_described_is_taken(code: str) -> None:
    assert takes("language", code) or not says_it_takes("language", code)


@given(
    st.text(max_size=12).map(lambda rest: f"https://{rest}")
    | st.sampled_from(["HTTP://a", "ftp://a", "javascript:a", "http:///a", "http://a b", "//a"])
)
def test_an_address_is_described_as_it_is_taken(address: str) -> None:
    if address == address.strip():  # Space around it is taken off.
        assert says_it_takes("url", address) == takes("url", address)


def test_what_may_be_done_with_an_id_that_ends_like_a_question(app: Flask) -> None:
    client = app.test_client()
    client.post("/v1/articles", json={"id": "a/similar", "text": "Ferries sail."})

    assert client.delete("/v1/articles/a/similar").status_code == 405
    assert client.options("/v1/articles/a/similar").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.delete("/v1/articles/a%2Fsimilar").status_code == 204


@pytest.mark.parametrize("k", [3.0, 3])
def test_a_whole_number_may_be_written_with_a_point(app: Flask, k: float) -> None:
    answer = app.test_client().post("/v1/search", json={"query": "ferries", "k": k})

    assert answer.status_code == 200
