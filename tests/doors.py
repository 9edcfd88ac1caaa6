"""All doors for the tests: a synchronous, thread-safe way to send a request and get an answer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx2
from fastapi import FastAPI
from flask import Flask

from serve_django import create_app as create_django_app
from serve_fastapi import create_app as create_fastapi_app
from serve_flask import create_app as create_flask_app
from tests.documented import Documented
from twinserve.service.service import Service
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON, REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST: Final = "http://testserver"
DEADLINE: Final = 30.0
"""Seconds after which a hanging request fails its test."""
Body = bytes | Iterable[bytes]
Headers = Mapping[str, str]


class Door(Protocol):
    """The app of one framework."""

    name: str

    def send(self, method: str, path: str, body: Body = b"", headers: Headers | None = None) -> Answer:
        """Send one request."""

    def close(self) -> None:
        """Release the resources of the door."""


class WSGIDoor:
    """A WSGI app, called as its server calls it."""

    def __init__(self, app: WSGIApplication, name: str) -> None:
        self.name = name
        self._client = httpx2.Client(transport=httpx2.WSGITransport(app=as_on_a_server(app)))

    def send(self, method: str, path: str, body: Body = b"", headers: Headers | None = None) -> Answer:
        """Send one request; an iterable of bytes goes out in chunks."""
        response = self._client.request(method, HOST + path, content=body or None, headers=headers)
        return Answer.of(response.status_code, response.headers.multi_items(), response.content)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class FlaskDoor(WSGIDoor):
    """A Flask app."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, "flask")


class FastAPIDoor:
    """A FastAPI app on an event loop in a thread of its own."""

    name = "fastapi"

    def __init__(self, app: FastAPI, *, raising: bool = True) -> None:
        """`raising`: an exception that leaves the app fails the test, as no server would be there to answer."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="door")
        self._thread.start()
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=raising)
        self._client = httpx2.AsyncClient(transport=transport)

    def send(self, method: str, path: str, body: Body = b"", headers: Headers | None = None) -> Answer:
        """Send one request; an iterable of bytes goes out in chunks."""

        async def request() -> Answer:
            content = body if isinstance(body, bytes) else in_chunks(body)
            response = await self._client.request(method, HOST + path, content=content or None, headers=headers)
            return Answer.of(response.status_code, response.headers.multi_items(), response.content)

        return asyncio.run_coroutine_threadsafe(request(), self._loop).result(DEADLINE)

    def close(self) -> None:
        """Close the client and end the loop."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(DEADLINE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """Close the client, and what the app has left of a body that it did not read to its end."""
        await self._client.aclose()
        await self._loop.shutdown_asyncgens()
        await asyncio.sleep(0)  # One that was just collected becomes a task.
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


# A new framework's line goes here.
DOORS: Final[Mapping[str, Callable[[Service], Door]]] = {
    "fastapi": lambda service: FastAPIDoor(create_fastapi_app(service)),
    "flask": lambda service: FlaskDoor(create_flask_app(service)),
    "django": lambda service: WSGIDoor(create_django_app(service), "django"),
}


class Both:
    """Sends each request to every door; all must answer alike, and as the documents of their protocols say."""

    def __init__(self, doors: Iterable[Door], documented: Documented | None = None) -> None:
        self.doors, self._documented = list(doors), documented

    def send(self, method: str, path: str, body: bytes = b"", headers: Headers | None = None) -> Answer:
        """Send one request to each door and require the same status, headers and bytes."""
        sent = {"X-Request-Id": REQUEST_ID, **(headers or {})}
        first, *others = [door.send(method, path, body, sent) for door in self.doors]
        if path.endswith("/metrics") and first.status == HTTPStatus.OK:  # It counts the request to the door before.
            assert {other.headers["Content-Type"] for other in others} == {first.headers["Content-Type"]}
            return first
        for other in others:
            assert alike(other, sent["X-Request-Id"]) == alike(first, sent["X-Request-Id"])
        if self._documented is not None:
            self._documented.require(method, path, body, sent, first)
        return first

    def predict(self, body: bytes | object, headers: Headers = JSON) -> Answer:
        """`POST /predict` with these bytes, or with this value as JSON."""
        return self.send("POST", "/predict", body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


def alike(answer: Answer, sent_id: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """The parts of an answer that must be equal at all doors: without an id that a door has made itself."""
    status, headers, body = answer.comparable()
    own = answer.headers.get("X-Request-Id", "")
    if own in ("", sent_id):
        return status, headers, body
    return status, [(name, value.replace(own, "?")) for name, value in headers], body.replace(own.encode(), b"?")


@contextmanager
def open_both(service: Service) -> Iterator[Both]:
    """Every door over one service, which is closed at the end."""
    with ExitStack() as stack:
        stack.callback(service.close)
        doors = [make(service) for make in DOORS.values()]
        for door in doors:
            stack.callback(door.close)
        yield Both(doors, Documented(service))


def as_on_a_server(app: WSGIApplication) -> Callable[..., Iterable[bytes]]:
    """Add to the environment what gunicorn adds and the test transport does not: the end of a body without a length,
    and the path as PEP 3333 has it."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input_terminated"] = True
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ.pop("CONTENT_LENGTH", None)
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        return app(environ, start_response)

    return wrapped


async def in_chunks(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """An asynchronous iterable of these bytes."""
    for chunk in chunks:
        yield chunk
