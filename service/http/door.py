"""Who is let in: those who have a key, where the library keeps any."""

from collections.abc import Collection
from functools import cached_property

from flask import Flask, Response, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from service.http.rates import Rate, address
from service.keys import KeyInfo, Keys, Scope

# Whoever watches over the service may ask how it is.
_OPEN = ("/healthz", "/readyz")

# With a space, so that it is written in quotes, as the standard (RFC 7235) has it.
_REALM = "Parallax library"

# For a person who mistypes; to guess a key takes longer than there is time at any rate.
_FAILURES = "10/minute"

_HOW = (
    "Send it as `Authorization: Bearer KEY`; in a browser it is the password, with any user name. "
    "`parallax key new` makes one."
)


class Door:
    """Lets in who has a key: to read, or to write too.

    It is locked from when the library is first seen to keep keys, even if all of them are revoked
    or their file goes; where others can reach the service it is locked from the start.
    """

    def __init__(self, keys: Keys | None, writing: Collection[str], *, is_locked: bool) -> None:
        """Hang the door.

        Args:
            keys: Those that open it; None lets everybody in.
            writing: Endpoints that take a key to write.
            is_locked: Whether it is locked even if no key is kept.
        """
        self._keys = keys
        self._writing = frozenset(writing)
        self._was_locked = is_locked

    def register(self, app: Flask) -> None:
        """Have every request of an app pass it."""
        app.extensions["door"] = self
        app.before_request(self._check)
        app.after_request(self._marked)

    def lock(self) -> Keys | None:
        """Return the keys one of which is needed; None where none is.

        Raises:
            LibraryDamaged: The file of the keys cannot be read.
        """
        if self._keys is not None and not self._was_locked:
            self._was_locked = self._keys.are_kept()
        return self._keys if self._was_locked else None

    def _check(self) -> None:
        keys = None if request.path in _OPEN else self.lock()
        if keys is None:
            return
        g.key = self._key(keys)
        if request.endpoint in self._writing and g.key.scope is not Scope.WRITE:
            raise Forbidden(
                f"The key {g.key.id} is one to read with; {request.method} {request.path} takes "
                "one whose scope is write."
            )

    def _key(self, keys: Keys) -> KeyInfo:
        """Return what is known of the key that came along."""
        given = _given()
        if given is None:
            raise Unauthorized(
                f"No key came along; one is needed here. {_HOW}", None, _challenges()
            )
        key = keys.find(given)
        if key is None:
            # One that is right is let in all the same: somebody else may have the same address.
            self._failures.take(address())
            raise Unauthorized(
                f"The key that came along opens nothing here; it may have been revoked. {_HOW}",
                None,
                _challenges(error="invalid_token"),
            )
        return key

    @cached_property
    def _failures(self) -> Rate:
        return Rate(_FAILURES, "keys that open nothing")

    def _marked(self, response: Response) -> Response:
        """Keep what only some may see out of everybody's caches."""
        if g.get("key") and request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _given() -> str | None:
    """Return what came along as a key; None if nothing did."""
    authorization = request.authorization
    if authorization is None:
        return None
    if authorization.type == "basic":
        return authorization.password
    return authorization.token if authorization.type == "bearer" else None


def _challenges(**more: str) -> list[WWWAuthenticate]:
    return [
        WWWAuthenticate("bearer", {"realm": _REALM, **more}),
        WWWAuthenticate("basic", {"realm": _REALM, "charset": "UTF-8"}),
    ]
