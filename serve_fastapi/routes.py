"""The routes of the service as a FastAPI router: read the request, ask the service, render the reply."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope

from serve_fastapi.deadline import opened, reply_of, within
from serve_fastapi.document import OwnDocument, described
from serve_fastapi.raw_endpoint import AnyAnswer, DoorRouter, Exact, StreamedResponse, address_of, header_lookup
from serve_fastapi.reading import Body
from serve_fastapi.streaming import streamed
from twinserve.service.exchange import Exchange
from twinserve.service.http.body import Receipt
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import incomplete_body, no_such_path
from twinserve.service.http.reply import Reply, StreamedReply
from twinserve.service.http.routes import Kind, first_routes, longer_ends
from twinserve.service.protocols.bulk.dialect import BULK
from twinserve.service.protocols.dialect import Asked
from twinserve.service.raw_refusals import too_slow
from twinserve.service.service import NONE, Service

Operation = Callable[..., Coroutine[Any, Any, Response]]


def router(service: Service, app: FastAPI | None = None, protocols: Iterable[str] | None = ()) -> APIRouter:
    """A router with the routes of the service and no others, for any app and any URL prefix.

    Each route is a path operation, so the dependencies, tags, overrides and documents of the app that includes the
    router apply to it. `protocols` names the dialects that are spoken there beside our own JSON, of those of the
    service; None: all. Pass `app` if its routes are used without including the router, so that its overrides apply.
    """

    routes = service.mount(protocols)

    class DoorRoute(Exact, APIRoute):
        """A path operation with a reference to its service."""

        door = service
        ends = longer_ends(routes)

    document = OwnDocument(service)
    door = DoorRouter(route_class=DoorRoute, dependency_overrides_provider=app)
    for route in routes:
        endpoint = operation(route.name, page if route.renders else ANSWERS[route.kind])
        first, *others = route.methods
        door.add_api_route(
            route.path, endpoint, methods=[first], name=route.name, **described(service, route, document)
        )
        if others:  # HEAD, as a route of its own: in a document it would have the same operation id.
            door.add_api_route(route.path, endpoint, methods=others, name=route.name, include_in_schema=False)
    for route in first_routes(routes):  # After all others, for all other methods.
        endpoint, unnamed = operation(route.name, other_method), f"{route.name}_other"
        door.add_api_route(route.path, endpoint, methods=[], operation_id=unnamed, include_in_schema=False)
    return door


async def current_service(request: Request) -> Service:
    """The service behind this request: a dependency, so that an app can override it."""
    service: Service = request.scope["route"].door
    return service


Served = Annotated[Service, Depends(current_service)]


def operation(name: str, answer: AnyAnswer) -> Operation:
    """The endpoint of a path operation; it runs after the app's own dependencies."""

    async def endpoint(request: Request, service: Served) -> Response:
        return await exchanged(service, name, answer, request)

    return endpoint


async def exchanged(service: Service, name: str, answer: AnyAnswer, request: Request) -> Response:
    """Answer one request; problems and faults become replies of the service, too."""
    scope, body = request.scope, Body(request)
    header = header_lookup(scope)
    exchange = service.begin(name, scope["method"], scope["path"], scope["scheme"], header)
    try:
        reply = await answer(service, exchange, header, scope, body.receive)
    except Exception as error:  # A `Problem` or a fault: both become replies.
        if error is body.failure:
            raise  # A limit of the app's own, which the app answers.
        reply = exchange.refuse(error)
    if isinstance(reply, StreamedReply):
        return StreamedResponse(exchange, reply)
    response = Response(reply.body, reply.status)
    for name, value in (*exchange.finish(reply), *reply.fixed):
        response.headers.append(name, value)
    return response


async def read_body(service: Service, receipt: Receipt, receive: Receive) -> bytes:
    """Read the body; raises `Problem` as soon as it is too large or too slow."""
    try:
        return await within(service.settings.receive_timeout, receive_all(receipt, receive))
    except TimeoutError:
        raise too_slow(service.settings) from None


