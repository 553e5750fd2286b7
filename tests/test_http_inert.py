"""Nothing of a request becomes a path, SQL, a format string, a header or HTML."""

import json
import re
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from toy import toy_corpus
from werkzeug.test import TestResponse

from embeddings import errors as tree
from service.http import create_app
from service.http.headers import SECURITY_HEADERS
from service.keys import Keys, Scope

HOSTILE = [
    "../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "$(id)",
    "; id",
    "' OR '1'='1",
    "'; DROP TABLE articles; --",
    "%' OR id LIKE '%",
    'a" NEAR(b c, 2) OR "',
    "{0.__class__}",
    "%s%s%n",
    "{{ 7 * 191191 }}",
    "${7*191191}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "x\r\nSet-Cookie: a=b",
    "\u202ereversed",
    "%00",
]
TEXT = "Ferries sail again from Monday, the harbour master of Velm said."
PASSWD = Path("/etc/passwd").read_text()[:20]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def app(folder: Path) -> Flask:
    return create_app(toy_corpus(folder))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.post("/v1/articles", json={"id": "ferries", "text": TEXT})
    return client


def check(answer: TestResponse, folder: Path) -> None:
    """Hold an answer to what holds for all of them."""
    assert answer.status_code in (200, 201, 204, 400, 404, 422)
    assert PASSWD not in answer.text
    assert str(folder) not in answer.text
    assert "Traceback" not in answer.text
    assert not {"Set-Cookie", "Location"} & set(answer.headers.keys())
    if answer.mimetype == "text/html":
        assert not re.search(r"<(script|img)\b(?! src=\"/static)", answer.text)
        assert not re.search(r'(href|src|action)="\s*javascript:', answer.text, re.IGNORECASE)
    assert "1338337" not in answer.text


@pytest.mark.parametrize("given", HOSTILE)
def test_what_is_asked_is_only_looked_for(client: FlaskClient, folder: Path, given: str) -> None:
    asked = [
        client.get(f"/{place}", query_string=query)
        for place, query in [
            ("search", {"q": given}),
            ("search", {"q": "ferries", "source": given}),
            ("search", {"q": "ferries", "mode": given}),
            ("search", {"q": "ferries", "since": given}),
            ("articles", {"after": given}),
            ("compare", {"a": given, "b": "ferries"}),
            ("summary", {"query": given}),
            ("summary", {"id": given}),
            ("summary", {"id": "ferries", "query": given, "download": "html"}),
            ("summary", {"id": "ferries", "download": given}),
            ("v1/articles", {"after": given}),
        ]
    ]
    asked += [
        client.post(f"/v1/{place}", json=body)
        for place, body in [
            ("search", {"query": given}),
            ("search", {"query": "ferries", "filters": {"source": given}}),
            ("search", {"query": "ferries", "summary": {"words": given}}),
            ("similar", {"article": {"id": given}}),
            ("compare", {"a": {"id": given}, "b": {"text": given}}),
            ("summaries", {"articles": [{"text": given}], "method": given}),
            ("summaries", {"query": given}),
        ]
    ]

    for answer in asked:
        check(answer, folder)
    assert client.get("/v1/articles/ferries").status_code == 200


@pytest.mark.parametrize("given", HOSTILE)
@pytest.mark.parametrize("route", ["/v1/articles/{}", "/articles/{}", "/static/{}", "/{}"])
def test_no_path_leads_out_of_the_service(
    client: FlaskClient, folder: Path, given: str, route: str
) -> None:
    for written in (quote(given, safe=""), quote(given)):
        with closing(client.get(route.format(written))) as answer:
            check(answer, folder)
            assert answer.status_code == 404


