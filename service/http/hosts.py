"""By which names the service may be called."""

import re
from collections.abc import Collection

from flask import Flask, request
from werkzeug.exceptions import BadRequest

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::[0-9]{1,5})?", re.IGNORECASE)


def register(app: Flask, names: Collection[str]) -> None:
    """Let the app answer only to certain names, whatever the port; to all if there are none."""
    known = {name.casefold() for name in names}

    def check() -> None:
        host = request.headers.get("Host", "")
        name = _HOST.fullmatch(host)
        if name is None or name[1].casefold() not in known:
            raise BadRequest(
                f"The Host {host[:100]!r} is no name of this service. Ask for it by a name that it "
                "has, or start it with --host-name NAME."
            )

    if known:
        app.before_request(check)
