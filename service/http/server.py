"""Serves an app on this machine, and stops without breaking off an answer."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterator, Sized
from contextlib import contextmanager
from types import FrameType
from typing import Any

from waitress import create_server, wasyncore
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from embeddings.errors import BadRequest, Overloaded
from embeddings.machine import allow_files, keep_few_arenas
from service.corpus import Corpus
from service.http.app import CAME, create_app
from service.http.errors import RETRY_SECONDS, TOO_LARGE, error_body, too_large
from service.http.headers import SECURITY_HEADERS
from service.http.logs import Event, logger, say
from service.http.origins import readable_by
from service.http.patience import PatientChannel, close_late, make_room
from service.http.request_ids import HEADER, request_id_of
from service.http.routes import ABOUT_THE_SERVICE
from service.http.rules import Rules
from service.http.watching import Watch
from service.keys import Keys

# How long answers that are being made may take once the server is to stop.
_GRACE_SECONDS = 30.0

_TICK_SECONDS = 0.25

# Connections that are kept open; what asks over others waits to be let in.
_MOST_CONNECTIONS = 1000

# A request is read ahead while one is answered: so one sees whether the client has gone.
_READ_AHEAD = 1

# Of the threads there is one more for so many, which changes the library.
_QUESTIONS_A_WRITE = 4

_ALIVE = "/healthz"
_ARTICLES = "/v1/articles"
_WRITES = ("POST", "DELETE")


class _TooMany(Error):  # type: ignore[misc]
    """The answer to a request that there is no more room for."""

    code = 503
    reason = "Service Unavailable"


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]
    """What never gets to the app is answered here in the same shape."""

    def execute(self) -> None:
        error = self.request.error
        kind, message = error.reason.title().replace(" ", ""), f"{error.body}."
        if isinstance(error, _TooMany):
            kind = Overloaded.__name__
            self.response_headers.append(("Retry-After", str(RETRY_SECONDS[Overloaded])))
        else:  # What comes after it on the connection could be anything.
            self.set_close_on_finish()
        if isinstance(error, RequestEntityTooLarge):
            kind, message = TOO_LARGE, too_large(self.channel.server.most_bytes)
        body = error_body(kind, message).encode()
        request_id = request_id_of(self.request.headers.get("X_REQUEST_ID"))
        self.response_headers.append((HEADER, request_id))
        watch: Watch = self.channel.server.watch
        method = getattr(self.request, "command", "")  # What is no HTTP need not have one.
        watch.refused(request_id, method, error.code, str(self.channel.addr[0]))
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/json"), *SECURITY_HEADERS.items()]
        self.response_headers += self._for_pages(self.channel.server.origins).items()
        self.content_length = len(body)
        self.write(body)

    def _for_pages(self, allowed: Collection[str]) -> dict[str, str]:
        """Return what lets pages of other sites read it, as far as they may."""
        vary = {"Vary": "Origin"} if allowed else {}
        return vary | readable_by(self.request.headers.get("ORIGIN"), allowed)


class _Task(WSGITask):  # type: ignore[misc]
    """A request that the app answers."""

    def get_environment(self) -> dict[str, Any]:
        """Return what the app is told, and when the request had come."""
        environ: dict[str, Any] = super().get_environment()
        environ[CAME] = self.request.came
        return environ


class _Channel(PatientChannel):
    """A connection."""

    task_class = _Task
    error_task_class = _JsonErrorTask

    def refuse(self, why: str) -> None:
        """Let the request that is next be answered with why it is not."""
        self.requests[0].error = _TooMany(why)


class _Pool(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads, and the requests that wait for one."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.set_thread_count(threads)

    def take_out(self, since: float) -> tuple[list[_Channel], list[_Channel]]:
        """Take out requests that have waited since then, and those whose clients have gone."""
        with self.lock:
            gone = [task for task in self.queue if not task.connected]
            late = [task for task in self.queue if task.connected and task.requests[0].came < since]
            for task in gone + late:
                self.queue.remove(task)
        return late, gone


class _Dispatcher(_Pool):
    """Hands requests to threads; so many may wait for one, and the rest is refused at once.

    Else the queue would grow until those who wait have gone, and be worked off for nobody. What
    changes the library has threads of its own: it waits for other writers, and questions should
    not wait for it.
    """

    def __init__(self, threads: int, most_waiting: int) -> None:
        super().__init__(threads)
        self.limit = most_waiting
        """How many requests may wait for a thread."""
        self.channels: Sized = ()
        """The connections that are open; who makes the server sets them."""
        self._writing = _Pool(max(1, threads // _QUESTIONS_A_WRITE))
        # However busy the others are, it writes refusals and says that the process is alive.
        self._spare = _Pool(1)
        # To tell how the service is may take as long as a trial of the model may.
        self._telling = _Pool(1)

    @property
    def length(self) -> int:
        """How many requests wait for a thread."""
        return len(self.queue) + len(self._writing.queue)

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
        request = task.requests[0]
        request.came = time.monotonic()
        if request.error or request.path == _ALIVE:  # What is no HTTP has no path.
            self._spare.add_task(task)
        elif request.path in ABOUT_THE_SERVICE:
            self._ask_how_it_is(task)
        elif self.is_full:
            self._refuse(task, f"{self.length} requests wait already")
        elif request.command in _WRITES and request.path.startswith(_ARTICLES):
            self._writing.add_task(task)
        else:
            super().add_task(task)

    def refuse_late(self, timeout: float) -> None:
        """Give up on requests that have waited so long, and on those whose clients have gone."""
        for pool in (self, self._writing, self._telling):
            late, gone = pool.take_out(time.monotonic() - timeout)
            for task in late:
                self._refuse(task, f"No turn came within {timeout:g} seconds")
            for task in gone:
                task.cancel()

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the threads."""
        self._spare.shutdown(cancel_pending, timeout)
        self._telling.shutdown(cancel_pending, timeout)
        self._writing.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))

    def _ask_how_it_is(self, task: _Channel) -> None:
        waiting = len(self._telling.queue)
        if waiting < self.limit:
            self._telling.add_task(task)
        else:
            self._refuse(task, f"{waiting} wait already to be told how the service is")

    def _refuse(self, task: _Channel, why: str) -> None:
        task.refuse(f"{why}; ask again in a second")
        self._spare.add_task(task)


