"""What the pages of other sites may do, in the browser of someone who may do more."""

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden

_SAFE = ("GET", "HEAD", "OPTIONS")

_ANSWER_TO_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Origins:
    """Keeps other sites out but for those that were named.

    A browser sends the password of a page along whichever site made it ask. So what may change
    something is refused to the pages of other sites, as the browser tells which they are; what is
    asked by no browser says nothing of that, and passes. And what is answered no page of another
    site may read (there is no CORS), unless the site was named. None is ever allowed to have the
    password sent: it brings a key of its own.

    Source: Filippo Valsorda (2025), "Cross-Site Request Forgery", words.filippo.io/csrf; the same
    as `CrossOriginProtection` of Go's net/http.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(allowed)

    def register(self, app: Flask) -> None:
        """Have every request of an app looked at, and its answer marked."""
        app.before_request(self._check)
        app.after_request(self._marked)

    def _check(self) -> Response | None:
        origin = request.headers.get("Origin")
        if origin in self._allowed:
            asks_first = "Access-Control-Request-Method" in request.headers
            is_preflight = request.method == "OPTIONS" and asks_first
            return Response(status=204, headers=_ANSWER_TO_PREFLIGHT) if is_preflight else None
        if request.method not in _SAFE and not _is_own(origin):
            raise Forbidden(
                f"{request.method} {request.path} was asked by a page of another site; expected "
                "one of this service, or of a site that PARALLAX_CORS names."
            )
        return None

    def _marked(self, response: Response) -> Response:
        if self._allowed:
            response.vary.add("Origin")
        response.headers.update(readable_by(request.headers.get("Origin"), self._allowed))
        return response


def readable_by(origin: str | None, allowed: Collection[str]) -> dict[str, str]:
    """Return the headers that let a page read an answer; none if it may not.

    Args:
        origin: Of the page, as its browser tells it.
        allowed: Of those that may.
    """
    if origin is None or origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After, X-Request-ID",
    }


def _is_own(origin: str | None) -> bool:
    """Tell whether a request comes of this service's own pages, or of no page at all."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    # Of an old browser, which only tells where from.
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")
