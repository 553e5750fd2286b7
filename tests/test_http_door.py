import json
import logging
from base64 import b64encode
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from toy import toy_corpus
from werkzeug.test import TestResponse

from service.http import create_app
from service.http.routes import OPERATIONS, WRITING
from service.http.rules import Rules
from service.keys import Keys, Scope

ARTICLE = {"id": "a", "text": "Ferries sail again from Monday."}
CHALLENGES = ['Bearer realm="Parallax library"', 'Basic realm="Parallax library", charset=UTF-8']
READING = ["/", "/search?q=ferries", "/articles", "/summary", "/docs", "/static/style.css"]
READING += ["/openapi.json", "/v1/articles", "/v1/articles/a", "/nowhere"]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def app(tmp_path: Path, keys: Keys) -> Flask:
    return create_app(toy_corpus(tmp_path), Rules(keys=keys))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(key: str, user: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}


def kind(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["type"]


def test_a_library_without_keys_asks_for_none(client: FlaskClient) -> None:
    assert client.post("/v1/articles", json=ARTICLE).status_code == 201
    assert client.get("/v1/articles").status_code == 200


@pytest.mark.parametrize("path", READING)
def test_once_there_is_a_key_nothing_is_told_without_one(
    client: FlaskClient, keys: Keys, path: str
) -> None:
    key = keys.new("desk", Scope.READ)
    with client.get(path) as closed, client.get(path, headers=bearer(key)) as opened:
        assert closed.status_code == 401
        assert closed.headers.getlist("WWW-Authenticate") == CHALLENGES
        assert opened.status_code in (200, 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_how_the_service_is_may_be_asked_by_all(client: FlaskClient, keys: Keys, path: str) -> None:
    keys.new("desk", Scope.READ)

    assert client.get(path).status_code == 200


def test_a_key_opens_as_a_bearer_and_as_a_password(client: FlaskClient, keys: Keys) -> None:
    key = keys.new("desk", Scope.READ)
    sent = [bearer(key), basic(key), basic(key, "someone"), {"Authorization": f"bearer {key}"}]

    assert [client.get("/articles", headers=one).status_code for one in sent] == [200] * 4


@pytest.mark.parametrize(
    "sent",
    [
        "Bearer plx_00000000_" + 64 * "0",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Digest username=x",
        "Bearer {id}",
        "Bearer plx_{id}_",
        "Token {key}",
        "{key}",
    ],
)
def test_what_is_no_key_opens_nothing(client: FlaskClient, keys: Keys, sent: str) -> None:
    key = keys.new("desk", Scope.WRITE)
    answer = client.get(
        "/v1/articles", headers={"Authorization": sent.format(key=key, id=key.split("_")[1])}
    )

    assert kind(answer) == (401, "Unauthorized")


def test_a_key_to_read_changes_nothing(client: FlaskClient, keys: Keys) -> None:
    client.post("/v1/articles", json=ARTICLE)
    read = bearer(keys.new("desk", Scope.READ))

    answers = [
        client.post("/v1/articles", json={"text": "Other."}, headers=read),
        client.delete("/v1/articles/a", headers=read),
    ]

    assert [kind(answer) for answer in answers] == [(403, "Forbidden")] * 2
    listed = client.get("/v1/articles", headers=read).get_json()["articles"]
    assert [one["id"] for one in listed] == ["a"]


def test_a_key_to_write_may_also_read(client: FlaskClient, keys: Keys) -> None:
    write = bearer(keys.new("import", Scope.WRITE))

    assert client.post("/v1/articles", json=ARTICLE, headers=write).status_code == 201
    assert client.get("/v1/articles/a", headers=write).status_code == 200
    assert client.delete("/v1/articles/a", headers=write).status_code == 204


def test_what_changes_the_library_is_all_that_takes_a_key_to_write() -> None:
    asked = {one.view.__name__ for one in OPERATIONS if one.method != "GET"} - WRITING

    assert {"add_articles", "remove_article"} == WRITING
    assert asked == {"search", "similar", "similarity", "compare", "summarize", "verify"}


def test_a_service_that_runs_knows_keys_as_they_are_made_and_revoked(
    client: FlaskClient, keys: Keys
) -> None:
    first, second = keys.new("a", Scope.READ), keys.new("b", Scope.READ)
    assert client.get("/v1/articles", headers=bearer(first)).status_code == 200

    keys.revoke(first.split("_")[1])

    assert client.get("/v1/articles", headers=bearer(first)).status_code == 401
    assert client.get("/v1/articles", headers=bearer(second)).status_code == 200


def test_with_the_last_key_revoked_or_the_file_gone_nobody_gets_in(
    client: FlaskClient, keys: Keys
) -> None:
    key = keys.new("desk", Scope.READ)
    keys.revoke(key.split("_")[1])
    assert client.get("/v1/articles").status_code == 401

    keys.path.unlink()
    assert client.get("/v1/articles").status_code == 401


def test_a_damaged_file_of_keys_lets_nobody_in(
    client: FlaskClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.new("desk", Scope.WRITE)
    keys.path.write_text("{")

    answer = client.get("/v1/articles", headers=bearer(key))

    assert kind(answer) == (500, "LibraryDamaged")
    assert str(keys.path) not in answer.text
    assert f"{keys.path} is not a list of keys" in caplog.text
    assert client.get("/healthz").status_code == 200


def test_no_key_is_ever_told_or_logged(
    client: FlaskClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [keys.new("desk", Scope.READ), "plx_00000000_" + 64 * "5", "hunter2"]
    answers = [
        client.post("/v1/articles", json=ARTICLE, headers=make(secret))
        for make in (bearer, basic)
        for secret in secrets
    ]
    told = caplog.text + "".join(f"{one.text} {one.headers}" for one in answers)

    assert all(secret.rpartition("_")[2] not in told for secret in secrets)


def test_who_sends_wrong_keys_too_often_is_told_to_wait_but_a_right_one_opens(
    client: FlaskClient, keys: Keys
) -> None:
    key = keys.new("desk", Scope.READ)
    answers = [client.get("/v1/articles", headers=bearer(f"{n}")) for n in range(11)]

    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert answers[-1].get_json()["error"]["type"] == "TooManyRequests"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 120
    assert client.get("/v1/articles", headers=bearer(key)).status_code == 200
    assert client.get("/v1/articles").status_code == 401


def test_what_a_key_opened_is_kept_by_no_cache(client: FlaskClient, keys: Keys) -> None:
    assert "Cache-Control" not in client.get("/articles").headers

    key = bearer(keys.new("desk", Scope.READ))

    for path in ("/articles", "/v1/articles", "/nowhere"):
        assert client.get(path, headers=key).headers["Cache-Control"] == "no-store"


def test_the_pages_and_the_description_say_that_a_key_is_needed(
    client: FlaskClient, keys: Keys
) -> None:
    before = client.get("/openapi.json").get_json()
    key = bearer(keys.new("desk", Scope.READ))
    after = client.get("/openapi.json", headers=key).get_json()

    assert before["security"] == [{}, {"bearer": []}, {"basic": []}]
    assert after["security"] == [{"bearer": []}, {"basic": []}]
    assert set(after["components"]["securitySchemes"]) == {"bearer", "basic"}
    for path, methods in after["paths"].items():
        is_open = path in ("/healthz", "/readyz")
        for one in methods.values():
            assert (one.get("security") == []) == is_open
            assert ("401" in one["responses"]) != is_open
    for path in ("/", "/docs"):
        assert "Authorization: Bearer KEY" in client.get(path, headers=key).text


def test_a_browser_without_a_key_is_told_in_words(client: FlaskClient, keys: Keys) -> None:
    keys.new("desk", Scope.READ)
    page = client.get("/articles", headers={"Accept": "text/html"})

    assert page.status_code == 401
    assert page.mimetype == "text/html"
    assert "No key came along" in page.text


def test_the_door_of_another_address_is_locked_without_a_key(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    client = create_app(toy_corpus(tmp_path), Rules(keys=keys, is_locked=True)).test_client()

    assert client.get("/v1/articles").status_code == 401
    assert client.get("/healthz").status_code == 200


def test_an_app_made_of_a_corpus_alone_asks_for_its_keys(tmp_path: Path) -> None:
    Keys(tmp_path).new("desk", Scope.READ)

    assert create_app(toy_corpus(tmp_path)).test_client().get("/v1/articles").status_code == 401


def test_without_keys_everybody_is_let_in_even_where_some_are_kept(tmp_path: Path) -> None:
    Keys(tmp_path).new("desk", Scope.READ)
    client = create_app(toy_corpus(tmp_path), Rules(keys=None)).test_client()

    assert client.post("/v1/articles", data=json.dumps(ARTICLE)).status_code == 415
    assert client.post("/v1/articles", json=ARTICLE).status_code == 201
