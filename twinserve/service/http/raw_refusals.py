"""What a door's server says itself, where no framework has seen the request; and how long it listens behind that.

All of it is alike at both doors, with an id, a line in the log and a place in the metrics like any other answer.
"""

from __future__ import annotations

from typing import Final

from twinserve.service.exchange import Exchange
from twinserve.service.http.problem import Problem
from twinserve.service.settings import Settings

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
SILENCE: Final = 2.0
"""Seconds without a byte after which a connection that was half closed is closed; gunicorn's figure."""
MOST_DROPPED: Final = 64 * 1024 * 1024
"""Bytes that are read and dropped behind a last answer, so that a client that sends all of its request before it reads
gets to read it: what is closed with bytes unread is reset, and the answer with it (RFC 9112 section 9.6)."""


def too_slow(settings: Settings) -> Problem:
    """408: the request did not arrive whole in time."""
    detail = f"A request must arrive whole within {settings.receive_timeout:g} s."
    return Problem("request-timeout", detail, headers=(("Connection", "close"),))


def refusal(problem: Exception, exchange: Exchange) -> bytes:
    """A whole HTTP/1.1 response to what went wrong, the last one of its connection; the exchange is done."""
    reply = exchange.refuse(problem)
    headers = dict([*exchange.finish(reply), *reply.fixed]) | {"Connection": "close"}
    lines = [
        f"HTTP/1.1 {int(reply.status)} {reply.status.phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(reply.body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + reply.body
