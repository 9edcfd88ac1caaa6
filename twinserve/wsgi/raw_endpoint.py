"""Plain WSGI: endpoints that answer without the framework of a door, and the lookup of headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Header, Reply, StreamedReply
from twinserve.service.service import Service
from twinserve.wsgi.environ_keys import CAN_STREAM, EXCHANGE
from twinserve.wsgi.second_call import AWAITED
from twinserve.wsgi.streaming import sent

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

AnyAnswer = Callable[[Service, Exchange, HeaderLookup, "WSGIEnvironment"], Reply | StreamedReply]


class Endpoint:
    """A route as a plain WSGI app, because a view of a framework takes longer than a prediction (docs/design.md)."""

    def __init__(self, service: Service, name: str, answer: AnyAnswer) -> None:
        self._service, self._name, self._answer = service, name, answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        header = header_lookup(environ)
        method, path, scheme = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["wsgi.url_scheme"]
        exchange = environ.pop(EXCHANGE, None)  # Begun with the head, if the body arrived later.
        if exchange is None:
            exchange = self._service.begin(self._name, method, path, scheme, header)
        try:
            reply = self._answer(self._service, exchange, header, environ)
        except Exception as error:  # A `Problem` or a fault: both become replies.
            reply = exchange.refuse(error)
        except AWAITED:
            environ[EXCHANGE] = exchange
            raise
        if isinstance(reply, StreamedReply):
            start_response(status_line(reply.status), [*exchange.headers, *reply.fixed])
            return sent(exchange, reply)
        start_response(status_line(reply.status), finish(exchange, reply, environ))
        return (reply.body,) if method != "HEAD" else ()


@cache
def status_line(status: HTTPStatus) -> str:
    """A status as WSGI takes it. Cached: looking up code and phrase takes 0.4 us."""
    return f"{status.value} {status.phrase}"


def finish(exchange: Exchange, reply: Reply, environ: WSGIEnvironment) -> list[Header]:
    """Finish the exchange; returns all headers of the reply, Content-Length included.

    `Connection` only to our own server: WSGI forbids it (PEP 3333), and waitress then answers 500."""
    headers = [*exchange.finish(reply), *reply.fixed]
    if reply.status >= HTTPStatus.BAD_REQUEST and CAN_STREAM not in environ:
        headers = [header for header in headers if header[0] != "Connection"]
    if reply.media_type is not None:
        headers.append(("Content-Length", str(len(reply.body))))
    return headers


def header_lookup(environ: WSGIEnvironment) -> HeaderLookup:
    """Look headers up by lower-case name, directly in the environ: 0.2 us each, not 2."""
    return lambda name: environ.get(header_key(name))


@cache
def header_key(name: str) -> str:
    """The key of a header in a WSGI environ. The cache stays small: the service reads few headers."""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
