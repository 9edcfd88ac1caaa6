"""A request that repeats the head of the last one reaches the app as the parser would show it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from harness.running import read, request
from serve_fastapi.server.protocol import DoorProtocol
from twinserve.service.service import Service
from twinserve.service.settings import Settings

HEADERS = "X-Tag: 1\r\nX-Tag: 2\r\nX-Request-Id: mine\r\n"
SAME = request("POST", "/a%20b?c=d", b"first", HEADERS)
OTHER = request("PUT", "/other", b"x" * 5)


class Recorder:
    """An ASGI app that keeps what it is given, then writes into it, as a framework and its middleware do."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.seen: list[tuple[dict[str, Any], bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the body."""
        if scope["type"] == "lifespan":
            scope["state"]["service"] = self._service
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        message = await receive()
        assert not message["more_body"]
        body: bytes = message["body"]
        self.seen.append((deepcopy({name: scope[name] for name in scope if name != "state"}), body))
        assert list(scope["state"]) == ["service"]
        scope["headers"].append((b"x-added", b"here"))
        scope["asgi"]["added"] = scope["state"]["added"] = scope["path"] = "changed"
        scope["app"] = self
        status = 200 if scope["method"] == "POST" else 404
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": body})


def asked(app: Recorder, *pieces: bytes) -> list[bytes]:
    """Send each piece over one connection, wait for its answer, and return the bodies of the answers."""

    async def run() -> list[bytes]:
        config = uvicorn.Config(app, http=DoorProtocol, ws="none", lifespan="on", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(server.serve([listener]))
            answers = await asyncio.to_thread(exchange, listener.getsockname(), pieces)
            server.should_exit = True
            await serving
        return answers

    return asyncio.run(run())


def exchange(address: tuple[str, int], pieces: tuple[bytes, ...]) -> list[bytes]:
    """Send and read as a client does."""
    with socket.create_connection(address, timeout=10) as connection:
        answers = []
        for piece in pieces:
            connection.sendall(piece)
            (response,) = read(connection, 1)
            answers.append(response.body)
        return answers


@pytest.fixture
def app(artifacts: Path) -> Iterator[Recorder]:
    """A recorder behind the protocol, which asks the service for its limits."""
    service = Service.open(Settings(artifacts=artifacts))
    yield Recorder(service)
    service.close()


def test_the_app_sees_the_same_scope_again(app: Recorder) -> None:
    """Nothing that an app writes into a scope, its headers or its state reaches the next request."""
    bodies = [b"first", b"other", b"third"]
    assert asked(app, *(SAME.replace(b"first", body) for body in bodies)) == bodies
    scopes, seen = zip(*app.seen, strict=True)
    assert list(seen) == bodies
    assert scopes[0] == scopes[1] == scopes[2]
    assert scopes[0]["path"] == "/a b"
    assert [value for name, value in scopes[0]["headers"] if name == b"x-tag"] == [b"1", b"2"]


def test_only_the_head_of_the_last_request_is_repeated(app: Recorder) -> None:
    """Another request in between is shown as itself, and so is one that repeats the head before it."""
    asked(app, SAME, SAME, OTHER, OTHER, SAME)
    assert [scope["method"] for scope, _ in app.seen] == ["POST", "POST", "PUT", "PUT", "POST"]
    assert app.seen[0] == app.seen[1] == app.seen[4]
    assert app.seen[2] == app.seen[3]
