from pathlib import Path

import pytest
from filelock import FileLock
from flask import Flask
from flask.testing import FlaskClient
from toy import toy_corpus

from embeddings import errors as tree
from service.http import create_app
from service.http.errors import MOST_BYTES, STATUS

HUGE = "9" * 5000


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(toy_corpus(tmp_path))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_every_error_has_a_status() -> None:
    assert set(STATUS) == set(tree.ParallaxError.__subclasses__())


@pytest.mark.parametrize("error", STATUS, ids=lambda error: str(error.__name__))
def test_every_error_is_told_in_the_one_shape(app: Flask, error: type[tree.ParallaxError]) -> None:
    given = {tree.UnknownArticle: "x", tree.MissingVectors: ["x"]}.get(error, "Why it is.")

    def fail() -> str:
        raise error(given)

    app.add_url_rule("/fail", view_func=fail)
    answer = app.test_client().get("/fail")

    assert answer.status_code == STATUS[error]
    assert answer.get_json() == {"error": {"type": error.__name__, "message": str(error(given))}}


def test_a_bug_is_told_without_its_details(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> str:
        raise RuntimeError("secret")

    app.add_url_rule("/fail", view_func=fail)
    answer = app.test_client().get("/fail")

    assert answer.status_code == 500
    assert answer.get_json()["error"]["type"] == "InternalServerError"
    assert b"secret" not in answer.data
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "NotFound"),
        ("GET", "/v1/articles/", 404, "NotFound"),
        ("GET", "/v1/articles/nobody", 404, "UnknownArticle"),
        ("GET", "/v1/articles/nobody/similar", 404, "UnknownArticle"),
        ("GET", "/v1/search", 405, "MethodNotAllowed"),
        ("PUT", "/v1/articles/x", 405, "MethodNotAllowed"),
        ("POST", "/healthz", 405, "MethodNotAllowed"),
        ("POST", "/v1/search", 415, "UnsupportedMediaType"),
        ("GET", "/v1/articles?limit=0", 422, "BadRequest"),
        ("GET", "/v1/articles?limit=ten", 422, "BadRequest"),
        ("GET", "/v1/articles?page=2", 422, "BadRequest"),
        ("GET", "/v1/articles/x/similar?k=10000", 422, "BadRequest"),
        ("GET", "/v1/articles/x/similar?since=soon", 422, "BadRequest"),
        ("GET", "/v1/similar", 405, "MethodNotAllowed"),
        ("GET", "/static/../app.py", 404, "NotFound"),
    ],
)
def test_what_cannot_be_asked_is_an_error_in_the_one_shape(
    client: FlaskClient, method: str, path: str, status: int, kind: str
) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    error = answer.get_json()
    assert set(error) == {"error"}
    assert set(error["error"]) == {"type", "message"}
    assert error["error"]["type"] == kind


