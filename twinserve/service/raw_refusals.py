"""Refusals that a door's server sends itself, before any framework sees the request; and limits on what it reads after.

They are the same at both doors, and have a request id, a log line and an entry in the metrics like any other reply.
"""

from __future__ import annotations

from typing import Final

from twinserve.service.exchange import Exchange
from twinserve.service.http.problem import Problem
from twinserve.service.settings import Settings

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
SILENCE: Final = 2.0
"""Seconds without a byte after which a half-closed connection is closed; gunicorn's figure."""
MOST_DROPPED: Final = 64 * 1024 * 1024
"""Maximum number of bytes that are read and dropped after a connection's last reply. Closing it with bytes unread would
reset it, and a client that sends its whole request before it reads would lose the reply (RFC 9112 section 9.6)."""


def too_slow(settings: Settings) -> Problem:
    """408: the request did not arrive completely in time."""
    detail = f"The request did not arrive completely within {settings.receive_timeout:g} s."
    return Problem("request-timeout", detail, headers=(("Connection", "close"),))


def refusal(problem: Exception, exchange: Exchange) -> bytes:
    """The HTTP/1.1 response to an exception, as bytes; finishes the exchange and says `Connection: close`."""
    reply = exchange.refuse(problem)
    headers = dict([*exchange.finish(reply), *reply.fixed]) | {"Connection": "close"}
    lines = [
        f"HTTP/1.1 {int(reply.status)} {reply.status.phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(reply.body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + reply.body
