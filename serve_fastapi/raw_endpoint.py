"""What of this door is plain ASGI: paths that match exactly, and endpoints without a path operation's costs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Header, Reply, StreamedReply
from twinserve.service.service import Service

Answer = Callable[[Service, Exchange, HeaderLookup, Scope, Receive], Coroutine[Any, Any, Reply | StreamedReply]]
Headers = tuple[tuple[bytes, bytes], ...]


class Exact:
    """Paths that match exactly; Starlette's own patterns let a line feed follow."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No path that ends in a line feed is one of these."""
        if scope["path"].endswith("\n"):
            return Match.NONE, {}
        found: tuple[Match, Scope] = super().matches(scope)  # type: ignore[misc]  # The route that this is mixed into.
        return found


class DoorRouter(Exact, APIRouter):
    """For an app that includes the router: it makes routes of its own from those in here."""


class Endpoint:
    """A route as a plain ASGI app; a path operation costs more than a prediction (docs/design.md has the figures)."""

    def __init__(self, service: Service, name: str, answer: Answer) -> None:
        self._service, self._name, self._answer = service, name, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One exchange."""
        header = header_lookup(scope)
        exchange = self._service.begin(self._name, scope["method"], scope["path"], scope["scheme"], header)
        try:
            reply = await self._answer(self._service, exchange, header, scope, receive)
        except Exception as error:  # Problems and faults alike leave as replies.
            reply = exchange.refuse(error)
        if isinstance(reply, StreamedReply):
            from serve_fastapi.streaming import StreamedResponse

            await StreamedResponse(exchange, reply)(scope, receive, send)
            return
        headers = [*encode(exchange.finish(reply)), *encode_once(reply.fixed)]
        if reply.media_type is not None:
            headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status.value, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def encode(headers: Iterable[Header]) -> Headers:
    """Headers as ASGI has them."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)


@lru_cache(maxsize=256)
def encode_once(headers: tuple[Header, ...]) -> Headers:
    """The same for those that come again and again: 0.2 us, not 2."""
    return encode(headers)


def header_lookup(scope: Mapping[str, Any]) -> HeaderLookup:
    """A request's headers by lower-case name; a repeated one as a list with commas, as WSGI has it."""
    fields: dict[bytes, bytes] = dict(scope["headers"])
    if len(fields) < len(scope["headers"]):
        for name in fields:
            fields[name] = b",".join(value for other, value in scope["headers"] if other == name)

    def find(name: str) -> str | None:
        value = fields.get(header_key(name))
        return None if value is None else value.decode("latin-1")

    return find


@cache
def header_key(name: str) -> bytes:
    """A header's name as ASGI has it; the service asks for few different ones."""
    return name.encode("latin-1")


def address_of(scope: Scope) -> str:
    """Where the request comes from; empty on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""
