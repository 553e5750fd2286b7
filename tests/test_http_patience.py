"""Clients that dawdle, as real sockets at a real server."""

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from filelock import FileLock

# Waits as long as there is a file to hold it up; tells when it is asked.
SERVE = """
import socket, sys, time
from pathlib import Path
from toy import ToyEncoder, toy_corpus
from service.http import patience, serve, server
from service.http.rules import Rules
from waitress.adjustments import Adjustments

folder, timeout, connections = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])

class HeldEncoder(ToyEncoder):
    def encode(self, passages):
        print(passages[0].text[:20], flush=True)
        while (folder / "hold").exists():
            time.sleep(0.01)
        return super().encode(passages)

server._MOST_CONNECTIONS = connections
# Little is held for a client, here and by the system, so that little must be asked to fill it.
Adjustments.outbuf_high_watermark = 200_000
Adjustments.socket_options = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)]
patience._MOST_BODIES = 2
serve(
    toy_corpus(folder, HeldEncoder()),
    port=0,
    rules=Rules(timeout=timeout, threads=1, waiting=4, body=300_000),
)
"""
BIG = "Ferries sail again. " * 1_000


class Server:
    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.folder = folder
        self.process = process
        self.port = int(process.stderr.readline().split(":")[2].partition("/")[0])

    def asked(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def get(self, path: str, body: object = None) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def search(self, query: str) -> socket.socket:
        body = json.dumps({"query": query}).encode()
        connection = self.connect()
        connection.sendall(
            b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        return connection


@contextmanager
def running(folder: Path, timeout: float, connections: int) -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(timeout), str(connections)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Server(folder, process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for a client for a second."""
    with running(tmp_path_factory.mktemp("hasty"), 1, 100) as server:
        yield server


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for a client for ten minutes, and keeps 20 connections."""
    with running(tmp_path_factory.mktemp("patient"), 600, 20) as server:
        yield server


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline


def dripped(connection: socket.socket) -> bytes:
    """Send a byte now and then, as long as the other side listens; return what it says."""
    connection.settimeout(0.05)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connection.sendall(b"x")
            return connection.recv(1000)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise TimeoutError("the connection is still open")


def test_who_sends_a_byte_now_and_then_or_none_loses_the_connection(hasty: Server) -> None:
    post = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\n"
    starts = [
        b"GET / HTTP/1.1\r\nX-Header: ",
        post + b"Content-Length: 100000\r\n\r\n",
        post + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
    ]

    def drip(start: bytes) -> bytes:
        with hasty.connect() as connection:
            connection.sendall(start)
            return dripped(connection)

    def say_nothing() -> bytes:
        with hasty.connect() as connection:
            return connection.recv(1000)

    with ThreadPoolExecutor(4) as pool:
        silent = pool.submit(say_nothing)
        assert list(pool.map(drip, starts)) == [b"", b"", b""]
        assert silent.result() == b""


def test_many_who_dawdle_keep_nobody_from_being_answered(hasty: Server) -> None:
    with ExitStack() as opened:
        for _ in range(50):
            connection = opened.enter_context(hasty.connect())
            connection.sendall(b"POST /v1/search HTTP/1.1\r\nContent-Length: 10\r\n\r\n")

        assert [hasty.get("/v1/articles") for _ in range(5)] == [200] * 5


def test_who_asks_and_never_takes_the_answer_holds_no_thread(hasty: Server) -> None:
    assert hasty.get("/v1/articles", {"id": "big", "text": BIG}) == 201
    hasty.asked()
    asked = 150 * b"GET /v1/articles/big HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", hasty.port))
        connection.sendall(asked)

        # The only thread makes more answers than are held for one client, and waits.
        until(lambda: hasty.get("/v1/articles") == 503)
        until(lambda: hasty.get("/v1/articles") == 200)


def test_a_slow_line_that_keeps_up_may_send_all_it_likes(hasty: Server) -> None:
    body = json.dumps({"query": "slow " + "x" * 30_000}).encode()
    with hasty.connect() as connection:
        connection.sendall(
            b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        for start in range(0, len(body), 2000):  # A second and a half of it.
            connection.sendall(body[start : start + 2000])
            time.sleep(0.1)

        assert connection.recv(1000).startswith(b"HTTP/1.1 422")  # It is no query one can ask.


def test_a_request_that_gets_no_turn_in_time_is_refused_and_not_worked_off(hasty: Server) -> None:
    (hasty.folder / "hold").touch()
    with hasty.search("first") as first:
        assert hasty.asked() == "first"
        with hasty.search("second") as second:
            refused = second.makefile("rb").read()
        (hasty.folder / "hold").unlink()
        answered = first.recv(20)
    assert hasty.get("/v1/search", {"query": "third"}) == 200

    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nRetry-After: 1\r\n" in refused
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in refused
    assert b"No turn came within 1 seconds; ask again in a second." in refused
    assert answered == b"HTTP/1.1 200 OK\r\nCon"
    assert hasty.asked() == "third"


def test_who_has_gone_is_not_worked_for(patient: Server) -> None:
    (patient.folder / "hold").touch()
    with patient.search("first"):
        assert patient.asked() == "first"
        for _ in range(8):  # More than may wait: each makes room as it goes.
            with patient.search("gone"):
                pass
            time.sleep(0.02)
        answers: list[int] = []
        later = threading.Thread(
            target=lambda: answers.append(patient.get("/v1/search", {"query": "later"}))
        )
        time.sleep(0.5)
        later.start()
        time.sleep(0.1)
        (patient.folder / "hold").unlink()
        later.join(30)

    assert answers == [200]
    assert patient.asked() == "later"


def test_many_idle_connections_keep_nobody_out(patient: Server) -> None:
    with ExitStack() as opened:
        for _ in range(60):
            opened.enter_context(patient.connect())

        assert [patient.get("/v1/articles") for _ in range(3)] == [200] * 3


def test_bodies_on_their_way_take_no_more_room_than_two_of_them_may(patient: Server) -> None:
    head = b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Length: 599999\r\n\r\n"
    with ExitStack() as opened:
        connections = [opened.enter_context(patient.connect()) for _ in range(6)]
        for connection in connections:
            with suppress(OSError):
                connection.sendall(head + 590_000 * b"x")
        assert patient.get("/v1/articles") == 200
        time.sleep(0.5)
        kept = sum(is_open(connection) for connection in connections)

    assert kept == 2


def test_questions_do_not_wait_for_what_waits_to_write(patient: Server) -> None:
    body = b'{"text": "Ferries sail."}'
    sent = (
        b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    with FileLock(patient.folder / "write.lock"), ExitStack() as opened:
        writers = [opened.enter_context(patient.connect()) for _ in range(3)]
        for writer in writers:
            writer.sendall(sent)

        assert [patient.get("/v1/articles") for _ in range(5)] == [200] * 5
        assert all(is_open(writer) for writer in writers)


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
