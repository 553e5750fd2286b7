"""Connections whose clients must not dawdle, so that none holds up another."""

import time
from collections.abc import Collection
from typing import Any

from waitress.channel import HTTPChannel

# Bytes a second that the slowest line carries. Who keeps up with it may send and take all that is
# allowed, however long that takes.
_SLOWEST = 8_000

# So many of the largest bodies may be on their way at once; they wait in memory and on the disk.
_MOST_BODIES = 16


class PatientChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows how long its client has taken over what it does now.

    What waitress looks at is when a byte was last moved, so that a client that sends one now and
    then, or takes one, keeps its connection for ever; and one that takes none at all it does not
    get rid of, since it closes only what can be written to.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        self._since = time.monotonic()
        self._moved = 0
        self._has_asked = False
        self._takes_no_more = False
        super().__init__(*arguments, **options)

    @property
    def is_busy(self) -> bool:
        """Whether a request that has come is not answered yet, or its answer not sent."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def pending_bytes(self) -> int:
        """How much has come of a body that has not come whole."""
        return 0 if self.request is None else int(self.request.body_bytes_received)

    def is_late(self, now: float, patience: float) -> bool:
        """Tell whether the client takes too long: over a request, over an answer, or to begin.

        Args:
            now: The time, by `time.monotonic`.
            patience: Seconds that it may take; and as many again each time that it moved as much
                in them as the slowest line does.
        """
        is_still = self.request is None and self._has_asked
        if not self.total_outbufs_len and (self.requests or is_still):
            self._start(now)  # It waits for us, or asks nothing.
        if now - self._since <= patience:
            return False
        keeps_up = self._moved >= _SLOWEST * patience
        self._start(now)
        return not keeps_up

    def take_no_more(self) -> None:
        """Answer what has come, and then close."""
        self._takes_no_more = True
        for request in list(self.requests):
            request.headers["CONNECTION"] = "close"

    def readable(self) -> bool:
        """Tell whether more is to be read."""
        return not self._takes_no_more and bool(super().readable())

    def received(self, data: bytes) -> bool:
        """Take in what the client sent."""
        before = self.request
        went_on = bool(super().received(data))
        if self.request is not before:
            self._start(time.monotonic())
        self._has_asked = self._has_asked or bool(self.requests)
        self._moved += len(data)
        return went_on

    def write_soon(self, data: Any) -> int:  # noqa: ANN401
        """Take a part of an answer, to be sent when it can be."""
        if not self.total_outbufs_len:
            self._start(time.monotonic())
        return int(super().write_soon(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what can be sent now."""
        sent = int(super().send(data, do_close))
        self._moved += sent
        return sent

    def _start(self, now: float) -> None:
        self._since, self._moved = now, 0


def close_late(channels: Collection[PatientChannel], patience: float, most_bytes: int) -> None:
    """Close the connections whose clients take too long, or send more than can be held.

    Args:
        channels: The open ones.
        patience: Seconds that a client may take; see `PatientChannel.is_late`.
        most_bytes: Of one body.
    """
    now = time.monotonic()
    for channel in channels:
        if channel.is_late(now, patience):
            channel.handle_close()
    held = sum(channel.pending_bytes for channel in channels)
    for channel in sorted(channels, key=lambda one: one.pending_bytes, reverse=True):
        if held <= _MOST_BODIES * most_bytes:
            break
        held -= channel.pending_bytes
        channel.handle_close()


def make_room(channels: Collection[PatientChannel], most: int) -> None:
    """Close the connections that have been still for longest, if there are so many open.

    Else who opens many, and asks nothing, would keep all others out.
    """
    if len(channels) < most:
        return
    still = [channel for channel in channels if not channel.is_busy]
    for channel in sorted(still, key=lambda one: float(one.last_activity))[: most // 4]:
        channel.handle_close()
