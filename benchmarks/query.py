"""How fast questions are answered over HTTP, beside txtai's own service.

    python benchmarks/query.py --data DIR [--work DIR] [--quick] [--json FILE]

Both services run as they do for users, each in a process of its own, on the same passages with the
same vectors: real articles cut up anew, vectors made up from real ones (`made_up.py`), for to
embed a hundred thousand passages takes the better part of an hour. Questions are embedded by the
real model in both. They are headlines, each asked once, so that no cache helps; the first ones
are not counted. What a request cannot do without, the bare embedding of the question, is measured
in the same run, with our encoder and with sentence-transformers as it comes.

The library lies in `--work` (a temporary folder if it is not given) and is built there if it is
not there.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from encode import worker
from encoding import SENTENCE_TRANSFORMERS
from figures import write_figures
from made_up import asked, library
from options import data_folder

from embeddings.cache import EmbeddingCache, _key
from embeddings.encoder import Passage, Role
from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.stored import StoredChunk
from service.corpus import Corpus
from service.settings import read_settings

_HITS = 10
_CLIENTS = (1, 16)
_WARM_UP = 60
_START_SECONDS = 300


class Size(NamedTuple):
    """How much is measured."""

    passages: int
    questions: int
    """For each number of clients."""


_FULL = Size(100_000, 300)
_QUICK = Size(20_000, 80)


class Service(NamedTuple):
    """A service that answers.

    Attributes:
        name: What it is.
        port: Where it listens, on this machine.
        process: Its process.
        request: Makes of a question a method, an address and a body.
    """

    name: str
    port: int
    process: "subprocess.Popen[Any]"
    request: Callable[[str], tuple[str, str, str | None]]


class Timing(NamedTuple):
    """How fast a service was."""

    per_second: float
    p50: float
    p95: float
    p99: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the library in")
    parser.add_argument("--passages", type=int, help="how many it has; 100,000 by default")
    parser.add_argument("--quick", action="store_true", help="20,000 passages and few questions")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    size = _QUICK if options.quick else _FULL
    size = size._replace(passages=options.passages or size.passages)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        figures = measure(options.data, work, size)
    write_figures(options.json, "query", figures)
    return 0


def measure(data: Path, work: Path, size: Size) -> dict[str, Any]:
    """Measure all services in turn and print what comes out."""
    folder = library(data, work, size.passages)
    questions = asked(data)
    forget(folder, questions)
    need = _WARM_UP + len(_CLIENTS) * size.questions
    if len(questions) < need:
        raise SystemExit(f"{data} has {len(questions)} questions; {need} are needed.")
    print(f"{size.passages:,} passages, {_HITS} hits; {size.questions} questions for each row")
    bare = {
        "parallax": bare_encoding(folder, questions[-_WARM_UP:]),
        SENTENCE_TRANSFORMERS: reference_encoding(work, questions[-_WARM_UP:]),
    }
    told = ", ".join(f"{name} {taken:.1f} ms" for name, taken in bare.items())
    print(f"  one bare encoding of a question, p50: {told}\n")
    print(f"{'':16} {'clients':>7} {'answers/s':>10} {'p50':>8} {'p95':>8} {'p99':>8}  ms, memory")
    figures: dict[str, Any] = {"passages": size.passages, "bare_encoding_ms": bare}
    for started in (
        parallax(folder),
        txtai(work, folder, size.passages, hybrid=False),
        txtai(work, folder, size.passages, hybrid=True),
    ):
        with started as service:
            files = [path for path in work.rglob("*") if path.is_file()]
            figures[service.name] = measured(service, questions, size.questions, files)
    print_ratios(figures, bare)
    return figures


def measured(
    service: Service, questions: Sequence[str], count: int, files: Sequence[Path]
) -> dict[str, Any]:
    """Ask one service with few and with many clients."""
    for path in files:
        # As with a service that has run for a while: what it asks the disk for is in memory.
        path.read_bytes()
    left = iter(questions)
    # With all connections, so that every thread has opened its files.
    asked_by(service, list(islice(left, _WARM_UP)), max(_CLIENTS))
    found: dict[str, Any] = {}
    for clients in _CLIENTS:
        timing = asked_by(service, list(islice(left, count)), clients)
        found[f"{clients} clients"] = timing._asdict()
        found["resident_mb"] = resident_mb(service.process.pid)
        print(
            f"{service.name:16} {clients:7} {timing.per_second:10.1f} {timing.p50:8.1f} "
            f"{timing.p95:8.1f} {timing.p99:8.1f}  {found['resident_mb']:.0f} MB",
            flush=True,
        )
    return found


def print_ratios(figures: dict[str, Any], bare: Mapping[str, float]) -> None:
    """Print how the services compare, and what a request costs beyond the encoding."""
    one, many = (f"{clients} clients" for clients in _CLIENTS)
    ours = figures["parallax"]
    print()
    for name in ("txtai", "txtai hybrid"):
        times = ours[many]["per_second"] / figures[name][many]["per_second"]
        figures[f"times {name}"] = times
        print(f"  {_CLIENTS[1]} clients: {times:.1f} times the answers of {name} per second")
    figures["p99_by_p50"] = ours[many]["p99"] / ours[many]["p50"]
    print(f"  {_CLIENTS[1]} clients: p99 is {figures['p99_by_p50']:.1f} times the p50")
    figures["p50_by_bare"] = {name: ours[one]["p50"] / taken for name, taken in bare.items()}
    for name, times in figures["p50_by_bare"].items():
        print(f"  one client: p50 is {times:.1f} times one bare encoding by {name}")


# What is asked, and of what


def forget(folder: Path, questions: Sequence[str]) -> None:
    """Take questions of an earlier run out of the cache, so that each is embedded anew."""
    cache = EmbeddingCache(folder / "cache.sqlite3")
    passages = [Passage(text, role=Role.QUERY) for text in questions]
    keys = [(_key(one.fingerprint, asked),) for one in cache.profiles() for asked in passages]
    with cache._database.writing() as connection:
        connection.executemany("DELETE FROM entries WHERE key = ?", keys)
    cache.close()


def bare_encoding(folder: Path, questions: Sequence[str]) -> float:
    """Return the median of the milliseconds that the model takes for a question alone."""
    corpus = Corpus.open(read_settings(library=folder))
    encoder = corpus.library.encoder._encoder  # Without the cache.
    if encoder is None:
        raise SystemExit("The model is needed; unset PARALLAX_OFFLINE.")
    passages = [[Passage(text, role=Role.QUERY)] for text in questions]
    encoder.encode(passages[0])
    times = [timed(lambda one=one: encoder.encode(one)) for one in passages]  # type: ignore[misc]
    corpus.close()
    return float(np.median(times))


def reference_encoding(work: Path, questions: Sequence[str]) -> float:
    """Return what `bare_encoding` does, of sentence-transformers in a process of its own."""
    with worker(SENTENCE_TRANSFORMERS, work) as reference:
        return float(median(reference.ask("one by one", texts=list(questions))))


# Services


@contextmanager
def parallax(folder: Path) -> Iterator[Service]:
    """Run `parallax serve`."""
    command = [sys.executable, "-m", "service", "serve", "--library", str(folder), "--port"]

    def request(question: str) -> tuple[str, str, str | None]:
        return "POST", "/v1/search", json.dumps({"query": question, "k": _HITS})

    with running("parallax", command, {}, request) as service:
        yield service


@contextmanager
def txtai(work: Path, folder: Path, passages: int, *, hybrid: bool) -> Iterator[Service]:
    """Run txtai's API on an index of the same passages, built if it is not there."""
    name = "txtai hybrid" if hybrid else "txtai"
    index = work / f"{name.replace(' ', '-')}-{passages}"
    if not (index / "config.json").exists():
        build_txtai(index, folder, hybrid=hybrid)
    config = index.with_suffix(".yml")
    # JSON is YAML. What the index was made with counts; that there is one opens the routes.
    config.write_text(json.dumps({"path": str(index), "embeddings": {"content": True}}))
    command = [sys.executable, "-m", "uvicorn", "txtai.api:app", "--log-level", "warning", "--port"]

    def request(question: str) -> tuple[str, str, str | None]:
        return "GET", f"/search?query={quote(question)}&limit={_HITS}", None

    with running(name, command, {"CONFIG": str(config)}, request) as service:
        yield service


