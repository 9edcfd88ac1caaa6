"""Refusals as bytes on the wire, for a request that never became one: its head did not arrive whole, or is too large.

No framework has seen it, so the server's side of each door answers itself, alike at both.
"""

from __future__ import annotations

from typing import Final

from service.exchange import id_of
from service.problem import Problem
from service.settings import Settings

MAX_FIELDS: Final = 100
"""Most header fields."""


def too_slow(settings: Settings) -> Problem:
    """408: the request did not arrive whole in time."""
    detail = f"A request must arrive whole within {settings.receive_timeout:g} s."
    return Problem("request-timeout", detail, headers=(("Connection", "close"),))


def head_too_large(settings: Settings) -> Problem:
    """431: the request line and headers are too many bytes or too many fields."""
    detail = f"A request may have {settings.max_head} bytes of headers and {MAX_FIELDS} fields at most."
    return Problem("head-too-large", detail, headers=(("Connection", "close"),))


def refusal(problem: Problem, given_id: str | None = None) -> bytes:
    """A whole HTTP/1.1 response with what every response carries; the connection must be closed behind it."""
    request_id = id_of(given_id)
    reply = problem.reply(request_id)
    head = [
        f"HTTP/1.1 {int(reply.status)} {reply.status.phrase}",
        f"X-Request-Id: {request_id}",
        "Server-Timing: total;dur=0.000",  # Nothing was begun whose time could be told.
        *(f"{name}: {value}" for name, value in reply.fixed),
        f"Content-Length: {len(reply.body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode("ascii") + reply.body
