"""What of this door is plain WSGI: a request's headers, and endpoints without a view's costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from serve_flask.body import EXCHANGE
from serve_flask.streaming import sent
from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Header, Reply, StreamedReply
from twinserve.service.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Answer = Callable[[Service, Exchange, HeaderLookup, "WSGIEnvironment"], Reply | StreamedReply]


class Endpoint:
    """A route as a plain WSGI app; a view costs more than a prediction (docs/design.md has the figures)."""

    def __init__(self, service: Service, name: str, answer: Answer) -> None:
        self._service, self._name, self._answer = service, name, answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One exchange."""
        header = header_lookup(environ)
        method, path, scheme = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["wsgi.url_scheme"]
        exchange = environ.get(EXCHANGE)  # Begun with the head, where the body came later.
        if exchange is None:
            exchange = environ[EXCHANGE] = self._service.begin(self._name, method, path, scheme, header)
        try:
            reply = self._answer(self._service, exchange, header, environ)
        except Exception as error:  # Problems and faults alike leave as replies.
            reply = exchange.refuse(error)
        status = f"{reply.status.value} {reply.status.phrase}"
        if isinstance(reply, StreamedReply):
            start_response(status, [*exchange.headers, *reply.fixed])
            return sent(exchange, reply)
        start_response(status, finish(exchange, reply))
        return (reply.body,)


def finish(exchange: Exchange, reply: Reply) -> list[Header]:
    """All headers of a reply, its length included; the exchange is done."""
    headers = [*exchange.finish(reply), *reply.fixed]
    if reply.media_type is not None:
        headers.append(("Content-Length", str(len(reply.body))))
    return headers


def header_lookup(environ: WSGIEnvironment) -> HeaderLookup:
    """A request's headers by lower-case name, from where the server put them: 0.2 us each, not 2."""
    return lambda name: environ.get(header_key(name))


@cache
def header_key(name: str) -> str:
    """Where WSGI has a header; the service asks for few different ones."""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