@pytest.mark.parametrize("given", HOSTILE)
def test_an_article_may_be_called_and_say_anything(
    client: FlaskClient, folder: Path, given: str
) -> None:
    before = {path.name for path in folder.iterdir()}
    article = {"id": given, "text": f"{TEXT} {given}", "title": given, "source": given}
    added = client.post("/v1/articles", json=article)
    place = quote(given, safe="")
    asked = [
        added,
        client.get(f"/v1/articles/{place}"),
        client.get(f"/articles/{place}"),
        client.get("/compare", query_string={"a": given, "b": "ferries"}),
        client.get("/summary", query_string={"id": given, "query": given}),
        *(
            client.get("/summary", query_string={"id": given, "download": form})
            for form in ("markdown", "html", "json")
        ),
        client.get("/search", query_string={"q": "ferries", "explain": "true"}),
        client.delete(f"/v1/articles/{place}"),
    ]

    for answer in asked:
        check(answer, folder)
    for answer in asked:
        name = answer.headers.get("Content-Disposition")
        assert name is None or re.fullmatch(r'attachment; filename="summary\.\w+"', name)
    assert {path.name for path in folder.iterdir()} <= before | {"write.lock", "writer"}
    assert client.get("/v1/articles/ferries").get_json()["text"] == TEXT


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html; q=" + 1000 * "9"},
        {"Accept": "../../etc/passwd"},
        {"Accept-Language": 500 * "a-"},
        {"Accept-Encoding": "gzip, " * 500},
        {"If-None-Match": '"' + 500 * "x"},
        {"If-Modified-Since": "yesterday"},
        {"Cookie": "session=" + 100 * "x"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Forwarded": "host=evil.example"},
        {"X-Forwarded-Prefix": "/evil"},
        {"X-Original-URL": "/v1/articles"},
    ],
)
@pytest.mark.parametrize("path", ["/articles", "/static/style.css", "/v1/articles/ferries"])
def test_no_header_makes_more_of_a_request(
    client: FlaskClient, headers: dict[str, str], path: str
) -> None:
    with client.get(path) as plain, client.get(path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.data == plain.data
        assert "evil" not in str(answer.headers)


@pytest.mark.parametrize(
    "error",
    [tree.ModelUnavailable, tree.LibraryBusy, tree.LibraryDamaged, tree.LibraryUnwritable],
)
def test_no_error_tells_where_things_lie(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: type[tree.ParallaxError]
) -> None:
    app = create_app(toy_corpus(tmp_path))

    def fail() -> str:
        raise error(f"{tmp_path}/library.sqlite3 is not what it was.")

    app.add_url_rule("/fail", view_func=fail)
    answer = app.test_client().get("/fail")

    assert str(tmp_path) not in answer.text
    assert answer.get_json()["error"]["message"].endswith(" The service's log says more.")
    assert f"{tmp_path}/library.sqlite3 is not what it was." in caplog.text


def test_every_answer_bears_the_headers_whoever_makes_it(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path))
    client = app.test_client()
    key = Keys(tmp_path)
    answers = [
        client.get("/"),
        client.get("/static/style.css"),
        client.get("/nowhere"),
        client.delete("/healthz"),
        client.options("/v1/articles"),
        client.post("/v1/articles", data="x"),
        client.post("/v1/articles", json={"text": "Sail."}, headers={"Origin": "https://x.y"}),
        client.get("/summary?query=sail&download=html"),
    ]
    key.new("desk", Scope.READ)
    answers.append(client.get("/"))

    for answer in answers:
        with answer:
            assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
            assert "Server" not in answer.headers
    assert [answer.status_code for answer in answers][-1] == 401


def test_the_policy_lets_pages_do_nothing_but_show_themselves() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]

    assert set(policy.split("; ")) == {
        "default-src 'none'",
        "script-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }


def test_pages_need_nothing_that_the_policy_forbids(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "b", "text": TEXT.replace("Monday", "Tuesday")})
    for path in (
        "/",
        "/docs",
        "/articles",
        "/search?q=ferries&explain=true&summary=true",
        "/articles/ferries",
        "/compare?a=ferries&b=b",
        "/summary?id=b",
    ):
        page = client.get(path).text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|src=\"(?!/static/)", page)


def test_json_is_never_sniffed_as_something_else(client: FlaskClient) -> None:
    given = "<html><script>alert(1)</script>"
    answer = client.post("/v1/articles", json={"id": given, "text": given})

    assert json.loads(answer.text)["results"][0]["id"] == given
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
