"""What a running service shows of itself: its log, its metrics, and whom it calls."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"

# Words that nothing of the service's own holds.
TEXT, TITLE, SOURCE, ID = "Zanzibarmark", "Titlemark", "Sourcemark", "idmark"
QUERY, PATH, FIELD, KEY = "Querymark", "pathmark", "fieldmark", "plx_keymark"
MARKS = re.compile("|".join((TEXT, TITLE, SOURCE, ID, QUERY, PATH, FIELD, KEY)), re.IGNORECASE)

# Embeds until it meets the word "bug"; then it raises an error that quotes the text.
TOY = """
import sys
from pathlib import Path
from toy import ToyEncoder, toy_corpus
from service.http import serve
from service.http.logs import written

class Failing(ToyEncoder):
    def encode(self, passages):
        for passage in passages:
            if "bug" in passage.text:
                try:
                    {passage.text: 0}["none"]
                except KeyError as error:
                    raise ValueError(passage.text) from error
        return super().encode(passages)

with written(sys.argv[2]):
    serve(toy_corpus(Path(sys.argv[1]), Failing()), port=0)
"""

# The command itself, and in the end what it told the system to connect to.
COMMAND = """
import json, sys
calls = []
CALLING = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
sys.addaudithook(lambda name, args: calls.append([name, repr(args)]) if name in CALLING else None)
from service.cli import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(calls), flush=True)
"""


class Service:
    """A service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        while (found := re.search(r"http://127\.0\.0\.1:(\d+)/", self.read_line())) is None:
            pass
        self.port = int(found[1])

    def read_line(self) -> str:
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert line, f"It ended: {self.lines}"
        self.lines.append(line)
        return line

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, content, {"Content-Type": "application/json"} | named)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def stop(self) -> str:
        """Stop it; return all that it printed, on standard output last."""
        self.process.send_signal(signal.SIGTERM)
        output, rest = self.process.communicate(timeout=60)
        self.lines += rest.splitlines(keepends=True)
        assert self.process.returncode == 0
        return "".join(self.lines) + output


@contextmanager
def started(program: str, *arguments: str) -> Iterator[Service]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Service(process)
        finally:
            process.kill()


def test_no_word_of_what_it_is_told_or_asked_gets_into_its_log(tmp_path: Path) -> None:
    article = {"id": ID, "text": f"{TEXT} ferries sail.", "title": TITLE, "source": SOURCE}
    with started(TOY, str(tmp_path), "text") as service:
        asked = [
            ("POST", "/v1/articles", article),
            ("POST", "/v1/articles", {"articles": [article, {"id": ID, FIELD: TEXT}]}),
            ("POST", "/v1/articles", {"id": ID, "text": TEXT, "published": f"{TEXT}\nevent=bug"}),
            ("POST", "/v1/articles", {"id": f"{ID}2", "text": f"{TEXT} meets a bug."}),
            ("POST", "/v1/search", {"query": QUERY, "summary": {"words": 50}}),
            ("POST", "/v1/search", {"query": f"{QUERY} bug"}),
            ("POST", "/v1/search", {"query": QUERY, "mode": FIELD, KEY: QUERY}),
            ("POST", "/v1/search", f"{QUERY}: no JSON".encode()),
            ("POST", "/v1/compare", {"a": {"id": ID}, "b": {"text": f"{TEXT} too."}}),
            ("GET", f"/v1/articles/{ID}", None),
            ("GET", f"/v1/articles/{ID}%0Aevent=request%20{PATH}%1b[2J", None),
            ("GET", f"/search?q={QUERY}", None),
            ("GET", f"/search?q={QUERY}+bug", None),
            ("GET", f"/{PATH}%0d%0aevent=bug", None),
            ("PUT", f"/v1/articles/{quote(TEXT)}", None),
            ("DELETE", f"/v1/articles/{ID}", None),
        ]
        answers = [
            service.ask(*one, Authorization=f"Bearer {KEY}", X_Request_ID=f"{PATH} event=bug")
            for one in asked
        ]
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
            connection.sendall(f"{PATH} /{PATH} HTTP/1.1\r\n{FIELD}\r\nX: {KEY}\r\n\r\n".encode())
            assert connection.makefile("rb").read().startswith(b"HTTP/1.0 400 Bad Request")
        printed = service.stop()

    statuses = [status for status, _, _ in answers]
    assert statuses == [
        201,
        200,
        422,
        500,
        200,
        500,
        422,
        400,
        200,
        200,
        404,
        200,
        500,
        404,
        405,
        204,
    ]
    assert not MARKS.search(printed), MARKS.findall(printed)
    lines = printed.splitlines()
    assert all(re.match(r"time=\S+Z level=\w+ event=\S+", line) for line in lines)
    # Each request has a line, and each bug one more, of the id that the client was told.
    told = re.findall(r"event=request id=(\w+) method=\w+ route=\S+ status=(\d+)", printed)
    assert told == [
        *((headers["X-Request-Id"], str(status)) for status, headers, _ in answers),
        (told[-1][0], "400"),
    ]
    bugs = re.findall(r"event=bug id=(\w+) .*error=ValueError trace=\".*; from KeyError ", printed)
    failed = [one for one in answers if one[0] == 500]
    assert bugs == [headers["X-Request-Id"] for _, headers, _ in failed]
    assert all(
        f"under request id {name}." in text for name, (_, _, text) in zip(bugs, failed, strict=True)
    )


