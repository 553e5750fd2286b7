from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from toy import toy_corpus
from werkzeug.exceptions import TooManyRequests

from service.http import create_app
from service.http.rates import Rate, address
from service.http.rules import Rules
from service.keys import Keys, Scope


def limited(folder: Path, **rules: Any) -> FlaskClient:  # noqa: ANN401
    return create_app(toy_corpus(folder), Rules(rate="3/hour", **rules)).test_client()


def statuses(client: FlaskClient, count: int, **options: Any) -> list[int]:  # noqa: ANN401
    return [client.get("/v1/articles", **options).status_code for _ in range(count)]


def test_past_the_rate_a_client_is_told_when_to_ask_again(tmp_path: Path) -> None:
    client = limited(tmp_path)

    assert statuses(client, 4) == [200, 200, 200, 429]
    refused = client.get("/v1/articles")
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 7200
    assert refused.get_json()["error"] == {
        "type": "TooManyRequests",
        "message": "Too many requests: up to 3 per 1 hour are taken of one client. "
        f"Ask again in {wait} seconds.",
    }


def test_whether_it_is_alive_may_be_asked_at_any_rate(tmp_path: Path) -> None:
    client = limited(tmp_path)

    assert [client.get("/healthz").status_code for _ in range(9)] == [200] * 9
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_one_address_does_not_use_up_the_rate_of_another(tmp_path: Path) -> None:
    client = limited(tmp_path)

    for one in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
        assert statuses(client, 4, environ_base={"REMOTE_ADDR": one}) == [200, 200, 200, 429]
    # Of the same network of IPv6, and the same address in other words.
    for one in ("2001:db8::2", "::ffff:192.0.2.1"):
        assert statuses(client, 1, environ_base={"REMOTE_ADDR": one}) == [429]


def test_each_key_has_a_rate_of_its_own_wherever_it_is_used(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    client = limited(tmp_path, keys=keys)
    one, other = (
        {"Authorization": f"Bearer {keys.new(name, Scope.READ)}"} for name in ("one", "other")
    )
    places = [{"REMOTE_ADDR": f"192.0.2.{n}"} for n in range(4)]

    asked = [client.get("/v1/articles", headers=one, environ_base=place) for place in places]

    assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
    assert statuses(client, 1, headers=other) == [200]


def test_what_a_client_says_of_its_address_is_not_believed(tmp_path: Path) -> None:
    client = limited(tmp_path)
    claims = [
        {"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"} for n in range(4)
    ]

    assert [client.get("/v1/articles", headers=one).status_code for one in claims][-1] == 429


@pytest.mark.parametrize(
    ("proxies", "said", "found"),
    [
        (0, "192.0.2.9", "127.0.0.1"),
        (1, "192.0.2.9", "192.0.2.9"),
        (1, "192.0.2.66, 192.0.2.9", "192.0.2.9"),
        (2, "192.0.2.66, 192.0.2.9, 10.0.0.1", "192.0.2.9"),
        (2, "192.0.2.9", "127.0.0.1"),
        (1, None, "127.0.0.1"),
        (1, "2001:db8::5", "2001:db8::/64"),
        (1, "<script>" + 100 * "x", "<script>" + 56 * "x"),
    ],
)
def test_behind_proxies_the_address_is_what_the_outermost_of_them_saw(
    tmp_path: Path, proxies: int, said: str | None, found: str
) -> None:
    app: Flask = create_app(toy_corpus(tmp_path), Rules(proxies=proxies))
    seen: list[str] = []
    app.before_request(lambda: seen.append(address()))

    app.test_client().get("/healthz", headers={"X-Forwarded-For": said} if said else {})

    assert seen == [found]


def test_a_proxy_is_not_believed_about_the_name_of_the_service(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path), Rules(proxies=1, hosts=("news.example",)))
    client = app.test_client()

    sent = {"Host": "evil.example", "X-Forwarded-Host": "news.example"}
    assert client.get("/healthz", headers=sent).status_code == 400
    assert client.get("/healthz", headers={"Host": "news.example"}).status_code == 200


def test_clients_are_counted_apart_and_each_kind_of_thing(tmp_path: Path) -> None:
    rate, other = Rate("1/hour", "tries"), Rate("1/hour", "tries")
    rate.take("a")
    rate.take("b")
    other.take("a")

    with pytest.raises(TooManyRequests, match="Too many tries: up to 1 per 1 hour"):
        rate.take("a")


def test_without_a_rate_nothing_is_counted(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path))

    assert statuses(app.test_client(), 50) == [200] * 50
    with app.test_request_context():
        assert "key" not in g
