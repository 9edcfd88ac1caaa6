"""A connection's transport that closes in two steps, so that a last answer is not lost."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final

from twinserve.service.http.raw_refusals import MOST_DROPPED, SILENCE

CLOSED: Final = (RuntimeError, OSError)
"""What half of a connection that has gone raises when it is closed."""


class LingeringTransport:
    """What is closed with bytes unread is reset, and what the client has not read yet is lost. So `close` ends our side
    only, after what is written; what still comes is dropped, until the client ends its own, is silent or sends too
    much (RFC 9112 section 9.6)."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float, send_seconds: float
    ) -> None:
        """`seconds` bounds the second step."""
        self._transport, self._loop = transport, loop
        self.write = transport.write
        self.seconds = seconds
        self.has_ended = False
        """Is our side closed? Nothing is read as a request then."""
        self._dropped = 0
        self._send_seconds, self._taken = send_seconds, 0.0
        """The second: when the client took some of it last, on the loop's clock."""
        self._unsent = math.inf
        """Bytes that were not sent yet when it was looked last."""
        self._last = self._until = 0.0
        """When something came last, and when to wait no longer, on the loop's clock."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Is it closed, or to be?"""
        return self.has_ended or self._transport.is_closing()

    def close(self) -> None:
        """End our side behind what is written."""
        if self.is_closing():
            return
        self.has_ended = True
        try:
            self._transport.write_eof()
        except CLOSED:
            self._transport.close()
            return
        self._transport.resume_reading()
        self._last = self._taken = self._loop.time()
        self._until = self._last + self.seconds
        self._loop.call_later(SILENCE, self._look)

    def close_now(self) -> None:
        """End both sides: nothing is on its way."""
        self.has_ended = True
        self._transport.close()

    def drop(self, size: int) -> None:
        """So many bytes came, and are not looked at."""
        self._last = self._loop.time()
        self._dropped += size
        if self._dropped > MOST_DROPPED:
            self._transport.close()

    def _look(self) -> None:
        if self._transport.is_closing():
            return
        now = self._loop.time()
        unsent = self._transport.get_write_buffer_size()
        if unsent:
            if unsent < self._unsent:
                self._taken = now
            if now > self._taken + self._send_seconds:  # An answer that was cut off has no other deadline.
                self._transport.abort()
                return
            self._last, self._until = now, now + self.seconds
        self._unsent = unsent
        quiet = min(self._last + SILENCE, self._until)
        if quiet <= now:
            self._transport.close()
        else:
            self._loop.call_later(quiet - now, self._look)