async def receive_all(receipt: Receipt, receive: Receive) -> bytes:
    """Read the body, without a time limit."""
    while (message := await receive())["type"] == "http.request":
        receipt.add(message.get("body", b""))
        if not message.get("more_body", False):
            return receipt.body()
    raise incomplete_body()


async def predict(
    service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, receive: Receive
) -> Reply | StreamedReply:
    """Answer a prediction request: inline if that is quick, else in the pool, so that the event loop never waits; in
    bulk while it arrives."""
    authorize(service, exchange, header, scope)
    if service.is_bulk(exchange, header):
        exchange.dialect = BULK
        return await stream(service, exchange, header, scope, receive)
    query = scope["query_string"].decode("latin-1") if scope["query_string"] else ""
    parameters = await given(service, exchange, scope) if "path_params" in scope else NONE  # Without: an exact path.
    with service.places, service.admit(exchange, header, query, parameters) as receipt:
        body = await read_body(service, receipt, receive)
        answer = service.answer(body, exchange)
        return answer if isinstance(answer, Reply) else await reply_of(answer, service.settings.predict_timeout)


async def stream(
    service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, receive: Receive
) -> StreamedReply:
    """A request for predictions that is answered while it arrives."""
    authorize(service, exchange, header, scope)
    query, parameters = scope["query_string"].decode("latin-1"), await given(service, exchange, scope)
    return await streamed(service.settings, service.stream(exchange, header, query, parameters), receive)


async def token(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, receive: Receive) -> Reply:
    """`POST /oauth/token`."""
    authorize(service, exchange, header, scope)
    with service.admit_form(header) as receipt:
        return service.token(await read_body(service, receipt, receive), header)


async def read(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, _receive: Receive) -> Reply:
    """Answer a GET route: a document or a state, by the `reads` of its protocol (`READS` for our own JSON)."""
    authorize(service, exchange, header, scope)
    return exchange.dialect.reads[exchange.route](service, await asked_of(service, exchange, header, scope))


async def page(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope, _receive: Receive) -> Reply:
    """Answer a page in a thread: rendering the first one of a version takes 0.1 s, and nobody else shall wait."""
    authorize(service, exchange, header, scope)
    asked = await asked_of(service, exchange, header, scope)
    return await run_in_threadpool(exchange.dialect.reads[exchange.route], service, asked)


async def other_method(
    service: Service, exchange: Exchange, header: HeaderLookup, _scope: Scope, _receive: Receive
) -> Reply:
    """A method that no other route of this path takes."""
    return service.other_method(exchange, header)


async def not_found(
    _service: Service, _exchange: Exchange, _header: HeaderLookup, _scope: Scope, _receive: Receive
) -> Reply:
    """Raise `Problem` (404): no route has this path."""
    raise no_such_path()


async def asked_of(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope) -> Asked:
    """What a request without a body asks."""
    parameters = await given(service, exchange, scope)
    return service.asked(exchange, header, scope["query_string"].decode("latin-1"), parameters)


async def given(service: Service, exchange: Exchange, scope: Scope) -> Mapping[str, str]:
    """The values of the route's path parameters, without those of the app's own URL prefix; a model that they name is
    open, if it can be opened."""
    names = service.by_name[exchange.route].parameters
    if not names:
        return NONE
    parameters: Mapping[str, str] = scope["path_params"]
    if len(parameters) > len(names):
        parameters = {name: parameters[name] for name in names}
    if (opening := service.opening(exchange, parameters)) is not None:
        await opened(opening, service.settings.predict_timeout)
    return parameters


def authorize(service: Service, exchange: Exchange, header: HeaderLookup, scope: Scope) -> None:
    """Have the service authorize the request, if it requires that."""
    if service.guarded:
        service.authorize(exchange, header, address_of(scope))


PLAIN: Final[Mapping[Kind, AnyAnswer]] = {"predict": predict, "form": predict, "token": token}
"""The kinds of routes that our own app answers without the framework."""
ANSWERS: Final[Mapping[Kind, AnyAnswer]] = {"read": read, "stream": stream, **PLAIN}
