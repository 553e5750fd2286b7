"""What the service bears: many clients for a minute, and more of them than it can answer.

    python benchmarks/load.py --data DIR [--work DIR] [--quick] [--json FILE]

The service is a real one, `parallax serve` with the real model, on a copy of a library of 20,000
passages (see `made_up`), or, with `--quick`, on one of the two seeds and for a few seconds. The
clients are sockets of one process, so that they take little of the machine; each asks its next
question when the last one is answered.

First 50 clients ask for a minute: they search, list, read, compare and summarise, and of ten
requests one adds an article or removes one. No answer may be an error, and the memory of the
service may not grow. Then 200 clients ask one with room for 8 that wait: each answer must come, or
a refusal that says when to ask again, and when they have gone it must be as fast as before.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import monotonic
from typing import Any

from figures import write_figures
from made_up import asked, library
from options import data_folder

from embeddings.readers import read_paths
from service.corpus import Corpus
from service.settings import read_settings

ROOT = Path(__file__).parent.parent

_PASSAGES = 20_000
_CLIENTS, _SECONDS = 50, 60.0
_CROWD, _CROWD_SECONDS, _FEW, _FEW_SECONDS = 200, 20.0, 4, 5.0
_QUICK_SECONDS = 5.0
_WARM_SECONDS = 20.0
_WAITING = 8

# A client that is refused asks again sooner than it is told to: so the crowd stays one.
_IMPATIENCE = 0.25

# Within so many seconds the service must be as fast as before; as fast is nine tenths.
_RECOVERY, _AS_FAST = 2.0, 0.9

# What is kept of the articles that are added, and what memory is in pieces, is less than that.
_MOST_GROWTH = 1.15

Ask = Callable[[random.Random], bytes]


@dataclass
class Pressed:
    """What came of pressing.

    Attributes:
        seconds: For how long.
        statuses: How many answers bore which status.
        taken: Seconds that each answer took that was no refusal.
        wrong: What should not have been, in words.
        finished: When each of those answers came, in seconds since the start.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second, refusals left out."""
        return len(self.taken) / self.seconds

    def percentile(self, percent: int) -> float:
        """Seconds that so many of a hundred answers took at most."""
        return quantiles(self.taken, n=100, method="inclusive")[percent - 1]

    def count(self, status: int, head: bytes, began: float, start: float) -> None:
        """Take note of an answer."""
        now = monotonic()
        self.statuses[status] += 1
        if status in (429, 503):
            if b"\r\nretry-after:" not in head.lower():
                self.wrong.append(f"{status} without Retry-After")
        elif status < 300:
            self.taken.append(now - began)
            self.finished.append(now - start)
        else:
            self.wrong.append(f"{status}: {head[:80]!r}")


def request(method: str, path: str, body: object = None) -> bytes:
    """Write a request."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


def press(port: int, clients: int, seconds: float, ask: Ask) -> Pressed:
    """Let clients ask for so many seconds, each one question after the other."""
    return asyncio.run(_press(port, clients, seconds, ask))


async def _press(port: int, clients: int, seconds: float, ask: Ask) -> Pressed:
    found, start = Pressed(), monotonic()
    await asyncio.gather(
        *(_client(port, start, seconds, ask, random.Random(n), found) for n in range(clients))
    )
    found.seconds = monotonic() - start
    return found


async def _client(
    port: int, start: float, seconds: float, ask: Ask, chance: random.Random, found: Pressed
) -> None:
    reader = writer = None
    while monotonic() < start + seconds:
        began = monotonic()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask(chance))
            status, head = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            found.wrong.append(repr(error))
            if writer is not None:
                writer.close()
            reader = writer = None
            continue
        found.count(status, head, began, start)
        if b"\r\nconnection: close" in head.lower():
            writer.close()
            reader = writer = None
        if status in (429, 503):
            await asyncio.sleep(_IMPATIENCE)
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            await reader.readexactly(int(value))
    return int(head.split(b" ", 2)[1]), head


