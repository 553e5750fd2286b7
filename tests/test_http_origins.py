from pathlib import Path

import pytest
from flask.testing import FlaskClient
from toy import toy_corpus

from service.http import create_app
from service.http.rules import Rules
from service.keys import Keys, Scope

ARTICLE = {"text": "Ferries sail again from Monday."}
SITE = "https://news.example"
PREFLIGHT = {"Origin": SITE, "Access-Control-Request-Method": "POST"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(toy_corpus(tmp_path)).test_client()


@pytest.fixture
def named(tmp_path: Path) -> FlaskClient:
    return create_app(toy_corpus(tmp_path), Rules(origins=(SITE,))).test_client()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        # Behind a proxy that calls the service by another name.
        {"Sec-Fetch-Site": "same-origin", "Origin": SITE},
    ],
)
def test_what_no_page_of_another_site_asked_may_change_something(
    client: FlaskClient, sent: dict[str, str]
) -> None:
    assert client.post("/v1/articles", json=ARTICLE, headers=sent).status_code == 201


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": SITE},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_page_of_another_site_changes_nothing(client: FlaskClient, sent: dict[str, str]) -> None:
    client.post("/v1/articles", json={"id": "a", **ARTICLE})
    answers = [
        client.post("/v1/articles", json={"text": "Other."}, headers=sent),
        client.delete("/v1/articles/a", headers=sent),
    ]

    assert [one.status_code for one in answers] == [403, 403]
    assert len(client.get("/v1/articles").get_json()["articles"]) == 1


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None],
)
def test_what_a_form_can_send_changes_nothing(
    client: FlaskClient, content_type: str | None
) -> None:
    answer = client.post("/v1/articles", data='{"text": "x"}', content_type=content_type)

    assert answer.status_code == 415
    assert client.get("/v1/articles").get_json()["articles"] == []


@pytest.mark.parametrize("path", ["/", "/v1/articles", "/nowhere", "/static/style.css"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_site_may_read_an_answer(client: FlaskClient, path: str, method: str) -> None:
    with client.open(path, method=method, headers=PREFLIGHT) as answer:
        allowed = [name for name, _ in answer.headers if name.startswith("Access-Control")]

    assert allowed == []


def test_a_site_that_is_named_may_ask_and_read_but_gets_no_password(named: FlaskClient) -> None:
    first = named.options("/v1/articles", headers=PREFLIGHT)
    then = named.post(
        "/v1/articles",
        json=ARTICLE,
        headers={"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
    )
    failed = named.get("/nowhere", headers={"Origin": SITE})

    assert first.status_code == 204
    assert first.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert then.status_code == 201
    for answer in (first, then, failed):
        assert answer.headers["Access-Control-Allow-Origin"] == SITE
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_site_that_is_named_needs_a_key_of_its_own_all_the_same(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    client = create_app(toy_corpus(tmp_path), Rules(keys=keys, origins=(SITE,))).test_client()
    sent = {"Origin": SITE, "Authorization": f"Bearer {keys.new('site', Scope.READ)}"}
    closed = client.get("/v1/articles", headers={"Origin": SITE})

    # The browser asks first, without the key.
    assert client.options("/v1/articles", headers=PREFLIGHT).status_code == 204
    assert closed.status_code == 401
    assert closed.headers["Access-Control-Allow-Origin"] == SITE
    assert client.get("/v1/articles", headers=sent).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://NEWS.example",
        "http://news.example",
        "https://news.example:444",
        "https://news.example.evil.example",
        "https://evil-news.example",
        "null",
        "*",
        "",
    ],
)
def test_a_site_that_is_not_named_exactly_may_not(named: FlaskClient, origin: str) -> None:
    answer = named.get("/v1/articles", headers={"Origin": origin})
    write = named.post("/v1/articles", json=ARTICLE, headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    assert write.status_code == 403
