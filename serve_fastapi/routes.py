"""The contract's paths as a FastAPI router: read the request, ask the service, render the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope

from serve_fastapi.plain import Answer, DoorRouter, Endpoint, Exact, PlainRoute, address_of, header_lookup
from serve_fastapi.waiting import within
from service import routes
from service.auth.client import HeaderLookup
from service.exchange import Exchange
from service.problem import incomplete_body
from service.reply import Reply
from service.requests import Receipt
from service.routes import BY_NAME
from service.service import Service

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def router(service: Service) -> APIRouter:
    """The paths of the contract, and nothing else, for any app and under any prefix."""

    class DoorRoute(Exact, APIRoute):
        """A path operation whose every outcome, faults included, is a reply of this service."""

        def get_route_handler(self) -> Handler:
            return in_exchange(service, self.name, super().get_route_handler())

    guard = [Depends(authorized)] if service.guarded else []
    door = DoorRouter(route_class=DoorRoute, dependencies=guard, include_in_schema=False)
    for route in service.routes:
        methods = list(route.methods)
        if route.name in PLAIN:
            door.routes.append(PlainRoute(route.path, Endpoint(service, route, PLAIN[route.name]), methods=methods))
        else:
            door.add_api_route(route.path, OPERATIONS[route.name], methods=methods, name=route.name)
    for route in service.routes:
        door.routes.append(PlainRoute(route.path, Endpoint(service, route, other_method(route))))
    return door


def in_exchange(service: Service, name: str, handle: Handler) -> Handler:
    """Run a path operation as one exchange: begin it, render whatever goes wrong, finish it."""

    async def run(request: Request) -> Response:
        scope = request.scope
        exchange = service.begin(name, scope["method"], scope["path"], scope["scheme"], header_lookup(scope))
        request.state.service, request.state.exchange = service, exchange
        try:
            return await handle(request)
        except Exception as error:  # As above.
            return render(exchange.refuse(error), exchange)

    return run


def render(reply: Reply, exchange: Exchange) -> Response:
    """A reply as FastAPI sends it."""
    return Response(reply.body, reply.status, headers=dict([*exchange.finish(reply), *reply.fixed]))


async def current_service(request: Request) -> Service:
    """The service behind this request."""
    service: Service = request.state.service
    return service


async def current_exchange(request: Request) -> Exchange:
    """The exchange that this request began."""
    exchange: Exchange = request.state.exchange
    return exchange


Served = Annotated[Service, Depends(current_service)]
Current = Annotated[Exchange, Depends(current_exchange)]


async def authorized(service: Served, exchange: Current, request: Request) -> None:
    """The security dependency of every path operation: the service decides, for both doors alike."""
    service.authorize(exchange, header_lookup(request.scope), address_of(request.scope))


async def read_body(service: Service, receipt: Receipt, receive: Receive) -> bytes:
    """The request's body, refused as soon as it is too large or too slow."""
    try:
        return await within(service.settings.receive_timeout, receive_all(receipt, receive))
    except TimeoutError:
        raise service.too_slow() from None


async def receive_all(receipt: Receipt, receive: Receive) -> bytes:
    """The request's body, however long it takes."""
    while (message := await receive())["type"] == "http.request":
        receipt.add(message.get("body", b""))
        if not message.get("more_body", False):
            return receipt.body()
    raise incomplete_body()


async def predict(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, receive: Receive) -> Reply:
    """`POST /predict`: inline where that is quick, else in the pool, so that the event loop never waits."""
    if service.guarded:
        service.authorize(exchange, header, address_of(scope))
    with service.places, service.admit(header) as receipt:
        body = await read_body(service, receipt, receive)
        if service.is_quick(body):
            return service.predict(body, exchange)
        future = asyncio.wrap_future(service.submit(body, exchange))
        try:
            return await asyncio.wait_for(future, service.settings.predict_timeout)
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


async def token(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, receive: Receive) -> Reply:
    """`POST /oauth/token`."""
    service.authorize(exchange, header, address_of(scope))
    with service.admit_form(header) as receipt:
        return service.token(await read_body(service, receipt, receive), header)


def other_method(route: routes.Route) -> Answer:
    """A method that this route does not take."""

    async def answer(
        service: Service, _exchange: Exchange, _header: HeaderLookup, scope: Scope, _receive: Receive
    ) -> Reply:
        return service.other_method(route.name, scope["method"])

    return answer


PLAIN: Final[Mapping[str, Answer]] = {"predict": predict, "token": token}
OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    endpoint.__name__: endpoint for endpoint in (schema, openapi, docs, model, live, ready, metrics, index)
}