@contextmanager
def service(folder: Path, **settings: object) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run `parallax serve` on a library; give its port and the process."""
    variables = {f"PARALLAX_{name.upper()}": str(value) for name, value in settings.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", "0", "--library", str(folder)],
        cwd=ROOT,
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield _port(process), process
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Listening at "):
            return int(line.split(":")[2].partition("/")[0])
    raise SystemExit("The service did not start.")


def resident(process: subprocess.Popen[str]) -> float:
    """Return the megabytes of memory that a process holds; 0 where that cannot be told."""
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def mixed(ids: Sequence[str], questions: Sequence[str], words: Sequence[str]) -> Ask:
    """Ask what people and programs ask of a library, and change it now and then."""

    def ask(chance: random.Random) -> bytes:
        choice = chance.random()
        if choice < 0.5:
            return request("POST", "/v1/search", {"query": chance.choice(questions), "k": 10})
        if choice < 0.6:
            return request("GET", f"/v1/articles?limit=20&after={chance.choice(ids)}")
        if choice < 0.7:
            return request("GET", f"/v1/articles/{chance.choice(ids)}")
        if choice < 0.8:
            pair = [{"id": chance.choice(ids)} for _ in range(2)]
            return request("POST", "/v1/compare", {"a": pair[0], "b": pair[1]})
        if choice < 0.9:
            return request("POST", "/v1/summaries", {"articles": [{"id": chance.choice(ids)}]})
        text = " ".join(chance.choices(words, k=60)) + "."
        # Of few ids, so that articles are updated, too, and the library stays as large as it is.
        return request(
            "POST", "/v1/articles", {"id": f"added-{chance.randrange(200)}", "text": text}
        )

    return ask


def _seeds(work: Path) -> Path:
    folder = work / "seeds"
    corpus = Corpus.open(read_settings(library=folder))
    list(corpus.add(read_paths([str(ROOT / "seeds")])))
    corpus.close()
    return folder


def _questions(folder: Path, data: Path | None) -> Ask:
    corpus = Corpus.open(read_settings(library=folder))
    headers = corpus.articles(limit=1000).articles
    words = corpus.article(headers[0].id).text.split()
    corpus.close()
    ids = [one.id for one in headers if one.id.isalnum() or set(one.id) <= set(one.id.lower())]
    questions = asked(data)[:2000] if data else [one.title or one.id for one in headers]
    return mixed(ids or [one.id for one in headers], questions, words)


def bear(folder: Path, ask: Ask, clients: int, seconds: float, warm: float) -> dict[str, float]:
    """Have many clients ask for a while; return figures.

    Raises:
        SystemExit: An answer was an error, or the memory grew.
    """
    with service(folder) as (port, process):
        press(port, _FEW, warm, ask)  # The model is loaded, and what else is loaded once.
        before = press(port, clients, seconds / 6, ask)
        early = resident(process)
        found = press(port, clients, seconds - seconds / 6, ask)
        late = resident(process)
    wrong = before.wrong + found.wrong
    _say(f"{clients} clients, {seconds:.0f} s", found, f"{early:.0f} MB, then {late:.0f} MB")
    if wrong or set(found.statuses) - {200, 201, 204}:
        raise SystemExit(f"Not all was answered: {dict(found.statuses)} {wrong[:3]}")
    if late > _MOST_GROWTH * early:
        raise SystemExit(f"The service grew from {early:.0f} to {late:.0f} MB.")
    return {**_figures(found), "resident_early_mb": early, "resident_late_mb": late}


def overload(folder: Path, ask: Ask, crowd: int, seconds: float, warm: float) -> dict[str, float]:
    """Have more clients ask than can be answered; return figures.

    Raises:
        SystemExit: There was an answer that is neither one nor a refusal that says when to come
            back, or the service was not as fast as before soon enough.
    """
    with service(folder, waiting=_WAITING, threads=_FEW) as (port, _):
        press(port, _FEW, warm, ask)
        before = press(port, _FEW, _FEW_SECONDS, ask)
        found = press(port, crowd, seconds, ask)
        after = press(port, _FEW, _FEW_SECONDS, ask)
    recovery = _recovered(after, before.rate)
    _say(f"{_FEW} clients", before)
    _say(f"{crowd} clients, {_WAITING} may wait", found, f"{dict(found.statuses)}")
    _say(f"{_FEW} clients again", after, f"as fast after {recovery:.1f} s")
    wrong = before.wrong + found.wrong + after.wrong
    if wrong or set(found.statuses) - {200, 201, 204, 429, 503}:
        raise SystemExit(f"Neither answered nor refused: {dict(found.statuses)} {wrong[:3]}")
    if recovery > _RECOVERY:
        raise SystemExit(f"It took {recovery:.1f} s to be as fast as before.")
    return {
        **{f"before_{name}": value for name, value in _figures(before).items()},
        **{f"crowd_{name}": value for name, value in _figures(found).items()},
        **{f"after_{name}": value for name, value in _figures(after).items()},
        "refused": sum(found.statuses[status] for status in (429, 503)),
        "recovery_s": recovery,
    }


def _recovered(after: Pressed, rate: float) -> float:
    """Return from when on, to the end, as much was answered a second as before."""
    for tenths in range(int(after.seconds * 10)):
        start = tenths / 10
        answers = sum(one >= start for one in after.finished)
        if answers / (after.seconds - start) >= _AS_FAST * rate:
            return start
    return after.seconds


def _figures(found: Pressed) -> dict[str, float]:
    return {
        "answers_per_s": found.rate,
        "p50_ms": found.percentile(50) * 1000,
        "p99_ms": found.percentile(99) * 1000,
    }


def _say(what: str, found: Pressed, more: str = "") -> None:
    print(
        f"{what:28} {found.rate:7.1f} answers/s, p50 {found.percentile(50) * 1000:6.0f} ms, "
        f"p99 {found.percentile(99) * 1000:6.0f} ms  {more}",
        flush=True,
    )


@contextmanager
def _copied(source: Path, work: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield shutil.copytree(source, Path(folder) / "library")


def measure(data: Path | None, work: Path, *, quick: bool) -> Mapping[str, Any]:
    """Measure both; return figures."""
    source = library(data, work, _PASSAGES) if data and not quick else _seeds(work)
    ask = _questions(source, None if quick else data)
    seconds = (_QUICK_SECONDS, _QUICK_SECONDS) if quick else (_SECONDS, _CROWD_SECONDS)
    warm = _QUICK_SECONDS if quick else _WARM_SECONDS
    figures: dict[str, Any] = {}
    with _copied(source, work) as folder:
        figures["bear"] = bear(folder, ask, _CLIENTS, seconds[0], warm)
    with _copied(source, work) as folder:
        figures["overload"] = overload(folder, ask, _CROWD, seconds[1], warm)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep what is made in")
    parser.add_argument("--quick", action="store_true", help="on the seeds, for a few seconds")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    if options.data is None and not options.quick:
        parser.error("--data DIR is needed, or --quick")
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        figures = measure(options.data, work, quick=options.quick)
    write_figures(options.json, "load", figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
