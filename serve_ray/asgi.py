"""The doors as ASGI apps, as Ray calls them."""

from __future__ import annotations

from typing import Any, Final

from serve_ray.arguments import Door
from twinserve.service.service import Service

REQUEST_ID: Final = b"x-request-id"
OTHERS: Final = 16
"""Threads for requests that have no limit of their own, among them health checks."""


def asgi_app(door: Door, service: Service) -> Any:
    """A door over a service."""
    if door == "flask":
        from a2wsgi import WSGIMiddleware

        from serve_flask.app import create_app

        # One for each request: with fewer, requests would wait for one where the door refuses what is too much.
        limits = service.settings.max_concurrent + service.settings.max_bulk_requests
        return WSGIMiddleware(create_app(service), workers=limits + OTHERS)
    from serve_fastapi.app import create_app as create_fastapi_app

    return create_fastapi_app(service)


class AsReplica:
    """A door as the app of a replica.

    Ray's proxy has set a request id where the caller sent none, and adds it to each answer; the door would send the
    same one again. The service is closed when Ray ends the app."""

    def __init__(self, app: Any, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        given = (REQUEST_ID, dict(scope["headers"]).get(REQUEST_ID))

        async def send_once(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message["headers"] if (pair[0].lower(), pair[1]) != given]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_once)

    async def _live(self, receive: Any, send: Any) -> None:
        """Start and end: the doors need neither, where the service is given to them."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._service.close()
        await send({"type": "lifespan.shutdown.complete"})
