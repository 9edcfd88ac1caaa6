"""A connection's transport that closes in two steps, so that a last answer is not lost."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final

from twinserve.service.raw_refusals import MOST_DROPPED, SILENCE

CLOSED: Final = (RuntimeError, OSError)
"""What closing our side raises on a connection that is gone already."""


class LingeringTransport:
    """Closes in two steps: our side after what is written, then all when the client closes its side, is silent or sends
    too much; what arrives in between is dropped (RFC 9112 section 9.6). A socket that is closed with unread bytes is
    reset, and the client loses the part of the answer that it has not read."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float, send_seconds: float
    ) -> None:
        """`seconds` limits the second step."""
        self._transport, self._loop = transport, loop
        self.write = transport.write
        self.seconds = seconds
        self.has_ended = False
        """Is our side closed? Then nothing is read as a request."""
        self._dropped = 0
        self._send_seconds, self._taken = send_seconds, 0.0
        """`_taken`: when the client last accepted some of the answer, on the loop's clock."""
        self._unsent = math.inf
        """Bytes that were unsent at the last check."""
        self._last = self._until = 0.0
        """When something arrived last, and when waiting ends, on the loop's clock."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Is it closed or closing?"""
        return self.has_ended or self._transport.is_closing()

    def close(self) -> None:
        """Close our side after what is written."""
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
        self._loop.call_later(SILENCE, self._check)

    def close_now(self) -> None:
        """Close both sides: nothing is on its way."""
        self.has_ended = True
        self._transport.close()

    def drop(self, size: int) -> None:
        """Count bytes that arrived and were dropped."""
        self._last = self._loop.time()
        self._dropped += size
        if self._dropped > MOST_DROPPED:
            self._transport.close()

    def _check(self) -> None:
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
            self._loop.call_later(quiet - now, self._check)
