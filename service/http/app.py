"""The Flask app: a corpus, the routes that ask it, the pages, and what holds for all answers."""

from threading import BoundedSemaphore
from time import perf_counter

from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import BaseConverter

from embeddings.machine import processors
from service.corpus import Corpus
from service.http import errors, pages, routes, watching
from service.http.logs import notice
from service.settings import read_settings

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Turns:
    """Lets so many questions be answered at a time as there are processors, and one more.

    One is embedded meanwhile. More of them would only take the interpreter from each other, at
    every row that SQLite reads, and all would be answered later. What is written, and a question
    of how the service is, waits for no turn.
    """

    def __init__(self) -> None:
        self._free = BoundedSemaphore(processors() + 1)

    def take(self) -> None:
        """Wait for a turn."""
        writes = request.method == "DELETE" or (
            request.method == "POST" and request.path == "/v1/articles"
        )
        if not writes and request.path not in routes.ABOUT_THE_SERVICE:
            asked = perf_counter()
            self._free.acquire()
            g.has_turn = True
            g.turn_wait = perf_counter() - asked

    def give_back(self, error: BaseException | None) -> None:
        """Let the next one go on, whatever became of this one."""
        if g.pop("has_turn", False):
            self._free.release()


class _AnyText(BaseConverter):
    """Takes any text out of a path, slashes at any place included."""

    regex = ".+?"
    part_isolating = False


class _Json(DefaultJSONProvider):
    """JSON as it is given: in its own order, in UTF-8."""

    sort_keys = False
    ensure_ascii = False


def create_app(corpus: Corpus | None = None) -> Flask:
    """Make the app.

    Args:
        corpus: What answers; if it is not given, the one that the environment describes.

    Raises:
        ParallaxError: The corpus of the environment cannot be opened.
    """
    app = watching.App(__name__)
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = errors.MOST_BYTES
    # An id may begin with a slash, end with one, or hold two in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["any_text"] = _AnyText
    app.extensions["corpus"] = corpus or Corpus.open(read_settings(), tell=notice)
    watching.register(app)
    errors.register(app)
    routes.register(app)
    pages.register(app)
    turns = _Turns()
    app.before_request(turns.take)
    app.teardown_request(turns.give_back)
    app.after_request(_with_headers)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
