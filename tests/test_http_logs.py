import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_corpus

from embeddings.errors import LibraryDamaged, MissingVectors
from service.http import create_app
from service.http.logs import Event, How, kind, logger, say, trace, written
from service.http.request_ids import request_id_of
from service.keys import Keys, Scope

TEXT = "Ferries to the islands sail again from Monday."
FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)(?: |$)')


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(toy_corpus(tmp_path)).test_client()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with written("json", stream):
        yield stream


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def read_text(line: str) -> dict[str, object]:
    return {
        name: json.loads(value) if value.startswith('"') else value
        for name, value in FIELD.findall(line)
    }


def test_a_request_is_one_line(client: FlaskClient, lines: io.StringIO) -> None:
    answer = client.get("/v1/articles/none", headers={"X-Request-ID": "mine-1"})
    (line,) = read(lines)
    time = datetime.fromisoformat(str(line.pop("time")))
    seconds = line.pop("seconds")

    assert time.tzinfo == UTC
    assert abs((datetime.now(UTC) - time).total_seconds()) < 600
    assert isinstance(seconds, float)
    assert line == {
        "level": "info",
        "event": "request",
        "id": "mine-1",
        "method": "GET",
        "route": "/v1/articles/{id}",
        "status": 404,
        "bytes": len(answer.data),
        "client": "127.0.0.1",
        "error": "UnknownArticle",
    }


def test_the_size_of_a_file_is_told_too(client: FlaskClient, lines: io.StringIO) -> None:
    with client.get("/static/style.css") as answer:
        size = len(answer.data)
    client.head("/static/style.css").close()

    assert [line["bytes"] for line in read(lines)] == [size, 0]


def test_who_asks_is_told_by_the_id_of_the_key(
    client: FlaskClient, lines: io.StringIO, tmp_path: Path
) -> None:
    keys = Keys(tmp_path)
    text = keys.new("reader", Scope.READ)
    client.get("/v1/articles", headers={"Authorization": f"Bearer {text}"})
    client.get("/v1/articles")

    assert [line["client"] for line in read(lines)] == [f"key {keys.all()[0].id}", "127.0.0.1"]
    assert text not in lines.getvalue()


def test_off_writes_no_requests_but_what_goes_wrong(client: FlaskClient) -> None:
    def fail() -> str:
        raise RuntimeError(TEXT)

    client.application.add_url_rule("/fail", view_func=fail)
    stream = io.StringIO()
    with written("off", stream):
        client.get("/healthz")
        client.get("/nowhere")
        client.get("/fail")

    (line,) = stream.getvalue().splitlines()
    assert read_text(line) | {"event": "bug", "error": "RuntimeError"} == read_text(line)


def test_logging_is_left_as_it_was(client: FlaskClient) -> None:
    before = logging.getLogger().handlers[:], logger.level
    stream = io.StringIO()
    with written("text", stream):
        pass
    client.get("/healthz")

    assert (logging.getLogger().handlers, logger.level) == before
    assert stream.getvalue() == ""


def test_what_takes_mending_is_told_in_full_and_the_rest_by_its_kind(
    client: FlaskClient, lines: io.StringIO
) -> None:
    def damaged() -> str:
        raise LibraryDamaged("/library is damaged.")

    def missing() -> str:
        raise MissingVectors([TEXT])

    for view in (damaged, missing):
        client.application.add_url_rule(f"/{view.__name__}", view_func=view)
    client.get("/damaged")
    client.get("/missing")
    told = [(one["event"], one["error"], one.get("why")) for one in read(lines)]

    assert told == [
        ("failed", "LibraryDamaged", "/library is damaged."),
        ("request", "LibraryDamaged", None),
        ("request", "MissingVectors", None),
    ]


def test_of_another_library_only_the_place_is_written(lines: io.StringIO) -> None:
    try:
        raise ValueError(TEXT)
    except ValueError:
        logging.getLogger("waitress").exception(f"Exception while serving {TEXT}")
    logging.getLogger("elsewhere").warning("Not understood: %s", TEXT)
    logging.getLogger("elsewhere").info("Not of interest")
    failed, warned = read(lines)

    assert failed["event"] == "library"
    assert (failed["logger"], failed["error"]) == ("waitress", "ValueError")
    assert str(failed["place"]).startswith("test_http_logs:")
    assert "test_of_another_library_only_the_place_is_written" in str(failed["trace"])
    assert warned["logger"] == "elsewhere"
    assert TEXT not in lines.getvalue()


def test_an_exception_is_told_without_its_message_down_to_the_first_one() -> None:
    def inner() -> None:
        raise KeyError(TEXT)

    def outer() -> None:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError(TEXT) from error

    with pytest.raises(RuntimeError) as caught:
        outer()
    told = trace(caught.value)

    assert re.search(r"test_http_logs:\d+ outer < .*; from KeyError .*:\d+ inner < ", told)
    assert TEXT not in told


def test_what_the_system_says_is_told() -> None:
    assert kind(OSError(28, TEXT)) == "OSError: No space left on device"
    assert kind(OSError(TEXT)) == "OSError"
    assert kind(ValueError(TEXT)) == "ValueError"


def test_exceptions_that_led_to_one_another_in_a_circle_end_somewhere() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one

    assert trace(one).count("KeyError") == 1


@given(
    fields=st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True).filter(lambda name: name != "event"),
        st.text() | st.integers() | st.floats(allow_nan=False) | st.text('\r\n\x1b\u2028\x00= "\\'),
    ),
    how=st.sampled_from(["text", "json"]),
)
def test_whatever_is_logged_stays_on_its_line_and_reads_back(
    fields: dict[str, str | int | float], how: How
) -> None:
    stream = io.StringIO()
    with written(how, stream):
        logger.warning(Event("odd", **fields))
    line = stream.getvalue().removesuffix("\n")

    assert re.fullmatch(r"[ -~]*", line)
    if how == "json":
        assert json.loads(line) | fields == json.loads(line)
    else:
        found = read_text(line)
        assert {name: str(found[name]) for name in fields} == {
            name: str(value) for name, value in fields.items()
        }


def test_the_start_is_told_in_words_unless_events_are_written(
    capsys: pytest.CaptureFixture[str], lines: io.StringIO
) -> None:
    say("Listening.", Event("listening", address="here"))
    logger.setLevel(logging.WARNING)
    say("Listening.", Event("listening", address="here"))

    assert [line["event"] for line in read(lines)] == ["listening"]
    assert capsys.readouterr().err == "Listening.\n"


@pytest.mark.parametrize(
    "path", ["/healthz", "/", "/nowhere", "/v1/search", "/readyz", "/metrics", "/static/style.css"]
)
def test_every_answer_bears_the_id_of_its_request(client: FlaskClient, path: str) -> None:
    def id_of(**headers: str) -> str:
        with client.get(path, headers=headers) as answer:
            return answer.headers["X-Request-ID"]

    made = [id_of(), id_of(**{"X-Request-ID": "a b"})]

    assert id_of(**{"X-Request-ID": "A.b_c-9"}) == "A.b_c-9"
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in made)
    assert made[0] != made[1]


@given(given=st.none() | st.text() | st.text("aZ9._- \n\u0663", max_size=70))
def test_an_id_is_taken_over_only_if_it_can_mean_nothing_else(given: str | None) -> None:
    found = request_id_of(given)

    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", found)
    assert found == given or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given or "")
