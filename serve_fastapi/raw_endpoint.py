"""Plain ASGI: endpoints that answer without a path operation, and exact matching of paths."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from serve_fastapi.headers import encode, encode_once, header_lookup
from serve_fastapi.streaming import StreamedResponse
from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Reply, StreamedReply
from twinserve.service.service import Service

AnyAnswer = Callable[[Service, Exchange, HeaderLookup, Scope, Receive], Coroutine[Any, Any, Reply | StreamedReply]]


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


def address_of(scope: Scope) -> str:
    """The peer's address; empty on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""