def serve(
    corpus: Corpus, host: str = "127.0.0.1", port: int = 8080, rules: Rules | None = None
) -> None:
    """Answer over HTTP until the process is told to stop (SIGINT, SIGTERM).

    Args:
        corpus: What answers.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.
        rules: What is let in; if they are not given, the usual ones, with the library's keys.

    Raises:
        BadRequest: One cannot listen there, or not without a key; the message says why.
    """
    keep_few_arenas()
    # Of a connection there may be three: a large request and a large answer lie in files.
    allow_files(4 * _MOST_CONNECTIONS)
    # That requests wait is nothing to be told on standard error, each time: it is bounded.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with _listen(host, port) as listening:
        at, port = listening.getsockname()[:2]
        rules = (rules or Rules(keys=Keys(corpus.library.folder))).at(at, host)
        channels: dict[int, Any] = {}
        app = create_app(corpus, rules)
        dispatcher = _Dispatcher(rules.threads, rules.waiting)
        server = create_server(
            app,
            map=channels,
            sockets=[listening],
            _dispatcher=dispatcher,
            # It counts what it listens at and is woken by too.
            connection_limit=_MOST_CONNECTIONS + 2,
            channel_request_lookahead=_READ_AHEAD,
            # What proxies say is read, or not, by the app.
            clear_untrusted_proxy_headers=not rules.proxies,
            log_socket_errors=False,
            ident=None,
            # The app itself refuses what is larger than it takes; this bounds what is received.
            max_request_body_size=2 * rules.body,
        )
        server.channel_class = _Channel
        server.watch = app.extensions["watch"]
        server.watch.metrics.queue = dispatcher
        dispatcher.channels = server.active_channels
        server.most_bytes = rules.body
        server.origins = rules.origins
        server.next_look = 0.0
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/"
        say(f"Listening at {address} - stop with Ctrl+C.", Event("listening", address=address))
        with _told_to_stop() as told:
            while not told.is_set():
                wasyncore.loop(timeout=_TICK_SECONDS, use_poll=True, map=channels, count=1)
                _look_after(server, rules)
        logger.info(Event("stopping"))
        # From here on a second signal ends the process at once.
        _finish(server, channels)


def _look_after(server: Any, rules: Rules) -> None:  # noqa: ANN401
    """Now and then, close the connections that hold up others."""
    make_room(list(server.active_channels.values()), _MOST_CONNECTIONS)
    if time.monotonic() >= server.next_look:
        server.task_dispatcher.refuse_late(rules.timeout)
        close_late(list(server.active_channels.values()), rules.timeout, 2 * rules.body)
        server.next_look = time.monotonic() + _TICK_SECONDS


def _finish(server: Any, channels: dict[int, Any]) -> None:  # noqa: ANN401
    """Answer what had come when one was told to stop, and nothing after it."""
    wasyncore.dispatcher.close(server)  # New connections are refused.
    for channel in list(server.active_channels.values()):
        channel.take_no_more()
    deadline = time.monotonic() + _GRACE_SECONDS
    while server.active_channels and time.monotonic() < deadline:
        for channel in list(server.active_channels.values()):
            if not channel.is_busy:
                channel.handle_close()
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
