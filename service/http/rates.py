"""How often one client may ask. The only importer of limits."""

import ipaddress
import math
import time

from flask import Flask, g, request
from werkzeug.exceptions import TooManyRequests

_OPEN = "/healthz"


class Rate:
    """Counts what clients do, in a window that slides, and says when one does it too often."""

    def __init__(self, rate: str, what: str) -> None:
        """Start counting.

        Args:
            rate: How often it may be done, such as "20/second".
            what: What is done, in the plural.
        """
        # Imported here: to import it takes longer than to start all else of the service.
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import SlidingWindowCounterRateLimiter

        self._limit = parse(rate)
        self._what = what
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, client: str) -> None:
        """Count once for a client.

        Raises:
            TooManyRequests: It was once too often.
        """
        if self._counter.hit(self._limit, client):
            return
        again = self._counter.get_window_stats(self._limit, client).reset_time - time.time()
        seconds = max(1, math.ceil(again))
        raise TooManyRequests(
            f"Too many {self._what}: up to {self._limit} are taken of one client. Ask again in "
            f"{seconds} second{'s' if seconds != 1 else ''}.",
            retry_after=seconds,
        )


def register(app: Flask, rate: str | None) -> None:
    """Have the requests of every client counted, if there is a rate to hold them to."""
    if rate is None:
        return
    requests = Rate(rate, "requests")

    def count() -> None:
        if request.path != _OPEN:
            requests.take(client())

    app.before_request(count)


def client() -> str:
    """Return who asks: the id of the key, else the address."""
    key = g.get("key")
    return f"key {key.id}" if key else address()


def address() -> str:
    """Return where a request comes from: of IPv6 the network, of which a client has all."""
    given = request.remote_addr or ""
    try:
        found = ipaddress.ip_address(given.partition("%")[0])
    except ValueError:  # What a proxy wrote.
        return given[:64]
    mapped = getattr(found, "ipv4_mapped", None)
    if found.version == 4 or mapped:
        return str(mapped or found)
    return str(ipaddress.ip_network((found, 64), strict=False))
