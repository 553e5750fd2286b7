from dataclasses import fields
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from toy import toy_corpus

from embeddings.errors import BadRequest
from service.http import create_app
from service.http.rules import Rules
from service.keys import Keys, Scope
from service.settings import Settings, read_settings

LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1"]
ELSEWHERE = ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "fe80::1%eth0"]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def called(folder: Path, rules: Rules, host: str | None) -> int:
    client: FlaskClient = create_app(toy_corpus(folder), rules).test_client()
    return client.get("/healthz", headers={"Host": host or ""}).status_code


@pytest.mark.parametrize("address", LOOPBACK)
def test_on_this_machine_no_key_is_needed_and_nothing_is_counted(keys: Keys, address: str) -> None:
    rules = Rules(keys=keys).at(address, address)

    assert (rules.is_locked, rules.rate) == (False, None)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_where_others_reach_it_it_does_not_start_without_a_key(keys: Keys, address: str) -> None:
    with pytest.raises(BadRequest, match="At there others can reach the service, and the library"):
        Rules(keys=keys).at(address, "there")

    keys.new("desk", Scope.READ)
    rules = Rules(keys=keys).at(address, "there")
    assert (rules.is_locked, rules.rate, rules.hosts) == (True, "20/second", ())


@pytest.mark.parametrize("address", ELSEWHERE)
def test_it_starts_without_keys_if_it_is_said_that_none_is_needed(address: str) -> None:
    rules = Rules(keys=None).at(address, address)

    assert (rules.is_locked, rules.rate) == (False, "20/second")


@pytest.mark.parametrize("rules", [{"proxies": 1}, {"hosts": ("news.example",)}])
def test_behind_a_proxy_others_reach_it_too(keys: Keys, rules: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="PARALLAX_PROXIES or PARALLAX_HOSTS says that others"):
        Rules(keys=keys, **rules).at("127.0.0.1", "localhost")  # type: ignore[arg-type]


def test_a_key_that_is_revoked_does_not_count(keys: Keys) -> None:
    keys.revoke(keys.new("desk", Scope.READ).split("_")[1])

    with pytest.raises(BadRequest, match="parallax key new"):
        Rules(keys=keys).at("0.0.0.0", "0.0.0.0")


def test_a_rate_that_is_given_holds_everywhere_and_none_nowhere(keys: Keys) -> None:
    given = [Rules(rate=rate).at(at, at).rate for rate in ("5/day", "none") for at in ("::1", "::")]

    assert given == ["5/day", "5/day", None, None]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8080", 200),
        ("[::1]", 200),
        ("elsewhere.example", 400),
        ("localhost.evil.example", 400),
        ("evil.example:localhost", 400),
        ("localhost@evil.example", 400),
        ("evil.example#localhost", 400),
        ("localhost:80:80", 400),
        ("192.0.2.1", 400),
        ("", 400),
        (None, 400),
    ],
)
def test_on_this_machine_it_answers_to_the_names_of_this_machine_alone(
    tmp_path: Path, keys: Keys, host: str | None, status: int
) -> None:
    assert called(tmp_path, Rules(keys=keys).at("127.0.0.1", "localhost"), host) == status


def test_elsewhere_it_answers_to_any_name_or_to_those_that_are_given(tmp_path: Path) -> None:
    any_name = Rules().at("0.0.0.0", "0.0.0.0")
    given = Rules(hosts=("News.example",)).at("0.0.0.0", "0.0.0.0")

    assert called(tmp_path, any_name, "elsewhere.example") == 200
    assert called(tmp_path, given, "news.example:443") == 200
    assert called(tmp_path, given, "localhost") == 200
    assert called(tmp_path, given, "elsewhere.example") == 400


def test_the_usual_rules_are_those_of_the_usual_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in fields(Settings):
        monkeypatch.delenv(f"PARALLAX_{one.name.upper()}", raising=False)

    assert Rules.of(read_settings(library=tmp_path), None) == Rules()
