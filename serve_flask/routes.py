"""The routes of the service as a Flask blueprint: read the request, ask the service, render the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request, stream_with_context
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected, HTTPException, NotFound
from werkzeug.routing import BaseConverter

from serve_flask.deadline import reply_of
from serve_flask.environ_keys import BODY, EXCHANGE, PLACE, VERSION
from serve_flask.kept_place import KeptPlace
from serve_flask.raw_endpoint import Answer, finish, header_lookup
from serve_flask.reading import Body
from serve_flask.streaming import sent, streamed
from serve_flask.uwsgi_input import input_stream
from twinserve.service.exchange import Exchange
from twinserve.service.http.body import Receipt
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import incomplete_body, no_such_path
from twinserve.service.http.reply import Reply, StreamedReply
from twinserve.service.http.routes import PART, Kind, Route, first_routes
from twinserve.service.raw_refusals import too_slow
from twinserve.service.service import NONE, Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = Callable[..., Response]
AnyAnswer = Callable[[Service, Exchange, HeaderLookup, "WSGIEnvironment"], Reply | StreamedReply]
OTHER: Final = "not_"
"""Prefix of a route's name: the endpoint of the methods that the route does not allow."""
CHUNK: Final = 64 * 1024


def blueprint(service: Service) -> Blueprint:
    """A blueprint with the routes of the service and no others, for any app and any URL prefix.

    Each route is a view, so the hooks, preprocessors and signals of the app that registers the blueprint apply to it.
    """
    door = DoorBlueprint("twinserve", __name__)
    door.record(add_empty_part)
    for route in service.routes:
        endpoint = view(service, route.name, ANSWERS[route.kind])
        door.add_url_rule(rule(route), route.name, endpoint, methods=route.methods, provide_automatic_options=False)
    door.record(lambda state: add_other_methods(state, service))
    door.before_request(disown_doubled_slashes)
    return door


class DoorBlueprint(Blueprint):
    """The blueprint that an app registers."""

    enable_openapi = False
    """For APIFlask, whose own document cannot be made without it: it describes our paths nowhere."""


class EmptyPart(BaseConverter):
    """A URL converter that matches an empty part of a path."""

    regex = ""


def rule(route: Route) -> str:
    """A route's path as a Werkzeug rule. Under the prefix `/ml`, a plain `/` would also answer `/ml`, with a redirect;
    with an empty part at its end it matches exactly."""
    return PART.sub(r"<\1>", route.path) if route.path != "/" else "/<twinserve_empty:_>"


def add_empty_part(state: BlueprintSetupState) -> None:
    """Register the converter `EmptyPart` with the app."""
    state.app.url_map.converters["twinserve_empty"] = EmptyPart


def add_other_methods(state: BlueprintSetupState, service: Service) -> None:
    """For each path, add a last rule for all other methods, unknown ones included."""
    prefix, name = (state.url_prefix or "").rstrip("/"), f"{state.name_prefix}.{state.name}".lstrip(".")
    for route in first_routes(service.routes):
        endpoint = f"{name}.{OTHER}{route.name}"
        state.app.view_functions[endpoint] = view(service, route.name, other_method)
        about = {"subdomain": state.subdomain, "defaults": state.url_defaults, "methods": None}
        state.app.url_map.add(state.app.url_rule_class(prefix + rule(route), endpoint=endpoint, **about))


def disown_doubled_slashes() -> None:
    """Treat a path that begins with two slashes as not found by this blueprint: Werkzeug matches it like one slash. The
    app answers it."""
    if request.environ.get("PATH_INFO", "").startswith("//"):
        request.url_rule = request.view_args = None
        request.routing_exception = NotFound()


def view(service: Service, name: str, answer: AnyAnswer) -> View:
    """A view: one exchange, begun when the app's own hooks have let the request pass."""

    def endpoint(**_: str) -> Response:
        return exchanged(service, name, answer)

    return endpoint


