import json
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import toy_corpus
from werkzeug.test import TestResponse

from embeddings.machine import processors
from service.answers import ArticlePage
from service.corpus import Corpus
from service.http import create_app
from service.http.app import CAME
from service.http.rules import Rules

TEXT = "Ferries sail again."


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(toy_corpus(tmp_path), Rules(body=2000, batch=3, text=100)).test_client()


def told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["message"]


def test_a_body_may_be_as_large_as_is_set(client: FlaskClient) -> None:
    sent = json.dumps({"text": TEXT}).ljust(2000)
    fits = client.post("/v1/articles", data=sent, content_type="application/json")
    answer = client.post("/v1/articles", data=f"{sent} ", content_type="application/json")

    assert fits.status_code == 201
    assert told(answer) == (413, "The body is larger than 2,000 bytes; send it in parts.")


def test_a_batch_may_be_as_long_as_is_set(client: FlaskClient) -> None:
    articles = [{"text": f"{TEXT} {n}"} for n in range(4)]

    assert client.post("/v1/articles", json={"articles": articles[:3]}).status_code == 201
    assert told(client.post("/v1/articles", json={"articles": articles})) == (
        422,
        "articles holds 4 articles; up to 3 are taken at once. Send them in parts.",
    )


def test_an_article_may_be_as_long_as_is_set_and_keeps_no_other_out(client: FlaskClient) -> None:
    long = {"id": "long", "text": TEXT.ljust(101, "!")}
    alone = client.post("/v1/articles", json=long)
    batch = client.post("/v1/articles", json={"articles": [long, {"id": "b", "text": TEXT}]})

    assert told(alone) == (
        422,
        "101 characters of text came along; up to 100 are taken at once. Split them, or add "
        "longer articles with `parallax add`.",
    )
    assert alone.get_json()["error"]["type"] == "BadArticle"
    assert [one["status"] for one in batch.get_json()["results"]] == ["refused", "added"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("similar", {"article": {"text": 101 * "x"}}),
        ("similarity", {"a": {"text": 50 * "x"}, "b": {"text": 51 * "x"}}),
        ("compare", {"a": {"text": 101 * "x"}, "b": {"id": "a"}}),
        ("compare", {"articles": [{"text": f"{n:034}"} for n in range(3)]}),
        ("summaries", {"articles": [{"text": 101 * "x"}]}),
        (
            "verify",
            {
                "summary": {"text": "", "words": 0, "sentences": []},
                "articles": [{"text": 101 * "x"}],
            },
        ),
    ],
)
def test_the_texts_of_a_question_may_together_be_as_long_as_is_set(
    client: FlaskClient, path: str, body: object
) -> None:
    status, message = told(client.post(f"/v1/{path}", json=body))

    assert status == 422
    assert "characters of text came along; up to 100 are taken at once" in message


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(toy_corpus(tmp_path_factory.mktemp("library")), Rules(text=100))


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 60), min_size=2, max_size=4))
def test_what_counts_is_the_sum_of_all_texts(app: Flask, lengths: list[int]) -> None:
    refs = [{"text": f"{n}".ljust(length, "x")} for n, length in enumerate(lengths)]
    answer = app.test_client().post("/v1/summaries", json={"articles": refs})

    assert answer.status_code == (200 if sum(lengths) <= 100 else 422)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("search", {"query": 10_001 * "x"}),
        ("search", {"query": "x", "k": 1001}),
        ("search", {"query": "x", "summary": {"words": 10_001}}),
        ("similar", {"article": {"id": "x"}, "k": 1001}),
        ("summaries", {"query": "x", "words": 10_001}),
        ("summaries", {"query": "x", "sentences": 10_001}),
        ("summaries", {"articles": 1001 * [{"id": "x"}]}),
        ("compare", {"articles": [{"text": f"{n}"} for n in range(21)]}),
    ],
)
def test_a_question_asks_for_no_more_than_can_be_read(
    tmp_path: Path, path: str, body: object
) -> None:
    client = create_app(toy_corpus(tmp_path)).test_client()

    assert told(client.post(f"/v1/{path}", json=body))[0] == 422


@pytest.mark.parametrize("field", ["model", "library", "index", "path", "file", "url", "device"])
def test_no_question_chooses_the_model_or_a_file(client: FlaskClient, field: str) -> None:
    given = {field: "/etc/passwd"}
    asked = [
        client.post("/v1/search", json={"query": "x", **given}),
        client.post("/v1/similar", json={"article": given}),
        client.post("/v1/compare", json={"a": given, "b": {"text": "x"}}),
        client.post("/v1/summaries", json={"query": "x", **given}),
        client.post("/v1/verify", json={"summary": {}, **given}),
        client.get("/v1/articles", query_string=given),
    ]

    assert [answer.status_code for answer in asked] == [422] * 6


def test_the_address_of_an_article_is_kept_and_never_opened(client: FlaskClient) -> None:
    near = {"id": "a", "text": TEXT, "url": "http://127.0.0.1:1/", "path": "/etc/passwd"}

    assert client.post("/v1/articles", json=near).status_code == 201
    assert client.get("/v1/articles/a").get_json()["text"] == TEXT
    for url in ("file:///etc/passwd", "/etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)"):
        assert client.post("/v1/articles", json={"text": TEXT, "url": url}).status_code == 422


class _Held(Corpus):
    go_on = Event()
    asked = 0

    def articles(self, *, after: str = "", limit: int = 100) -> ArticlePage:
        type(self).asked += 1
        assert self.go_on.wait(30)
        return super().articles(after=after, limit=limit)


def test_who_gets_no_turn_in_time_is_told_to_come_back(tmp_path: Path) -> None:
    app = create_app(_Held(toy_corpus(tmp_path).library), Rules(timeout=0.2))
    turns = processors() + 1
    waiting = [Thread(target=app.test_client().get, args=["/v1/articles"]) for _ in range(turns)]
    for one in waiting:
        one.start()
    while _Held.asked < turns:
        waiting[0].join(0.01)

    answers = [
        app.test_client().get("/v1/articles"),
        app.test_client().get("/v1/articles", environ_base={CAME: 0.0}),
    ]
    _Held.go_on.set()
    for one in waiting:
        one.join(30)

    for answer in answers:
        assert told(answer) == (503, "No turn came within 0.2 seconds; ask again in a second.")
        assert answer.headers["Retry-After"] == "1"
    assert app.test_client().get("/v1/articles").status_code == 200


def test_for_who_has_gone_nothing_is_done(tmp_path: Path) -> None:
    app = create_app(_Held(toy_corpus(tmp_path).library))
    before = _Held.asked
    gone = {"waitress.client_disconnected": lambda: True}

    assert app.test_client().get("/v1/articles", environ_base=gone).status_code == 499
    assert _Held.asked == before