def test_a_wrong_method_is_told_the_right_one(client: FlaskClient) -> None:
    answer = client.get("/v1/search")

    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert answer.get_json()["error"]["message"] == (
        "GET is not possible at /v1/search; expected POST."
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'query': 1}", "not JSON"),
        (b'{"query": NaN}', "it holds NaN"),
        (b'{"query": -Infinity}', "it holds -Infinity"),
        (b'{"query": 1e999}', "1e999 is too large"),
        (HUGE.encode(), "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not JSON"),
        (b"[" * 1_000_000, "nested too deep"),
        (b"[" * 100 + b"]" * 100, "nested more than 64 deep"),
    ],
    ids=range(10),
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/articles", "/v1/compare", "/v1/summaries"])
def test_what_is_no_json_is_a_bad_request(
    client: FlaskClient, path: str, body: bytes, reason: str
) -> None:
    answer = client.post(path, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert reason in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("search", "{}", "query is missing; it is required."),
        ("search", "[]", "What was sent is a list; expected an object."),
        ("search", '{"query": 5}', "query is 5; it should be a valid string."),
        ("search", '{"query": "x", "k": "5"}', 'k is "5"; it should be a valid integer.'),
        ("search", '{"query": "x", "k": 1.5}', "k is 1.5; it should be a valid integer."),
        ("search", '{"query": "x", "k": true}', "k is true; it should be a valid integer."),
        ("search", '{"query": "x", "k": 0}', "k is 0; it should be greater than or equal to 1."),
        (
            *("search", '{"query": "x", "k": 10000}'),
            "k is 10000; it should be less than or equal to 1000.",
        ),
        (
            *("search", '{"query": "x", "mode": "best"}'),
            "mode is \"best\"; it should be 'hybrid', 'dense' or 'lexical'.",
        ),
        (
            *("search", '{"query": "x", "top": 3}'),
            "top is no field here; expected query, k, mode, filters, summary, explain.",
        ),
        (
            *("search", '{"query": "x", "filters": {"since": "soon"}}'),
            "since is 'soon'; expected a day such as 2021-11-26 (ISO 8601).",
        ),
        (
            *("search", '{"query": "x", "filters": {"colour": "red"}}'),
            "filters.colour is no field here; expected none of that name.",
        ),
        ("search", '{"query": ""}', "The query '' holds no words; ask for something."),
        ("search", '{"query": "?!"}', "The query '?!' holds no words; ask for something."),
        (
            *("compare", '{"a": {"text": "x"}, "b": {}}'),
            'b is an object; expected either {"id": "..."} or {"text": "..."}.',
        ),
        (
            *("similarity", '{"a": {"text": "x"}, "b": {"text": "x", "id": "y"}}'),
            'b is an object; expected either {"id": "..."} or {"text": "..."}.',
        ),
        ("compare", '{"a": "x", "b": {"text": "x"}}', 'a is "x"; expected an object.'),
        (
            *("summaries", "{}"),
            "Nothing to summarise: name articles, a query, or both.",
        ),
        (
            *("summaries", '{"query": "x", "words": 0}'),
            "words is 0; it should be greater than or equal to 1.",
        ),
    ],
)
def test_a_wrong_question_is_told_what_was_expected(
    client: FlaskClient, path: str, body: str, message: str
) -> None:
    answer = client.post(f"/v1/{path}", data=body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.get_json() == {"error": {"type": "BadRequest", "message": message}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("articles", '{"text": "\\ud800"}'),
        ("articles", '{"text": "x", "\\ud800": 1}'),
        ("articles", '{"text": "x", "extra": [{"a": "\\udfff"}]}'),
        ("articles", '{"articles": [], "\\ud800": 1}'),
        ("search", '{"query": "\\ud800 harbour"}'),
        ("search", '{"query": "x", "\\ud800": 1}'),
        ("search", '{"query": "x", "filters": {"source": "\\ud800"}}'),
        ("compare", '{"a": {"id": "\\ud800"}, "b": {"text": "x"}}'),
        ("similarity", '{"a": {"text": "\\ud800"}, "b": {"text": "x"}}'),
        ("similar", '{"article": {"text": "\\ud800"}}'),
        ("summaries", '{"articles": [{"text": "\\ud800"}]}'),
    ],
)
def test_half_a_character_anywhere_is_told(client: FlaskClient, path: str, body: str) -> None:
    answer = client.post(f"/v1/{path}", data=body, content_type="application/json")

    assert answer.status_code == 422
    assert "half a character" in answer.get_json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/articles", data=b" " * (MOST_BYTES + 1), content_type="application/json"
    )

    assert answer.status_code == 413
    assert answer.get_json()["error"]["type"] == "PayloadTooLarge"
    assert "33,554,432" in answer.get_json()["error"]["message"]


def test_while_another_one_writes_one_is_told_when_to_come_back(
    client: FlaskClient, tmp_path: Path
) -> None:
    client.application.extensions["corpus"].library._wait_seconds = 0.1
    with FileLock(tmp_path / "write.lock"):
        answer = client.post("/v1/articles", json={"text": "Ferries sail again."})

    assert answer.status_code == 503
    assert answer.get_json()["error"]["type"] == "LibraryBusy"
    assert answer.headers["Retry-After"] == "10"
