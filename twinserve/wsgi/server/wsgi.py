"""Adapts gunicorn's WSGI: the body as far as it has arrived, connections that must close, no header `Server`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any, Final

from gunicorn.http import wsgi

from twinserve.wsgi.environ_keys import BODY, CAN_STREAM, EXCHANGE, PLACE, VERSION
from twinserve.wsgi.second_call import AWAITED, BodyPlaceholder
from twinserve.wsgi.server.connection import ClientSocket
from twinserve.wsgi.streaming import CutOff

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PLACEHOLDER: Final = BodyPlaceholder()


class NamelessResponse(wsgi.Response):  # type: ignore[misc]  # gunicorn ships no types.
    """A response without the header `Server`, in HTTP/1.1 whatever the request's version (RFC 9110 section 6.2)."""

    def default_headers(self) -> list[str]:
        """The lines that gunicorn adds."""
        status, *lines = super().default_headers()
        status = status.replace("HTTP/1.0", "HTTP/1.1", 1)
        return [status, *(line for line in lines if not line.startswith("Server:"))]


def name_no_server() -> None:
    """Replace gunicorn's response class in this process; there is no setting for it."""
    wsgi.Response = NamelessResponse


def adapt(app: WsgiApp) -> WsgiApp:
    """The app, given the body as far as the worker has read it. The connection closes after `Connection: close`, and
    where the rest of a body would be read as requests."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        client = environ["gunicorn.socket"]

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            is_cut_short = client.reader is not None and not client.reader.is_whole and status[0] in "45"
            if client.must_close or is_cut_short or ("Connection", "close") in headers:
                response: wsgi.Response = start_response.__self__  # type: ignore[attr-defined]  # A method of it.
                response.force_close()
            return start_response(status, headers, exc_info)

        environ[CAN_STREAM] = client.reader is not None
        if client.reader is not None:
            environ["wsgi.input"], environ["wsgi.input_terminated"] = client.reader, True
        elif client.body is None:
            environ[BODY] = environ["wsgi.input"] = PLACEHOLDER
            environ[PLACE] = client.place
        else:
            environ[BODY], environ["wsgi.input"] = client.body, BytesIO(client.body)
        if client.version is not None:
            environ[VERSION] = client.version
        if client.exchange is not None:
            environ[EXCHANGE], environ[PLACE] = client.exchange, client.place
        try:
            pieces = app(environ, start)
            return pieces if client.reader is None else until_cut(client, pieces)
        except AWAITED:
            client.exchange = environ.pop(EXCHANGE, None)
            raise

    return wrapped


def until_cut(client: ClientSocket, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of an answer. After a `CutOff`, gunicorn would log a fault or send the regular end of the answer;
    `is_cut` keeps the socket from sending that end."""
    try:
        for piece in pieces:  # noqa: UP028  # `yield from` would close some of them itself.
            yield piece
    except CutOff:
        client.is_cut = True
    finally:
        close = getattr(pieces, "close", None)  # PEP 3333: whoever wraps an iterable passes its `close` on.
        if close is not None:
            close()
