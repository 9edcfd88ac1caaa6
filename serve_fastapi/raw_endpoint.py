"""Plain ASGI: endpoints that answer without a path operation, exact matching of paths, and the lookup of headers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import incomplete_body
from twinserve.service.http.reply import Header, Reply, StreamedReply
from twinserve.service.service import Service

AnyAnswer = Callable[[Service, Exchange, HeaderLookup, Scope, Receive], Coroutine[Any, Any, Reply | StreamedReply]]

Headers = Sequence[tuple[bytes, bytes]]
BLANK: Final = b" \t"


class Exact:
    """Matches paths exactly; Starlette's own patterns also match a path with a line feed at its end."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as Starlette does, but never a path that ends in a line feed."""
        if scope["path"].endswith("\n"):
            return Match.NONE, {}
        match: tuple[Match, Scope] = super().matches(scope)  # type: ignore[misc]  # The route that this is mixed into.
        return match


class DoorRouter(Exact, APIRouter):
    """The router that an app includes; the app makes its own routes from the routes in it."""


class Endpoint:
    """A route as a plain ASGI app: a path operation takes longer than a prediction (figures in docs/design.md)."""

    def __init__(self, service: Service, name: str, answer: AnyAnswer) -> None:
        self._service, self._name, self._answer = service, name, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        header = header_lookup(scope)
        exchange = self._service.begin(self._name, scope["method"], scope["path"], scope["scheme"], header)
        try:
            reply = await self._answer(self._service, exchange, header, scope, receive)
        except Exception as error:  # A `Problem` or a fault: both become replies.
            reply = exchange.refuse(error)
        if isinstance(reply, StreamedReply):
            await StreamedResponse(exchange, reply)(scope, receive, send)
            return
        headers = [*encode(exchange.finish(reply)), *encode_once(reply.fixed)]
        if reply.media_type is not None:
            headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
        body = reply.body if scope["method"] != "HEAD" else b""
        await send({"type": "http.response.body", "body": body})


class StreamedResponse(Response):
    """Sends a streamed reply. Starlette's own would read the request's messages meanwhile, to see the client go."""

    def __init__(self, exchange: Exchange, reply: StreamedReply) -> None:
        super().__init__()
        self._exchange, self._reply = exchange, reply

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the reply. One that is cut off has no last message, so the server closes the connection."""
        reply, headers = self._reply, [*encode(self._exchange.headers), *encode_once(self._reply.fixed)]
        try:
            await send({"type": "http.response.start", "status": reply.status.value, "headers": headers})
            async for piece in reply.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (OSError, asyncio.CancelledError) as error:  # The client has gone.
            self._exchange.cut(incomplete_body(), reply)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        except Exception as error:
            self._exchange.cut(error, reply)
            return
        finally:
            await reply.pieces.aclose()
        await send({"type": "http.response.body", "body": b""})
        self._exchange.finish(reply)


def encode(headers: Iterable[Header]) -> Headers:
    """Headers as ASGI takes them: lower-case names, bytes. A list, as a generator takes 0.4 us more."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


@lru_cache(maxsize=256)
def encode_once(headers: tuple[Header, ...]) -> Headers:
    """`encode` with a cache, for headers that are repeated: 0.2 us, not 2."""
    return encode(headers)


def header_lookup(scope: Mapping[str, Any]) -> HeaderLookup:
    """Look headers up by lower-case name; the values of a repeated one are joined by commas, as in WSGI.

    Blanks around a value are no part of it (RFC 9110 section 5.5), and httptools leaves those behind it."""
    fields: dict[bytes, bytes] = dict(scope["headers"])
    if len(fields) < len(scope["headers"]):
        for name in fields:
            fields[name] = b",".join(value.strip(BLANK) for other, value in scope["headers"] if other == name)

    def find(name: str) -> str | None:
        value = fields.get(header_key(name))
        return None if value is None else value.strip(BLANK).decode("latin-1")

    return find


@cache
def header_key(name: str) -> bytes:
    """A header's name as ASGI has it. The cache stays small: the service reads few headers."""
    return name.encode("latin-1")


def address_of(scope: Scope) -> str:
    """The peer's address; empty on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""
