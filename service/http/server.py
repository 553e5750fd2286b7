"""Serves an app on this machine, and stops without breaking off an answer."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from types import FrameType
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from embeddings.errors import BadRequest, Overloaded
from service.corpus import Corpus
from service.http.app import create_app
from service.http.errors import MOST_BYTES, RETRY_SECONDS, error_body
from service.http.logs import Event, logger, say
from service.http.request_ids import HEADER, request_id_of
from service.http.routes import ABOUT_THE_SERVICE
from service.http.watching import Watch

# How long answers that are being made may take once the server is to stop.
_GRACE_SECONDS = 30.0

_TICK_SECONDS = 0.25

# Connections that are kept open; what asks over others waits to be let in.
_MOST_CONNECTIONS = 1000

_ALIVE = "/healthz"

_THIS_MACHINE = ["localhost", "127.0.0.1"]


class _TooMany(Error):  # type: ignore[misc]
    """The answer to a request that there is no more room for."""

    code = 503
    reason = "Service Unavailable"


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]
    """What never gets to the app is answered here in the same shape."""

    def execute(self) -> None:
        error = self.request.error
        kind = error.reason.title().replace(" ", "")
        if isinstance(error, _TooMany):
            kind = Overloaded.__name__
            self.response_headers.append(("Retry-After", str(RETRY_SECONDS[Overloaded])))
        body = error_body(kind, f"{error.body}.").encode()
        request_id = request_id_of(self.request.headers.get("X_REQUEST_ID"))
        self.response_headers.append((HEADER, request_id))
        watch: Watch = self.channel.server.watch
        method = getattr(self.request, "command", "")  # What is no HTTP need not have one.
        watch.refused(request_id, method, error.code, str(self.channel.addr[0]))
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    error_task_class = _JsonErrorTask

    def refuse(self, why: str) -> None:
        """Let the request that is next be answered with why it is not."""
        self.requests[0].error = _TooMany(why)


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Hands requests to threads; so many may wait for one, and the rest is refused at once.

    Else the queue would grow until those who wait have gone, and be worked off for nobody.
    """

    def __init__(self, threads: int, most_waiting: int) -> None:
        super().__init__()
        self.limit = most_waiting
        """How many requests may wait for a thread."""
        self.channels: Sized = ()
        """The connections that are open; who makes the server sets them."""
        # However busy the others are, it writes refusals and says that the process is alive.
        self._spare = ThreadedTaskDispatcher()
        self._spare.set_thread_count(1)
        # To tell how the service is may take as long as a trial of the model may.
        self._telling = ThreadedTaskDispatcher()
        self._telling.set_thread_count(1)
        self.set_thread_count(threads)

    @property
    def length(self) -> int:
        """How many requests wait for a thread."""
        return len(self.queue)

    @property
    def is_full(self) -> bool:
        """Whether the next request would be refused."""
        return self.length >= self.limit

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self.channels)

    def add_task(self, task: _Channel) -> None:
        """Hand on the next request of a connection."""
        path = getattr(task.requests[0], "path", "")  # What is no HTTP has none.
        if path == _ALIVE:
            self._spare.add_task(task)
        elif path in ABOUT_THE_SERVICE:
            self._telling.add_task(task)
        elif not self.is_full:
            super().add_task(task)
        else:
            task.refuse(f"{self.length} requests wait already; ask again in a second")
            self._spare.add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the threads."""
        self._spare.shutdown(cancel_pending, timeout)
        self._telling.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


def serve(
    corpus: Corpus,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    threads: int = 8,
    most_waiting: int = 64,
) -> None:
    """Answer over HTTP until the process is told to stop (SIGINT, SIGTERM).

    Args:
        corpus: What answers.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.
        threads: How many requests are answered at once.
        most_waiting: How many more may wait to be; past that they are refused (503).

    Raises:
        BadRequest: One cannot listen there; the message says why.
    """
    # That requests wait is nothing to be told on standard error, each time: it is bounded.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listening = _listen(host, port)
    channels: dict[int, Any] = {}
    app = create_app(corpus)
    if host in _THIS_MACHINE:
        # A page from elsewhere may make its own name mean this machine (DNS rebinding).
        app.config["TRUSTED_HOSTS"] = _THIS_MACHINE
    dispatcher = _Dispatcher(threads, most_waiting)
    server = create_server(
        app,
        map=channels,
        sockets=[listening],
        _dispatcher=dispatcher,
        connection_limit=_MOST_CONNECTIONS,
        ident=None,
        # The app itself refuses what is larger than it takes; this bounds what is received.
        max_request_body_size=2 * MOST_BYTES,
    )
    server.channel_class = _Channel
    server.watch = app.extensions["watch"]
    server.watch.metrics.queue = dispatcher
    dispatcher.channels = server.active_channels
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}/"
    say(f"Listening at {address} - stop with Ctrl+C.", Event("listening", address=address))
    with _told_to_stop() as told:
        while not told.is_set():
            wasyncore.loop(timeout=_TICK_SECONDS, use_poll=True, map=channels, count=1)
    logger.info(Event("stopping"))
    # From here on a second signal ends the process at once.
    wasyncore.dispatcher.close(server)  # New connections are refused; those there go on.
    deadline = time.monotonic() + _GRACE_SECONDS
    while _is_busy(server) and time.monotonic() < deadline:
        wasyncore.loop(timeout=_TICK_SECONDS, use_poll=True, map=channels, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(channels)
    logger.info(Event("stopped"))


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise BadRequest(f"The port is {port}; expected a number from 0 (any free one) to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadRequest(
            f"Cannot listen at {host}, port {port}: {error.strerror}. Choose another one with "
            "--host or --port (0 takes any that is free)."
        ) from error


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    told = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        told.set()

    before = {one: signal.signal(one, tell) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _is_busy(server: Any) -> bool:  # noqa: ANN401
    return any(
        channel.requests or channel.total_outbufs_len
        for channel in list(server.active_channels.values())
    )
