"""Sees every request come and go: gives it an id, counts it, and writes its line in the log."""

import logging
import re
from time import perf_counter
from types import TracebackType
from typing import cast

from flask import Flask, Response, g, request

from embeddings.errors import (
    LibraryBusy,
    LibraryDamaged,
    LibraryUnwritable,
    ModelChanged,
    ModelUnavailable,
    Overloaded,
)
from service.corpus import Corpus
from service.http import logs, rates
from service.http.logs import Event, kind, trace
from service.http.metrics import Metrics
from service.http.readiness import Readiness, Verdict
from service.http.request_ids import HEADER, request_id_of

# A client may make up any method and any path; a metric has a series for each that is told apart.
_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_OTHER = "other"

# What is for who runs the service to mend. Their messages are of files, processes and models;
# those of other errors quote what was asked.
_TOLD_IN_FULL = (
    *(LibraryBusy, LibraryDamaged, LibraryUnwritable),
    *(ModelChanged, ModelUnavailable),
)


class App(Flask):
    """A Flask app that tells of bugs where they happened, and not with what.

    Flask would log the path that was asked for and the exception's message, either of which may
    hold a part of an article, a question, or a line break.
    """

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log an exception that no error handler knows."""
        error = exc_info[1]
        if error is not None:
            logs.logger.error(
                Event("bug", **_asked(), error=kind(error), trace=trace(error)),
            )


class Watch:
    """What is known of an app from outside."""

    def __init__(self, corpus: Corpus) -> None:
        self.metrics = Metrics(corpus)
        self.readiness = Readiness(corpus)

    def ask(self) -> Verdict:
        """Tell whether questions can be answered: there is room for them, and a trial succeeds."""
        queue = self.metrics.queue
        if queue is not None and queue.is_full:
            return Verdict(
                Overloaded.__name__, f"{queue.length} requests wait already; no more may."
            )
        return self.readiness.ask()

    def begin(self) -> None:
        """Take note of a request."""
        g.began = perf_counter()
        g.request_id = request_id_of(request.headers.get(HEADER))
        self.metrics.in_flight.inc()

    def end(self, response: Response) -> Response:
        """Take note of an answer, and name it by its request."""
        response.headers[HEADER] = g.request_id
        seconds = perf_counter() - g.began
        about = _asked()
        self.metrics.requests.labels(about["method"], about["route"], response.status_code).inc()
        self.metrics.seconds.labels(about["route"]).observe(seconds)
        if "turn_wait" in g:
            self.metrics.turn_wait.observe(g.turn_wait)
        error: Exception | None = g.get("error")
        if isinstance(error, _TOLD_IN_FULL):
            logs.logger.error(Event("failed", **about, error=type(error).__name__, why=str(error)))
        _write_line(
            **about,
            status=response.status_code,
            seconds=round(seconds, 4),
            bytes=0 if request.method == "HEAD" else response.content_length,
            client=rates.client(),
            error=type(error).__name__ if error else g.get("problem"),
        )
        return response

    def leave(self, error: BaseException | None) -> None:
        """Take note that a request is done with, however it ended."""
        if g.pop("began", None) is not None:
            self.metrics.in_flight.dec()

    def refused(self, request_id: str, method: str, status: int, address: str) -> None:
        """Take note of a request that was answered before it got to the app."""
        self.metrics.refused.labels(status).inc()
        _write_line(
            id=request_id,
            method=_method(method),
            route=_OTHER,
            status=status,
            seconds=None,
            bytes=None,
            client=address,
            error="refused",
        )


def register(app: Flask) -> None:
    """Watch an app; before all else of it, so that all else is seen."""
    watch = Watch(cast(Corpus, app.extensions["corpus"]))
    app.extensions["watch"] = watch
    app.before_request(watch.begin)
    app.after_request(watch.end)  # Flask runs those that come later first.
    app.teardown_request(watch.leave)


def _write_line(**fields: logs.Field) -> None:
    if logs.requests.isEnabledFor(logging.INFO):
        logs.requests.info(Event("request", **fields))


def _asked() -> dict[str, str]:
    """Tell what was asked, by words of a bounded number."""
    rule = request.url_rule
    # Names of parameters as the description of the interface has them.
    route = re.sub(r"<(?:\w+:)?(?:article_)?(\w+)>", r"{\1}", rule.rule) if rule else _OTHER
    return {"id": g.request_id, "method": _method(request.method), "route": route}


def _method(given: str) -> str:
    return given if given in _METHODS else _OTHER
