"""`wsgi(app)` and `asgi(app)`: how to send a request to an app in this process, for the fixture `door` of a suite."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from twinserve.testing.answer import Answer, Send

HOST: Final = "testserver"
CLIENT: Final = "127.0.0.1"
Message = MutableMapping[str, Any]
AsgiApp = Callable[[Any, Any, Any], Awaitable[Any]]


def wsgi(app: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> Send:
    """Sends to a WSGI app (PEP 3333), such as one of Flask."""

    def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        quoted, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(quoted).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": CLIENT,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in _complete(headers, body).items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, pairs: list[tuple[str, str]], exc_info: object = None) -> None:
            del exc_info
            started.append((status, pairs))

        chunks = app(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        status, pairs = started[-1]
        return Answer.of(int(status.split()[0]), pairs, b"" if method == "HEAD" else content)

    return send


def asgi(app: AsgiApp) -> Send:
    """Sends to an ASGI app, such as one of FastAPI; its lifespan is not run."""

    def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        quoted, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(quoted).decode("utf-8", "replace"),
            "raw_path": quoted.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in _complete(headers, body).items()
            ],
            "client": (CLIENT, 1),
            "server": (HOST, 80),
        }
        return asyncio.run(_exchange(app, scope, body))

    return send


async def _exchange(app: AsgiApp, scope: Message, body: bytes) -> Answer:
    requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []
    answered = asyncio.Event()

    async def receive() -> Message:
        if requests:
            return requests.pop()
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            answered.set()

    await app(scope, receive, send)
    start, *rest = sent
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    content = b"" if scope["method"] == "HEAD" else b"".join(message.get("body", b"") for message in rest)
    return Answer.of(start["status"], pairs, content)  # A server sends no body after HEAD.


def _complete(headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """The headers with those that every client sends."""
    sent = {name.lower() for name in headers}
    more = {"host": HOST} | ({} if "transfer-encoding" in sent else {"content-length": str(len(body))})
    return {**{name: value for name, value in more.items() if name not in sent}, **headers}
