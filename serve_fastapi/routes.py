"""The contract's paths as a FastAPI router: read the request, ask the service, render the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from service.exchange import Exchange
from service.problem import Problem
from service.reply import Reply
from service.routes import BY_NAME, ROUTES, Route
from service.service import Service

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def router(service: Service) -> APIRouter:
    """The paths of the contract, and nothing else, for any app and under any prefix."""

    class DoorRoute(APIRoute):
        """A path operation whose every outcome, faults included, is a reply of this service."""

        def get_route_handler(self) -> Handler:
            return in_exchange(service, self.name, super().get_route_handler())

    door = APIRouter(route_class=DoorRoute, include_in_schema=False)
    for route, endpoint in zip(ROUTES, ENDPOINTS, strict=True):
        door.add_api_route(route.path, endpoint, methods=list(route.methods), name=route.name)
    for route in ROUTES:
        door.routes.append(StarletteRoute(route.path, OtherMethod(service, route), include_in_schema=False))
    return door


def in_exchange(service: Service, name: str, handle: Handler) -> Handler:
    """Run a handler as one exchange: begin it, render whatever goes wrong, finish it."""

    async def run(request: Request) -> Response:
        exchange = service.begin(name, request.method, request.url.path, request.headers.get)
        request.state.service, request.state.exchange = service, exchange
        try:
            return await handle(request)
        except Exception as error:  # Problems and faults alike leave as replies.
            return render(exchange.refuse(error), exchange)

    return run


def render(reply: Reply, exchange: Exchange) -> Response:
    """A reply as FastAPI sends it."""
    return Response(reply.body, reply.status, headers=dict(exchange.finish(reply)))


class OtherMethod:
    """Every method that a path's operations do not take, as an ASGI app: the only endpoint that sees them all."""

    def __init__(self, service: Service, route: Route) -> None:
        self._service, self._name = service, route.name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """OPTIONS, and 405 for the rest."""
        handler = in_exchange(self._service, self._name, other_method(self._name))
        response = await handler(Request(scope, receive))
        await response(scope, receive, send)


def current_service(request: Request) -> Service:
    """The service behind this request."""
    service: Service = request.state.service
    return service


def current_exchange(request: Request) -> Exchange:
    """The exchange that this request began."""
    exchange: Exchange = request.state.exchange
    return exchange


Served = Annotated[Service, Depends(current_service)]
Current = Annotated[Exchange, Depends(current_exchange)]


async def read_body(request: Request, service: Served) -> bytes:
    """The request's body, refused as soon as it is too large, too slow or not announced as JSON."""
    receipt = service.admit(request.headers.get)
    try:
        async with asyncio.timeout(service.settings.receive_timeout):
            async for chunk in request.stream():
                receipt.add(chunk)
    except TimeoutError:
        raise service.too_slow() from None
    except ClientDisconnect:
        raise Problem("incomplete-body", "The connection ended before the whole body had arrived.") from None
    return receipt.body()


Body = Annotated[bytes, Depends(read_body)]


async def predict(service: Served, exchange: Current, body: Body) -> Response:
    """`POST /predict`: inline where that is quick, else in the pool, so that the event loop never waits."""
    if service.is_quick(body):
        return render(service.predict(body, exchange), exchange)
    future = asyncio.wrap_future(service.submit(body, exchange))
    try:
        return render(await asyncio.wait_for(future, service.settings.predict_timeout), exchange)
    except TimeoutError:
        raise service.timed_out() from None


async def schema(service: Served, exchange: Current) -> Response:
    """`GET /schema`."""
    return render(service.schema(), exchange)


async def openapi(service: Served, exchange: Current, request: Request) -> Response:
    """`GET /openapi.json`."""
    base = request.url.path.removesuffix(BY_NAME["openapi"].path) or "/"
    return render(service.openapi(base), exchange)


async def docs(service: Served, exchange: Current) -> Response:
    """`GET /docs`."""
    return render(service.docs(), exchange)


async def model(service: Served, exchange: Current) -> Response:
    """`GET /model`."""
    return render(service.model(), exchange)


async def live(service: Served, exchange: Current) -> Response:
    """`GET /health/live`."""
    return render(service.live(), exchange)


async def ready(service: Served, exchange: Current) -> Response:
    """`GET /health/ready`."""
    return render(service.ready(), exchange)


async def metrics(service: Served, exchange: Current) -> Response:
    """`GET /metrics`."""
    return render(service.metrics(), exchange)


async def index(service: Served, exchange: Current) -> Response:
    """`GET /`."""
    return render(service.index(), exchange)


def other_method(name: str) -> Handler:
    """A method that the route of this name does not take."""

    async def handle(request: Request) -> Response:
        service, exchange = current_service(request), current_exchange(request)
        return render(service.other_method(name, request.method), exchange)

    return handle


ENDPOINTS: Final[tuple[Callable[..., Any], ...]] = (predict, schema, openapi, docs, model, live, ready, metrics, index)