def test_what_never_gets_to_the_app_is_counted_logged_and_named(tmp_path: Path) -> None:
    with started(TOY, str(tmp_path), "json") as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nContent-Length: many\r\nX-Request-ID: a\r\n\r\n")
            head = connection.makefile("rb").read().decode()
        _, _, metrics = service.ask("GET", "/metrics")
        events = [json.loads(line) for line in service.stop().splitlines()]

    name = re.search(r"^X-Request-I[dD]: (\S+)\r$", head, re.MULTILINE)
    assert name is not None
    assert [event["event"] for event in events] == [
        *("listening", "request", "request", "stopping", "stopped")
    ]
    refused = events[1]
    assert (refused["id"], refused["status"], refused["error"]) == (name[1], 400, "refused")
    assert 'parallax_http_requests_refused_total{status="400"} 1.0' in metrics
    assert "parallax_http_queue_length 0.0" in metrics
    assert "parallax_http_queue_limit 64.0" in metrics
    assert "parallax_http_connections 1.0" in metrics


@pytest.mark.model
def test_it_calls_nobody_and_its_numbers_are_those_of_what_was_done(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    arguments = ["serve", "--port", "0", "--log", "json", "--library", str(tmp_path)]
    with started(COMMAND, *arguments) as service:
        added = service.ask("POST", "/v1/articles", {"articles": [{"text": one} for one in texts]})
        ids = [one["id"] for one in json.loads(added[2])["results"]]
        asked = [
            ("POST", "/v1/search", {"query": "a troop withdrawal"}),
            ("POST", "/v1/search", {"query": "a troop withdrawal"}),
            ("POST", "/v1/compare", {"a": {"id": ids[0]}, "b": {"id": ids[1]}}),
            ("POST", "/v1/summaries", {"articles": [{"id": one} for one in ids]}),
            ("GET", f"/articles/{quote(ids[0])}", None),
            ("GET", "/docs", None),
        ]
        statuses = [service.ask(*one)[0] for one in asked]
        while service.ask("GET", "/readyz")[0] != 200:
            time.sleep(0.2)
        metrics = service.ask("GET", "/metrics")[2]
        *lines, calls = service.stop().splitlines()

    # waitress looks its default address up, though it is not used; that of numbers asks nobody.
    named = [name for name, args in json.loads(calls) if "'0.0.0.0'" not in args]
    assert named == []
    assert (added[0], statuses) == (201, [200] * len(asked))
    values = {
        (sample.name.removeprefix("parallax_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }
    assert values["articles",] == len(texts)
    assert values["passages",] == values["index_passages",] > len(texts)
    assert values["library_generation",] == values["index_generation",] == 1
    assert values["http_requests_total", "POST", "/v1/search", "200"] == 2
    assert values["http_request_seconds_count", "/v1/search"] == 2
    assert values["cache_passages_total", "miss"] > values["passages",]
    # All that was missing was embedded, and nothing twice.
    assert values["encoder_passages_total",] == values["cache_passages_total", "miss"]
    events = [json.loads(line) for line in lines]
    requests = [one for one in events if one["event"] == "request"]
    assert [one["route"] for one in requests][:4] == [
        *("/v1/articles", "/v1/search", "/v1/search", "/v1/compare")
    ]
    assert "troop" not in "".join(lines)
