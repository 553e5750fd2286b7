import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from toy import toy_corpus

from embeddings.errors import BadRequest
from service.http import serve
from service.http.server import _Dispatcher

# Tells when a question has come, and takes its time to answer it.
SERVE = """
import sys, time
from pathlib import Path
from toy import ToyEncoder, toy_corpus
from service.http import serve
from service.http.rules import Rules

class SlowEncoder(ToyEncoder):
    def encode(self, passages):
        print("asked", flush=True)
        time.sleep(1)
        while Path(sys.argv[1], "hold").exists():
            time.sleep(0.01)
        return super().encode(passages)

rules = Rules(threads=1, waiting=2, origins=("https://news.example",))
serve(toy_corpus(Path(sys.argv[1]), SlowEncoder()), port=0, rules=rules)
print("stopped", flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def port_of(server: subprocess.Popen[str]) -> int:
    assert server.stderr is not None
    found = re.fullmatch(r"Listening at http://127\.0\.0\.1:(\d+)/ .*\n", server.stderr.readline())
    assert found is not None
    return int(found[1])


def ask(port: int, path: str, body: object = None) -> object:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_but_finishes_what_was_asked(
    server: subprocess.Popen[str], told: signal.Signals
) -> None:
    port = port_of(server)
    answers: list[object] = []
    asking = threading.Thread(
        target=lambda: answers.append(ask(port, "/v1/articles", {"id": "a", "text": "Sail away."}))
    )
    asking.start()
    assert server.stdout is not None
    assert server.stdout.readline() == "asked\n"
    server.send_signal(told)
    asking.join(30)

    (answer,) = answers
    assert '"id": "a", "status": "added", "error": null' in json.dumps(answer)
    assert server.stdout.readline() == "stopped\n"
    assert server.wait(30) == 0


def test_past_the_bound_requests_are_refused_at_once_and_those_that_wait_are_answered(
    server: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / "hold").touch()
    port = port_of(server)
    with ThreadPoolExecutor(13) as pool:
        asked = [pool.submit(ask, port, "/v1/search", {"query": "sails"})]
        assert server.stdout is not None
        assert server.stdout.readline() == "asked\n"
        asked += [pool.submit(ask, port, "/v1/search", {"query": "sails"}) for _ in range(12)]
        refused = list(islice(as_completed(asked, timeout=30), 10))
        # The process is alive for all that, and says so.
        assert ask(port, "/healthz") == {"status": "alive"}
        # How busy it is can be asked however busy it is.
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            metrics = answer.read().decode().splitlines()
        with pytest.raises(urllib.error.HTTPError, match="503") as overloaded:
            ask(port, "/readyz")
        (tmp_path / "hold").unlink()
        answered = [one.result(30) for one in asked if one not in refused]

    assert [answer["hits"] for answer in answered] == [[], [], []]  # type: ignore[index]
    assert json.load(overloaded.value)["error"]["type"] == "Overloaded"
    assert "parallax_http_queue_length 2.0" in metrics
    assert 'parallax_http_requests_refused_total{status="503"} 10.0' in metrics
    for one in refused:
        error = one.exception()
        assert isinstance(error, urllib.error.HTTPError)
        assert (error.code, error.headers["Retry-After"]) == (503, "1")
        assert json.load(error)["error"] == {
            "type": "Overloaded",
            "message": "2 requests wait already; ask again in a second.",
        }


class Waiting:
    """A connection whose request waits, or is answered for as long as it is held."""

    connected = True

    def __init__(self, path: str, hold: threading.Event) -> None:
        self.requests = [SimpleNamespace(path=path, command="GET", error=None)]
        self.begun = threading.Event()
        self.refused = ""
        self._hold = hold

    def refuse(self, why: str) -> None:
        self.refused = why

    def service(self) -> None:
        self.begun.set()
        if not self.refused:
            self._hold.wait(30)

    def cancel(self) -> None:
        """Nobody waits for it any more."""


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_no_more_may_wait_to_be_told_how_the_service_is_than_to_ask_it(path: str) -> None:
    hold = threading.Event()
    tasks = [Waiting(path, hold) for _ in range(5)]
    dispatcher: Any = _Dispatcher(1, most_waiting=2)
    dispatcher.add_task(tasks[0])
    assert tasks[0].begun.wait(30)

    for task in tasks[1:]:
        dispatcher.add_task(task)
    refused = [task.refused for task in tasks]
    dispatcher.refuse_late(0)
    hold.set()
    dispatcher.shutdown()

    told = "2 wait already to be told how the service is; ask again in a second"
    assert refused == ["", "", "", told, told]
    late = "No turn came within 0 seconds; ask again in a second"
    assert [task.refused for task in tasks] == ["", late, late, told, told]


def test_a_page_that_may_read_answers_may_read_that_it_was_refused(
    server: subprocess.Popen[str],
) -> None:
    port, told = port_of(server), {}
    for origin in ("https://news.example", "https://other.example"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/search",
            headers={"Origin": origin, "Content-Length": "many", "X-Request-ID": "one"},
        )
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            urllib.request.urlopen(request, timeout=30)
        told[origin] = refused.value.headers
        refused.value.close()

    assert [headers["Vary"] for headers in told.values()] == ["Origin", "Origin"]
    may, may_not = told.values()
    assert may["Access-Control-Allow-Origin"] == "https://news.example"
    assert may["Access-Control-Expose-Headers"] == "Retry-After, X-Request-ID"
    assert "Access-Control-Allow-Origin" not in may_not


def test_what_is_no_http_is_told_in_the_same_shape(server: subprocess.Popen[str]) -> None:
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nContent-Length: many\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert json.loads(body)["error"]["type"] == "BadRequest"


def test_a_name_that_is_not_this_machine_is_not_answered(server: subprocess.Popen[str]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port_of(server)}/healthz", headers={"Host": "elsewhere.example"}
    )
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        urllib.request.urlopen(request, timeout=30)

    assert json.load(caught.value)["error"]["type"] == "BadRequest"


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadRequest, match=f"Cannot listen at 127.0.0.1, port {port}: Address"):
            serve(toy_corpus(tmp_path), port=port)


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 70_000, "The port is 70000; expected"),
        ("nowhere.invalid", 0, "Cannot listen at nowhere.invalid"),
    ],
)
def test_a_place_that_cannot_be_is_told(tmp_path: Path, host: str, port: int, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        serve(toy_corpus(tmp_path), host, port)
