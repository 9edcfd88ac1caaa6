"""The routes of the service as a Flask blueprint: read the request, ask the service, render the reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request, stream_with_context
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import BaseConverter

from serve_flask.reading import Body
from twinserve.service.http.reply import StreamedReply
from twinserve.service.http.routes import PART, Route, first_routes
from twinserve.service.service import Service
from twinserve.wsgi.answers import ANSWERS, other_method
from twinserve.wsgi.environ_keys import BODY, EXCHANGE, INPUT, PARAMETERS
from twinserve.wsgi.raw_endpoint import AnyAnswer, finish, header_lookup
from twinserve.wsgi.second_call import AWAITED
from twinserve.wsgi.streaming import sent

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = Callable[..., Response]
NAME: Final = "twinserve"
"""The name of the blueprint."""
OTHER: Final = "not_"
"""Prefix of a route's name: the endpoint of the methods that the route does not allow."""


def blueprint(service: Service, protocols: Iterable[str] | None = ()) -> Blueprint:
    """A blueprint with the routes of the service and no others, for any app and any URL prefix.

    `protocols` names the dialects that are spoken there beside our own JSON, of those of the service; None: all.

    Each route is a view, so the hooks, preprocessors and signals of the app that registers the blueprint apply to it.
    """
    door = DoorBlueprint(NAME, __name__)
    door.record(add_empty_part)
    routes = service.mount(protocols)
    for route in routes:
        endpoint = view(service, route.name, ANSWERS[route.kind])
        door.add_url_rule(rule(route), route.name, endpoint, methods=route.methods, provide_automatic_options=False)
    door.record(lambda state: add_other_methods(state, service, routes))
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


def add_other_methods(state: BlueprintSetupState, service: Service, routes: Iterable[Route]) -> None:
    """For each path, add a last rule for all other methods, unknown ones included."""
    prefix, name = (state.url_prefix or "").rstrip("/"), f"{state.name_prefix}.{state.name}".lstrip(".")
    for route in first_routes(routes):
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
    environ = {**request.environ, INPUT: Body(), PARAMETERS: request.view_args}
    environ.pop(BODY, None)  # The body is read through the app, whose limits apply.
    header = header_lookup(environ)
    exchange = request.environ.pop(EXCHANGE, None)  # Begun with the head, if the body arrived later.
    if exchange is None:
        exchange = service.begin(name, environ["REQUEST_METHOD"], request.path, environ["wsgi.url_scheme"], header)
    try:
        reply = answer(service, exchange, header, environ)
    except HTTPException:
        raise  # A limit of the app's own, which the app answers.
    except Exception as error:  # A `Problem` or a fault: both become replies.
        reply = exchange.refuse(error)
    except AWAITED:
        request.environ[EXCHANGE] = exchange
        raise
    if isinstance(reply, StreamedReply):
        return Rendered(stream_with_context(sent(exchange, reply)), reply.status, [*exchange.headers, *reply.fixed])
    return Rendered([reply.body], reply.status, finish(exchange, reply, environ))


class Rendered(Response):
    """A response whose headers are complete. Werkzeug's own class would copy them in order to complete them."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002  # Werkzeug's signature.
        """The headers, without a copy."""
        return self.headers
