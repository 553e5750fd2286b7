from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from embeddings.errors import BadRequest
from service.settings import Settings, read_settings

NAMES = {one.name for one in fields(Settings)}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(f"PARALLAX_{name.upper()}", raising=False)
    return monkeypatch


def test_without_a_word_it_is_the_librarys_model_online_and_nothing_is_fetched() -> None:
    settings = read_settings()

    assert (settings.model, settings.offline, settings.download) == (None, False, False)
    assert settings.library.name == "parallax"


def test_every_setting_can_come_from_the_environment(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {"library": str(tmp_path), "model": "m", "device": "cpu", "offline": "1"}
    given |= {"download": "true", "precision": "int8", "models": str(tmp_path / "models")}
    given |= {"log": "json"}
    given |= {"hosts": "a.example, b.example", "cors": "https://a.example", "proxies": "1"}
    given |= {"rate": "5/minute", "timeout": "2.5", "threads": "3", "waiting": "4"}
    given |= {"body": "2048", "batch": "6", "text": "7"}
    for name, value in given.items():
        clean_environment.setenv(f"PARALLAX_{name.upper()}", value)

    settings = read_settings()

    assert set(given) == NAMES
    assert settings == Settings(
        library=tmp_path,
        model="m",
        device="cpu",
        offline=True,
        download=True,
        precision="int8",
        models=tmp_path / "models",
        log="json",
        hosts=("a.example", "b.example"),
        cors=("https://a.example",),
        proxies=1,
        rate="5/minute",
        timeout=2.5,
        threads=3,
        waiting=4,
        body=2048,
        batch=6,
        text=7,
    )


def test_what_is_given_goes_before_the_environment(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("PARALLAX_MODEL", "from outside")
    clean_environment.setenv("PARALLAX_OFFLINE", "1")

    settings = read_settings(model="given", offline=None, library=None)

    assert (settings.model, settings.offline) == ("given", True)


def test_an_empty_variable_is_as_good_as_none(clean_environment: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        clean_environment.setenv(f"PARALLAX_{name.upper()}", "")

    settings = read_settings()

    assert settings.library.is_absolute()
    assert settings.model is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("offline", "perhaps", "PARALLAX_OFFLINE is 'perhaps': expected 1 or 0"),
        ("model", "", "PARALLAX_MODEL is ''"),
        ("rate", "fast", "PARALLAX_RATE is 'fast': .*expected a rate such as 20/second, or none"),
        ("rate", "0/second", "PARALLAX_RATE is '0/second'"),
        ("cors", "*", r"PARALLAX_CORS is '\*': .*\* is no origin; expected such as https://news"),
        ("cors", "null", "PARALLAX_CORS is 'null'"),
        ("cors", "https://a.example/", "PARALLAX_CORS"),
        ("hosts", "http://a.example", "PARALLAX_HOSTS .*is no name of a host"),
        ("hosts", "a.example:80", "PARALLAX_HOSTS"),
        ("hosts", "*", "PARALLAX_HOSTS"),
        ("proxies", "-1", "PARALLAX_PROXIES is '-1'"),
        ("timeout", "0", "PARALLAX_TIMEOUT is '0'"),
        ("colour", "red", "PARALLAX_COLOUR is 'red': there is no such setting"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        read_settings(**{name: value})


def test_settings_do_not_change_once_they_are_read() -> None:
    with pytest.raises(FrozenInstanceError):
        read_settings().model = "other"  # type: ignore[misc]


def test_every_setting_says_what_it_is_for() -> None:
    assert all(one.metadata["about"] for one in fields(Settings))
