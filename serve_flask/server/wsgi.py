"""Where gunicorn and WSGI part from HTTP, and how this door has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final

from gunicorn.http import wsgi

from serve_flask.body import BODY, EXCHANGE, PLACE, VERSION, Awaited, BodyAwaited

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
AWAITED: Final = Awaited()


class NamelessResponse(wsgi.Response):  # type: ignore[misc]  # gunicorn ships no types.
    """A response that does not name the server, as the other door's do not."""

    def default_headers(self) -> list[str]:
        """Lines in front of ours."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


def name_no_server() -> None:
    """Let gunicorn answer so in this process; it has no setting for it."""
    wsgi.Response = NamelessResponse


def as_http_has_it(app: WsgiApp) -> WsgiApp:
    """The app with the body that the worker has read, or has not; `Connection: close` closes, and so does a body that
    is not read on, lest its rest be taken for requests."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        client = environ["gunicorn.socket"]

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if client.must_close or ("Connection", "close") in headers:
                start_response.__self__.force_close()  # type: ignore[attr-defined]  # gunicorn's response object.
            return start_response(status, headers, exc_info)

        if client.body is None:
            environ[BODY] = environ["wsgi.input"] = AWAITED
            environ[PLACE] = client.place
        else:
            environ[BODY], environ["wsgi.input"] = client.body, BytesIO(client.body)
        if client.version is not None:
            environ[VERSION] = client.version
        if client.exchange is not None:
            environ[EXCHANGE], environ[PLACE] = client.exchange, client.place
        try:
            return app(environ, start)
        except BodyAwaited:
            client.exchange = environ.get(EXCHANGE)
            raise

    return wrapped