def build_txtai(index: Path, folder: Path, *, hybrid: bool) -> None:
    """Index the passages with txtai, by the vectors that the library has of them."""
    from txtai import Embeddings

    corpus = Corpus.open(read_settings(library=folder))
    vectors: dict[str, Any] = {}

    def look_up(texts: Sequence[str]) -> Any:  # noqa: ANN401
        return np.stack([vectors[text] for text in texts])

    def documents() -> Iterator[tuple[str, dict[str, str]]]:
        for number, (chunk, vector) in enumerate(chunks_of(corpus)):
            vectors[chunk.text] = vector
            yield f"{chunk.article_id}-{number}", {"text": chunk.text}

    config = {"method": "external", "transform": look_up, "content": True, "hybrid": hybrid}
    embeddings = Embeddings(config)
    embeddings.index(documents())
    embeddings.save(str(index))
    embeddings.close()
    corpus.close()
    # From here on it embeds questions itself, with the same model.
    saved = index / "config.json"
    facts = json.loads(saved.read_text())
    del facts["transform"]
    model = str(locate(read_settings().model or DEFAULT_MODEL))
    saved.write_text(json.dumps({**facts, "method": "transformers", "path": model}))


def chunks_of(corpus: Corpus) -> Iterator[tuple[StoredChunk, Any]]:
    """Give all passages with their vectors."""
    ids = corpus.library.store.chunk_ids().tolist()
    for start in range(0, len(ids), 1000):
        chunks = list(corpus.library.store.chunks(ids[start : start + 1000]).values())
        for chunk, rows in zip(chunks, corpus.library.vectors(chunks), strict=True):
            yield chunk, rows[0]


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    environment: dict[str, str],
    request: Callable[[str], tuple[str, str, str | None]],
) -> Iterator[Service]:
    """Run a service until it is not needed any more.

    Args:
        name: What it is.
        command: Starts it; the port comes behind.
        environment: What it needs besides the environment of this process.
        request: See `Service`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            [*command, str(port)], env=os.environ | environment, stdout=log, stderr=log
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        service = Service(name, port, process, request)
        deadline = time.monotonic() + _START_SECONDS
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise SystemExit(f"{name} did not start:\n{log.read().decode()}")
            time.sleep(0.2)
        yield service


def is_listening(port: int) -> bool:
    """Tell whether anything listens at a port of this machine."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def resident_mb(process: int) -> float:
    """Return how much memory of a process is resident; not a number where that is not told."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status.read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")


# Clients


def asked_by(service: Service, questions: Sequence[str], clients: int) -> Timing:
    """Let clients ask the questions, each a share of them and one after the other."""
    start = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [questions[number::clients] for number in range(clients)]
        found = [
            one for times in pool.map(lambda own: client(service, own), shares) for one in times
        ]
    taken = perf_counter() - start
    p50, p95, p99 = np.percentile(found, [50, 95, 99]).tolist()
    return Timing(len(questions) / taken, p50, p95, p99)


def client(service: Service, questions: Sequence[str]) -> list[float]:
    """Ask questions over one connection; return the milliseconds of each."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=120)

    def ask(question: str) -> None:
        method, address, body = service.request(question)
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, address, body, headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200 or not json.loads(content):
            raise SystemExit(f"{service.name}: {response.status} {content[:200]!r}")

    times = [timed(lambda one=one: ask(one)) for one in questions]  # type: ignore[misc]
    connection.close()
    return times


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds something takes."""
    start = perf_counter()
    work()
    return 1000 * (perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
