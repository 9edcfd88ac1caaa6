"""The contract's paths as a Flask blueprint: read the request, ask the service, render the reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from io import BytesIO
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected, NotFound
from werkzeug.routing import BaseConverter
from werkzeug.wsgi import get_input_stream

from serve_flask.body import require_body
from serve_flask.plain import Answer, finish, header_lookup
from service.auth.client import HeaderLookup
from service.exchange import Exchange
from service.problem import incomplete_body
from service.reply import Reply
from service.requests import Receipt
from service.routes import BY_NAME, Route
from service.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = Callable[..., Response]
OTHER: Final = "not_"
"""Before a route's name: the endpoint of the methods that it does not take."""
CHUNK: Final = 64 * 1024


def blueprint(service: Service) -> Blueprint:
    """The paths of the contract, and nothing else, for any app and under any prefix."""
    door = Blueprint("twinserve", __name__)
    door.record(add_nothing)
    for route in service.routes:
        view = answered(PLAIN[route.name]) if route.name in PLAIN else VIEWS[route.name]
        if service.guarded and route.name not in PLAIN:
            view = authorized(view)
        door.add_url_rule(rule(route), route.name, view, methods=route.methods, provide_automatic_options=False)
    door.record(lambda state: add_other_methods(state, service.routes))
    door.before_request(lambda: begin(service))
    door.errorhandler(Exception)(refuse)
    return door


class Nothing(BaseConverter):
    """A part of a path that is empty."""

    regex = ""


def rule(route: Route) -> str:
    """A route's path as Werkzeug takes it. A plain `/ml/` would answer `/ml`, too, with a redirect; that path is not
    ours. Written with an empty part it matches exactly."""
    return route.path if route.path != "/" else "/<twinserve_nothing:_>"


def add_nothing(state: BlueprintSetupState) -> None:
    """Teach the app the empty part."""
    state.app.url_map.converters["twinserve_nothing"] = Nothing


def add_other_methods(state: BlueprintSetupState, routes: Iterable[Route]) -> None:
    """For each path a last rule that takes whatever method the others leave, unknown ones included."""
    prefix, name = (state.url_prefix or "").rstrip("/"), f"{state.name_prefix}.{state.name}".lstrip(".")
    for route in routes:
        endpoint = f"{name}.{OTHER}{route.name}"
        state.app.view_functions[endpoint] = other_method
        state.app.url_map.add(state.app.url_rule_class(prefix + rule(route), endpoint=endpoint, methods=None))


def begin(service: Service, route: str | None = None) -> None:
    """Begin the exchange of this request."""
    environ = request.environ
    if route is None and environ.get("PATH_INFO", "").startswith("//"):  # To Werkzeug like a single one.
        disown()
        return
    name, header = route or route_name(), header_lookup(environ)
    g.service = service
    g.exchange = service.begin(name, environ["REQUEST_METHOD"], request.path, environ["wsgi.url_scheme"], header)


def disown() -> None:
    """Let this request have matched nothing: its path is not ours, and what is said of it is the app's."""
    request.url_rule = request.view_args = None
    request.routing_exception = NotFound()


def refuse(error: Exception) -> Response:
    """Whatever went wrong, faults included, as a reply of this service."""
    return render(current_exchange().refuse(error))


class Rendered(Response):
    """A reply as WSGI takes it. Werkzeug's own would copy the headers once more, to complete what is complete here."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002  # Werkzeug's signature.
        """As they are."""
        return self.headers


def render(reply: Reply) -> Response:
    """A reply as Flask sends it."""
    return Rendered([reply.body], reply.status, finish(current_exchange(), reply))


def route_name() -> str:
    """The name of the route that this request matched, whatever its method."""
    return str(request.endpoint).rpartition(".")[2].removeprefix(OTHER)


def current_service() -> Service:
    """The service behind this request."""
    service: Service = g.service
    return service


def current_exchange() -> Exchange:
    """The exchange that this request began."""
    exchange: Exchange = g.exchange
    return exchange


def authorized(view: View) -> View:
    """A view that is asked only by those who may: the service decides, for both doors alike."""

    @wraps(view)
    def guarded(**parts: str) -> Response:
        current_service().authorize(current_exchange(), header_lookup(request.environ), request.remote_addr or "")
        return view(**parts)

    return guarded


def answered(answer: Answer) -> View:
    """A view that renders an answer."""

    def view() -> Response:
        environ = request.environ
        if "stream" in vars(request):  # A hook of the host has read the body, of which Werkzeug keeps a copy.
            environ = environ | {"wsgi.input": BytesIO(request.get_data()), "wsgi.input_terminated": True}
        return render(answer(current_service(), current_exchange(), header_lookup(environ), environ))

    return view


def read_body(service: Service, receipt: Receipt, environ: WSGIEnvironment) -> bytes:
    """The request's body, refused as soon as it is too large or too slow."""
    arrived = require_body(environ)
    if arrived is not None:
        return receipt.take(arrived)
    stream = get_input_stream(environ)
    try:
        while not receipt.is_whole and (chunk := stream.read(CHUNK)):
            receipt.add(chunk)
    except TimeoutError:
        raise service.too_slow() from None
    except ClientDisconnected:
        raise incomplete_body() from None
    return receipt.body()


def predict(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """`POST /predict`: inline where that is quick, else in the pool, so that waiting stays bounded."""
    if service.guarded:
        service.authorize(exchange, header, environ.get("REMOTE_ADDR", ""))
    with service.places, service.admit(header) as receipt:
        body = read_body(service, receipt, environ)
        if service.is_quick(body):
            return service.predict(body, exchange)
        future = service.submit(body, exchange)
        try:
            return future.result(service.settings.predict_timeout)
        except TimeoutError:
            future.cancel()
            raise service.timed_out() from None


def schema() -> Response:
    """`GET /schema`."""
    return render(current_service().schema())


def openapi() -> Response:
    """`GET /openapi.json`."""
    base = (request.script_root + request.path).removesuffix(BY_NAME["openapi"].path) or "/"
    return render(current_service().openapi(base))


def docs() -> Response:
    """`GET /docs`."""
    return render(current_service().docs())


def model() -> Response:
    """`GET /model`."""
    return render(current_service().model())


def live() -> Response:
    """`GET /health/live`."""
    return render(current_service().live())


def ready() -> Response:
    """`GET /health/ready`."""
    return render(current_service().ready())


def metrics() -> Response:
    """`GET /metrics`."""
    return render(current_service().metrics())


def index(_: str) -> Response:
    """`GET /`."""
    return render(current_service().index())


def token(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """`POST /oauth/token`."""
    service.authorize(exchange, header, environ.get("REMOTE_ADDR", ""))
    with service.admit_form(header) as receipt:
        return service.token(read_body(service, receipt, environ), header)


def other_method(_: str = "") -> Response:
    """A method that no other rule of this path takes."""
    return render(current_service().other_method(route_name(), request.method))


PLAIN: Final[Mapping[str, Answer]] = {"predict": predict, "token": token}
VIEWS: Final[Mapping[str, View]] = {
    view.__name__: view for view in (schema, openapi, docs, model, live, ready, metrics, index)
}
