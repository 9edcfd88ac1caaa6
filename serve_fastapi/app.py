"""The whole FastAPI app: the router at the root, and the same problems for paths that are not in it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import FrameType
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from serve_fastapi.raw_endpoint import Endpoint, Exact
from serve_fastapi.routes import PLAIN, exchanged, not_found, router
from twinserve.service.process import signals
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.telemetry import logs

INTERVAL: Final = 1.0
"""Seconds between two looks at whether predictions still end."""


def create_app(service: Service | None = None) -> FastAPI:
    """The app. Without an argument it serves the champion as the settings say, and closes what it opened; tests and
    hosts give a service, which stays theirs."""
    if service is not None:
        return app_of(service)
    settings = read_settings()
    logs.configure(settings)
    opened = Service.open(settings)
    return app_of(opened, at_the_end=opened.close)


def app_of(served: Service, at_the_end: Callable[[], object] = lambda: None) -> FastAPI:
    """The app of a service; `at_the_end` of its life this is called."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Service]]:
        with draining(served):
            yield {"service": served}
        at_the_end()

    async def handle_404(request: Request, _: Exception) -> Response:
        return await exchanged(served, "unknown", not_found, request)

    app = DoorApp(
        title="Twinserve",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # Asking for providers takes 5 us.
        lifespan=lifespan,
        exception_handlers={404: handle_404},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    # As they are: an included router is matched twice, which takes 10 us a request.
    app.router.routes.extend(router(served, app).routes)
    app.plain = plain_endpoints(served)
    app.state.twinserve = served
    return app


class DoorApp(FastAPI):
    """A FastAPI app with plain ASGI endpoints before its own layers, as long as nobody has added anything to these.

    Those layers turn errors into answers, close what dependencies have opened and look for the route. Such an endpoint
    does the first itself, has none of the second, and its path is known: 25 us of a request's 100.
    """

    plain: Mapping[tuple[str, str], ASGIApp] = {}
    """By method and path."""

    def build_middleware_stack(self) -> ASGIApp:
        """Called by the framework before the first request."""
        layers = super().build_middleware_stack()
        if self.user_middleware:
            return layers
        own = {key: app for key, app in self.plain.items() if isinstance(first_route(self.routes, *key), Exact)}

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            is_at_the_root = scope["type"] == "http" and not scope.get("root_path") and not self.dependency_overrides
            key = (scope["method"], scope["path"]) if is_at_the_root else None
            await own.get(key, layers)(scope, receive, send)  # type: ignore[arg-type]  # None is nobody's key.

        return app


def plain_endpoints(service: Service) -> Mapping[tuple[str, str], ASGIApp]:
    """The paths whose answers need no path operation, by method and path."""
    return {
        (method, route.path): Endpoint(service, route.name, PLAIN[route.kind])
        for route in service.routes
        if route.kind in PLAIN and not route.parameters
        for method in route.methods
    }


def first_route(routes: Iterable[BaseRoute], method: str, path: str) -> BaseRoute | None:
    """The route that the framework would take."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


@contextmanager
def draining(service: Service) -> Iterator[None]:
    """While this lasts, a signal that stops first makes the service not ready, and reaches the server after the drain
    delay; the second urgent one ends the process."""
    loop, urgency = asyncio.get_running_loop(), signals.Urgency()
    found = {int(number): signal.getsignal(number) for number in signals.STOP}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread() or signal.SIGTERM not in handlers:
        yield  # A test client's thread, or a server that leaves the signal alone: nothing to delay.
        return

    def drain(number: int, frame: FrameType | None) -> None:
        if urgency.is_final(number):
            signals.leave_at_once(number)
        service.drain()
        # No server takes QUIT for itself.
        stop = partial(handlers[signal.SIGTERM if number == signal.SIGQUIT else number], number, frame)
        loop.call_soon_threadsafe(lambda: loop.call_later(service.settings.drain_delay, stop))

    for number in handlers:
        signal.signal(number, drain)
    watch = loop.create_task(end_when_stuck(service))
    try:
        yield
    finally:
        watch.cancel()
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def end_when_stuck(service: Service) -> None:
    """End this process, as if told to, when no prediction ends any more; a supervisor starts another one."""
    while not service.must_give_up():
        await asyncio.sleep(INTERVAL)
    signal.raise_signal(signal.SIGTERM)
