"""The whole FastAPI app: the router at the root, and problem details for all other paths."""

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
"""Seconds between two checks for stuck predictions."""


def create_app(service: Service | None = None) -> FastAPI:
    """Make the app. Without a service it opens the champion that the settings name, and closes it at the end; tests and
    hosts pass a service, and close it themselves."""
    if service is not None:
        return app_of(service)
    settings = read_settings()
    logs.configure(settings)
    service = Service.open(settings)
    return app_of(service, at_the_end=service.close)


def app_of(served: Service, at_the_end: Callable[[], object] = lambda: None) -> FastAPI:
    """Make the app of a service; `at_the_end` is called when its lifespan ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Service]]:
        with draining(served):
            yield {"service": served}
        at_the_end()

    async def handle_404(request: Request, _: Exception) -> Response:
        return await exchanged(served, "unknown", not_found, request)

    app = DoorApp(
        title="Twinserve",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # Looking up providers takes 5 us.
        lifespan=lifespan,
        exception_handlers={404: handle_404},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    # Not `include_router`: an included router is matched twice, which takes 10 us a request.
    app.router.routes.extend(router(served, app).routes)
    app.plain = plain_endpoints(served)
    app.state.twinserve = served
    return app


class DoorApp(FastAPI):
    """A FastAPI app that calls plain ASGI endpoints directly, as long as no middleware or override has been added.

    FastAPI's own layers turn exceptions into responses, close dependencies and find the route. Such an endpoint handles
    its own exceptions, has no dependencies, and is found by its path: this saves 25 us of a request's 100.
    """

    plain: Mapping[tuple[str, str], ASGIApp] = {}
    """The endpoints by method and path."""

    def build_middleware_stack(self) -> ASGIApp:
        """Build the app's layers; the framework calls this before the first request."""
        layers = super().build_middleware_stack()
        if self.user_middleware:
            return layers
        own = {key: app for key, app in self.plain.items() if isinstance(first_route(self.routes, *key), Exact)}

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            is_at_the_root = scope["type"] == "http" and not scope.get("root_path") and not self.dependency_overrides
            key = (scope["method"], scope["path"]) if is_at_the_root else None
            await own.get(key, layers)(scope, receive, send)  # type: ignore[arg-type]  # None is never a key.

        return app


def plain_endpoints(service: Service) -> Mapping[tuple[str, str], ASGIApp]:
    """Endpoints for the routes that need no path operation, by method and path."""
    return {
        (method, route.path): Endpoint(service, route.name, PLAIN[route.kind])
        for route in service.routes
        if route.kind in PLAIN and not route.parameters
        for method in route.methods
    }


def first_route(routes: Iterable[BaseRoute], method: str, path: str) -> BaseRoute | None:
    """The route that the framework would choose."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


@contextmanager
def draining(service: Service) -> Iterator[None]:
    """Inside this context, a signal that stops turns the service not ready at once and reaches the server after the
    drain delay; a second urgent one ends the process."""
    loop, urgency = asyncio.get_running_loop(), signals.Urgency()
    installed = {int(number): signal.getsignal(number) for number in signals.STOP}
    handlers = {number: handler for number, handler in installed.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread() or signal.SIGTERM not in handlers:
        yield  # In a test client's thread, or under a server without a handler, there is nothing to delay.
        return

    def drain(number: int, frame: FrameType | None) -> None:
        if urgency.is_final(number):
            signals.leave_at_once(number)
        service.drain()
        # ASGI servers do not handle QUIT, so it is passed on as TERM.
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
    """Stop this process, as if by SIGTERM, once all prediction threads are stuck; a supervisor starts another one."""
    while not service.must_give_up():
        await asyncio.sleep(INTERVAL)
    signal.raise_signal(signal.SIGTERM)