def exchanged(service: Service, name: str, answer: AnyAnswer) -> Response:
    """Answer one request; problems and faults become replies of the service, too."""
    environ = {**request.environ, "wsgi.input": Body(), "wsgi.input_terminated": True}
    environ.pop(BODY, None)  # The body is read through the app, whose limits apply.
    header = header_lookup(environ)
    exchange = request.environ.get(EXCHANGE)  # Begun with the head, if the body arrived later.
    if exchange is None:
        exchange = service.begin(name, environ["REQUEST_METHOD"], request.path, environ["wsgi.url_scheme"], header)
        request.environ[EXCHANGE] = exchange
    try:
        reply = answer(service, exchange, header, environ)
    except HTTPException:
        raise  # A limit of the app's own, which the app answers.
    except Exception as error:  # A `Problem` or a fault: both become replies.
        reply = exchange.refuse(error)
    if isinstance(reply, StreamedReply):
        return Rendered(stream_with_context(sent(exchange, reply)), reply.status, [*exchange.headers, *reply.fixed])
    return Rendered([reply.body], reply.status, finish(exchange, reply, environ))


class Rendered(Response):
    """A response whose headers are complete. Werkzeug's own class would copy them in order to complete them."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002  # Werkzeug's signature.
        """The headers, without a copy."""
        return self.headers


def read_body(service: Service, receipt: Receipt, environ: WSGIEnvironment) -> bytes:
    """The request's body, refused as soon as it is too large or too slow."""
    arrived = environ.get(BODY)
    if isinstance(arrived, bytes):
        return receipt.take(arrived)
    if arrived is not None:
        arrived.read()  # Raises `BodyAwaited`.
    stream = input_stream(environ)
    try:
        while not receipt.is_whole and (chunk := stream.read(CHUNK)):
            receipt.add(chunk)
    except TimeoutError:
        raise too_slow(service.settings) from None
    except ClientDisconnected:
        raise incomplete_body() from None
    return receipt.body()


def predict(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """Answer a prediction request: inline if that is quick, else in the pool, so that waiting stays bounded."""
    authorize(service, exchange, header, environ)
    kept: KeptPlace | None = environ.get(PLACE)
    query, parameters = environ.get("QUERY_STRING", ""), given(service, exchange)
    place = service.places if kept is None else kept.among(service.places)
    with place, service.admit(exchange, header, query, parameters) as receipt:
        body = read_body(service, receipt, environ)
        answer = service.answer(body, exchange, environ.get(VERSION))
        return answer if isinstance(answer, Reply) else reply_of(answer, service.settings.predict_timeout)


def stream(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> StreamedReply:
    """A request for predictions that is answered while it arrives: in a thread, as its client may be slow."""
    authorize(service, exchange, header, environ)
    query, parameters = environ.get("QUERY_STRING", ""), given(service, exchange)
    return streamed(service.settings, service.stream(exchange, header, query, parameters), environ)


def token(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """`POST /oauth/token`."""
    authorize(service, exchange, header, environ)
    with service.admit_form(header) as receipt:
        return service.token(read_body(service, receipt, environ), header)


def read(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """Answer a GET route: a document or a state, by the `reads` of its protocol (`READS` for our own JSON)."""
    authorize(service, exchange, header, environ)
    query, parameters = environ.get("QUERY_STRING", ""), given(service, exchange)
    asked = service.asked(exchange, header, query, parameters)
    return exchange.dialect.reads[exchange.route](service, asked)


def other_method(service: Service, exchange: Exchange, header: HeaderLookup, _environ: WSGIEnvironment) -> Reply:
    """A method that no other rule of this path takes."""
    return service.other_method(exchange, header)


def not_found(_service: Service, _exchange: Exchange, _header: HeaderLookup, _environ: WSGIEnvironment) -> Reply:
    """Raise `Problem` (404): no route has this path."""
    raise no_such_path()


def given(service: Service, exchange: Exchange) -> Mapping[str, str]:
    """The values of the route's path parameters, without those of the app's own URL prefix."""
    names = service.by_name[exchange.route].parameters
    return {name: (request.view_args or {})[name] for name in names} if names else NONE


def authorize(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> None:
    """Have the service authorize the request, if it requires that."""
    if service.guarded:
        service.authorize(exchange, header, environ.get("REMOTE_ADDR", ""))


PLAIN: Final[Mapping[Kind, Answer]] = {"predict": predict, "form": predict, "token": token}
"""The kinds of routes that our own app answers without the framework."""
ANSWERS: Final[Mapping[Kind, AnyAnswer]] = {"read": read, "page": read, "stream": stream, **PLAIN}
