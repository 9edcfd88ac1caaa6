"""The whole FastAPI app: the router at the root, and problem details for all other paths."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from serve_fastapi.lifespan import draining
from serve_fastapi.raw_endpoint import Endpoint, Exact
from serve_fastapi.routes import PLAIN, exchanged, not_found, router
from twinserve.service.http.paths import Plain
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.telemetry import logs


def create_app(service: Service | None = None) -> FastAPI:
    """Make the app. Without a service it opens the champion that the settings name, and closes it when the app's
    lifespan ends; tests and hosts pass a service, and close it themselves."""
    if service is not None:
        return app_of(service)
    settings = read_settings()
    logs.configure(settings)
    service = Service.open(settings)
    return app_of(service, at_the_end=service.close)


def app_of(served: Service, at_the_end: Callable[[], object] = lambda: None) -> FastAPI:
    """Make the app of a service; `at_the_end` is called when its lifespan ends, however it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Service]]:
        try:
            with draining(served):
                yield {"service": served}
        finally:
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
    app.router.routes.extend(router(served, app, protocols=None).routes)
    plain = [route for route in served.routes if route.kind in PLAIN]
    app.plain = Plain(plain, lambda route: Endpoint(served, route.name, PLAIN[route.kind]))
    app.state.twinserve = served
    return app


class DoorApp(FastAPI):
    """A FastAPI app that calls plain ASGI endpoints directly, as long as no middleware or override has been added.

    FastAPI's own layers turn exceptions into responses, close dependencies and find the route. Such an endpoint handles
    its own exceptions, has no dependencies, and is found by its path: this saves 25 us of a request's 100.
    """

    plain: Plain[ASGIApp] | None = None
    """The endpoints; None where there are none."""

    def build_middleware_stack(self) -> ASGIApp:
        """Build the app's layers; the framework calls this before the first request."""
        layers = super().build_middleware_stack()
        if self.user_middleware:
            return layers
        plain = self.plain
        if plain is None or not all(isinstance(first_route(self.routes, *key), Exact) for key in plain.keys):
            return layers

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            is_at_the_root = scope["type"] == "http" and not scope.get("root_path") and not self.dependency_overrides
            found = plain.find(scope["method"], scope["path"]) if is_at_the_root else None
            if found is None:
                await layers(scope, receive, send)
                return
            endpoint, values = found
            if values:
                scope["path_params"] = values
            await endpoint(scope, receive, send)

        return app


def first_route(routes: Iterable[BaseRoute], method: str, path: str) -> BaseRoute | None:
    """The route that the framework would choose."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)
