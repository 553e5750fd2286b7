"""`parallax serve` as a process of its own: who may reach it, and how it stops."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from load import press, request
from toy import NAME, toy_corpus

from service.cli import main
from service.http.headers import SECURITY_HEADERS
from service.keys import Keys, Scope

SERVE = [sys.executable, "-m", "service", "serve", "--port", "0", "--offline", "--model", NAME]

# A toy service: `parallax serve` would need the model to add articles.
TOY = """
import sys
from pathlib import Path
from toy import toy_corpus
from service.http import serve
from service.http.rules import Rules
serve(toy_corpus(Path(sys.argv[1])), port=0, rules=Rules(threads=2, waiting=int(sys.argv[2])))
"""


@contextmanager
def started(*command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parent,
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.match(r"Listening at http://[^/]+:(\d+)/", line):
            return int(found[1])
    raise AssertionError("it did not start")


def status(port: int, path: str, key: str | None = None) -> int:
    sent = {"Authorization": f"Bearer {key}"} if key else {}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=sent)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["--host", "0.0.0.0"], {}, "At 0.0.0.0 others can reach the service, and the library"),
        (["--host", "::"], {}, "At :: others can reach the service"),
        ([], {"PARALLAX_PROXIES": "1"}, "PARALLAX_PROXIES or PARALLAX_HOSTS says that others"),
        (["--host-name", "news.example"], {}, "says that others reach 127.0.0.1"),
        (["--host-name", "http://news.example"], {}, "is no name of a host"),
    ],
)
def test_without_a_key_it_does_not_listen_where_others_reach_it(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], message: str
) -> None:
    given = ["serve", "--port", "0", *arguments, "--offline", "--library", str(tmp_path)]
    done = CliRunner().invoke(main, given, env=variables)

    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_with_a_key_it_listens_anywhere_and_asks_for_it(tmp_path: Path) -> None:
    key = Keys(tmp_path).new("desk", Scope.READ)
    with started(*SERVE, "--host", "0.0.0.0", "--library", str(tmp_path)) as process:
        port = port_of(process)

        asked = [status(port, "/v1/articles", one) for one in (key, None, "wrong")]
        assert asked == [200, 401, 401]
        assert status(port, "/healthz") == 200
        # Made by another process while this one runs.
        other = Keys(tmp_path).new("other", Scope.READ)
        Keys(tmp_path).revoke(key.split("_")[1])
        assert [status(port, "/v1/articles", one) for one in (other, key)] == [200, 401]


def test_with_no_auth_it_warns_and_lets_everybody_in(tmp_path: Path) -> None:
    Keys(tmp_path).new("desk", Scope.READ)
    with started(*SERVE, "--host", "0.0.0.0", "--no-auth", "--library", str(tmp_path)) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == (
            "Warning: --no-auth: everybody who reaches 0.0.0.0 may read, add and remove articles.\n"
        )
        assert status(port_of(process), "/v1/articles") == 200


def test_what_never_gets_to_the_app_bears_the_headers_too(tmp_path: Path) -> None:
    wrong = [
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: ".ljust(262_144, b"x"), 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400),
    ]
    with started(sys.executable, "-c", TOY, str(tmp_path), "4") as process:
        port = port_of(process)
        for sent, expected in wrong:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                with suppress(OSError):
                    connection.sendall(sent)
                head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:])

            assert lines[0].split()[1] == str(expected)
            assert headers.items() >= SECURITY_HEADERS.items()
            assert "Server" not in headers
            assert set(json.loads(body)["error"]) == {"type", "message"}


def test_told_to_stop_under_load_it_keeps_all_that_it_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []

    def add(port: int, writer: int) -> None:
        for number in range(10_000):
            body = {"id": f"{writer}-{number}", "text": f"Ferry {writer}-{number} sails again."}
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/articles",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    acknowledged.append(json.load(answer)["results"][0]["id"])
            except (OSError, ValueError):  # It has stopped; or closed while we asked.
                return

    with started(sys.executable, "-c", TOY, str(tmp_path), "64") as process:
        port = port_of(process)
        writers = [threading.Thread(target=add, args=(port, one)) for one in range(4)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < 20 and process.poll() is None:
            writers[0].join(0.01)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        for writer in writers:
            writer.join(30)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)

    assert code == 0
    corpus = toy_corpus(tmp_path)
    kept = {one.id for one in corpus.articles(limit=1000).articles}
    corpus.close()
    assert len(acknowledged) >= 20
    assert set(acknowledged) <= kept


def test_clients_that_keep_asking_do_not_keep_it_from_stopping(tmp_path: Path) -> None:
    with started(sys.executable, "-c", TOY, str(tmp_path), "64") as process:
        port = port_of(process)
        threading.Timer(0.5, process.send_signal, [signal.SIGTERM]).start()
        found = press(port, 8, 1.0, lambda chance: request("GET", "/v1/articles"))

        assert process.wait(10) == 0
    assert set(found.statuses) == {200}


def test_many_clients_are_all_answered(tmp_path: Path) -> None:
    def ask(chance: object) -> bytes:
        number = next(numbers)
        if number % 10:
            return request("POST", "/v1/search", {"query": f"ferry {number}"})
        return request("POST", "/v1/articles", {"id": f"{number}", "text": "A ferry sails."})

    numbers = iter(range(1_000_000))
    with started(sys.executable, "-c", TOY, str(tmp_path), "64") as process:
        found = press(port_of(process), 20, 1.0, ask)

    assert found.wrong == []
    assert set(found.statuses) <= {200, 201}
    assert found.taken


def test_more_clients_than_can_be_answered_are_answered_or_told_when_to_come_back(
    tmp_path: Path,
) -> None:
    with started(sys.executable, "-c", TOY, str(tmp_path), "2") as process:
        port = port_of(process)
        crowd = press(
            port, 60, 1.0, lambda chance: request("POST", "/v1/search", {"query": "ferry"})
        )
        after = press(port, 2, 0.2, lambda chance: request("GET", "/v1/articles"))

    assert crowd.wrong == []
    assert set(crowd.statuses) == {200, 503}
    assert after.wrong == []
    assert set(after.statuses) == {200}
