"""The Flask app: a corpus, the routes that ask it, the pages, and what holds for all answers."""

import time
from threading import BoundedSemaphore

from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from embeddings.errors import Overloaded
from embeddings.machine import processors
from service.corpus import Corpus
from service.http import errors, headers, hosts, pages, rates, routes, watching
from service.http.door import Door
from service.http.logs import notice
from service.http.origins import Origins
from service.http.rules import Rules
from service.keys import Keys
from service.settings import read_settings

# When the request had come, by `time.monotonic`, as far as the server says so.
CAME = "parallax.came"

# What a proxy notes of a request whose client went away before it was answered.
_CLIENT_GONE = 499


class _Turns:
    """Lets so many questions be answered at a time as there are processors, and one more.

    One is embedded meanwhile. More of them would only take the interpreter from each other, at
    every row that SQLite reads, and all would be answered later. What is written, and a question
    of how the service is, waits for no turn.
    """

    def __init__(self, timeout: float) -> None:
        self._free = BoundedSemaphore(processors() + 1)
        self._timeout = timeout

    def take(self) -> Response | None:
        """Wait for a turn, but no longer than somebody still waits for the answer.

        Raises:
            Overloaded: None came in time.
        """
        if request.endpoint in routes.WRITING or request.path in routes.ABOUT_THE_SERVICE:
            return None
        left = request.environ.get(CAME, time.monotonic()) + self._timeout - time.monotonic()
        asked = time.monotonic()
        if not self._free.acquire(timeout=max(0, left)):
            raise Overloaded(
                f"No turn came within {self._timeout:g} seconds; ask again in a second."
            )
        g.has_turn = True
        g.turn_wait = time.monotonic() - asked
        has_gone = request.environ.get("waitress.client_disconnected", bool)
        return Response(status=_CLIENT_GONE) if has_gone() else None

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


def create_app(corpus: Corpus | None = None, rules: Rules | None = None) -> Flask:
    """Make the app.

    Args:
        corpus: What answers; if it is not given, the one that the environment describes.
        rules: What is let in; if they are not given, those that the environment describes, or
            with a corpus the usual ones. Either way a library that keeps keys asks for one.

    Raises:
        ParallaxError: The corpus of the environment cannot be opened.
    """
    app = watching.App(__name__)
    app.json = _Json(app)
    if corpus is None:
        settings = read_settings()
        corpus = Corpus.open(settings, tell=notice)
        rules = rules or Rules.of(settings, Keys(corpus.library.folder))
    rules = rules or Rules(keys=Keys(corpus.library.folder))
    app.config["MAX_CONTENT_LENGTH"] = rules.body
    # An id may begin with a slash, end with one, or hold two in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["any_text"] = _AnyText
    app.extensions["corpus"] = corpus
    app.extensions["rules"] = rules
    watching.register(app)
    errors.register(app)
    routes.register(app)
    pages.register(app)
    _guard(app, rules)
    turns = _Turns(rules.timeout)
    app.before_request(turns.take)
    app.teardown_request(turns.give_back)
    return app


def _guard(app: Flask, rules: Rules) -> None:
    """Put before an app what lets requests in; they pass it in this order."""
    if rules.proxies:
        # Of the host nothing is believed: not every proxy writes it, and then the client has.
        wrapped = ProxyFix(app.wsgi_app, x_for=rules.proxies, x_proto=rules.proxies, x_host=0)
        app.wsgi_app = wrapped  # type: ignore[method-assign]
    headers.register(app)
    hosts.register(app, rules.hosts)
    Origins(rules.origins).register(app)
    Door(rules.keys, routes.WRITING, is_locked=rules.is_locked).register(app)
    rates.register(app, rules.rate)
