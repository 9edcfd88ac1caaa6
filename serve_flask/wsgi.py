"""Where gunicorn and WSGI part from HTTP, and how this door has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import ClientDisconnected

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class NamelessResponse(wsgi.Response):  # type: ignore[misc]  # gunicorn ships no types.
    """A response that does not name the server, as the other door's do not."""

    def default_headers(self) -> list[str]:
        """Lines in front of ours."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


def name_no_server() -> None:
    """Let gunicorn answer so in this process; it has no setting for it."""
    wsgi.Response = NamelessResponse


class Input:
    """A request's body as gunicorn reads it; a body that is no body is one that ended early."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """Some of the body; raises `ClientDisconnected` where its framing is wrong or its end is missing."""
        try:
            data: bytes = self._body.read(None if size < 0 else size)
        except (ParseException, NoMoreData) as error:
            raise ClientDisconnected from error
        return data


def as_http_has_it(app: WsgiApp) -> WsgiApp:
    """`Connection: close` closes, and so does a body too long to be read on, lest its rest be taken for requests.
    Framing faults are the caller's, an upgrade may be left alone, and an absolute target without a path means `/`."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if ("Connection", "close") in headers or environ["gunicorn.socket"].must_close:
                start_response.__self__.force_close()  # type: ignore[attr-defined]  # gunicorn's response object.
            return start_response(status, headers, exc_info)

        environ["wsgi.input"] = Input(environ["wsgi.input"])
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        environ.pop("HTTP_UPGRADE", None)  # Not taken up, so it changes nothing; Werkzeug would refuse a WebSocket.
        return app(environ, start)

    return wrapped
