"""The Flask app: a corpus, the routes that ask it, the pages, and what holds for all answers."""

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import BaseConverter

from service.corpus import Corpus
from service.http import errors, pages, routes
from service.settings import read_settings

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


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
    app = Flask(__name__)
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = errors.MOST_BYTES
    # An id may begin with a slash, end with one, or hold two in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["any_text"] = _AnyText
    app.extensions["corpus"] = corpus or Corpus.open(read_settings(), tell=app.logger.warning)
    errors.register(app)
    routes.register(app)
    pages.register(app)
    app.after_request(_with_headers)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
