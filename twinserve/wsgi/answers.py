"""How each kind of route is answered from a WSGI environ: read the request, ask the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from twinserve.service.exchange import Exchange
from twinserve.service.http.body import Receipt
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import no_such_path
from twinserve.service.http.reply import Reply, StreamedReply
from twinserve.service.http.routes import Kind
from twinserve.service.protocols.bulk.dialect import BULK
from twinserve.service.protocols.dialect import Asked
from twinserve.service.raw_refusals import too_slow
from twinserve.service.service import NONE, Service
from twinserve.wsgi.deadline import opened, reply_of
from twinserve.wsgi.environ_keys import BODY, CAN_STREAM, PARAMETERS, PLACE, VERSION
from twinserve.wsgi.input_stream import input_stream
from twinserve.wsgi.kept_place import KeptPlace
from twinserve.wsgi.raw_endpoint import AnyAnswer
from twinserve.wsgi.second_call import StreamAwaited
from twinserve.wsgi.streaming import streamed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CHUNK: Final = 64 * 1024


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
    return receipt.body()


def predict(
    service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment
) -> Reply | StreamedReply:
    """Answer a prediction request: inline if that is quick, else in the pool, so that waiting stays bounded; in bulk
    while it arrives."""
    authorize(service, exchange, header, environ)
    if service.is_bulk(exchange, header):
        exchange.dialect = BULK
        return stream(service, exchange, header, environ)
    kept: KeptPlace | None = environ.get(PLACE)
    query, parameters = environ.get("QUERY_STRING", ""), given(service, exchange, environ)
    place = service.places if kept is None else kept.among(service.places)
    with place, service.admit(exchange, header, query, parameters) as receipt:
        body = read_body(service, receipt, environ)
        answer = service.answer(body, exchange, environ.get(VERSION))
        return answer if isinstance(answer, Reply) else reply_of(answer, service.settings.predict_timeout)


def stream(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> StreamedReply:
    """A request for predictions that is answered while it arrives: in a thread, as its client may be slow."""
    authorize(service, exchange, header, environ)
    query, parameters = environ.get("QUERY_STRING", ""), given(service, exchange, environ)
    return streamed(service.settings, service.stream(exchange, header, query, parameters), environ)


def token(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """`POST /oauth/token`."""
    authorize(service, exchange, header, environ)
    with service.admit_form(header) as receipt:
        return service.token(read_body(service, receipt, environ), header)


def read(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Reply:
    """Answer a GET route: a document or a state, by the `reads` of its protocol (`READS` for our own JSON)."""
    authorize(service, exchange, header, environ)
    return exchange.dialect.reads[exchange.route](service, asked_of(service, exchange, header, environ))


def other_method(service: Service, exchange: Exchange, header: HeaderLookup, _environ: WSGIEnvironment) -> Reply:
    """A method that no other route of this path takes."""
    return service.other_method(exchange, header)


def not_found(_service: Service, _exchange: Exchange, _header: HeaderLookup, _environ: WSGIEnvironment) -> Reply:
    """Raise `Problem` (404): no route has this path."""
    raise no_such_path()


def asked_of(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> Asked:
    """What a request without a body asks."""
    return service.asked(exchange, header, environ.get("QUERY_STRING", ""), given(service, exchange, environ))


def given(service: Service, exchange: Exchange, environ: WSGIEnvironment) -> Mapping[str, str]:
    """The values of the route's path parameters, without those of the app's own URL prefix; a model that they name is
    open, if it can be opened."""
    route = service.by_name[exchange.route]
    if not (names := route.parameters):
        return NONE
    parameters: Mapping[str, str] = environ[PARAMETERS]
    if len(parameters) > len(names):
        parameters = {name: parameters[name] for name in names}
    if (opening := service.opening(exchange, parameters)) is not None:
        require_thread(environ, exchange)
        opened(opening, service.settings.predict_timeout)
    return parameters


def require_thread(environ: WSGIEnvironment, exchange: Exchange) -> None:
    """Have our own server call the app again in a thread, if it has called it in its event loop."""
    arrived = environ.get(BODY)
    if exchange.dialect.stream is not None and environ.get(CAN_STREAM) is False:
        raise StreamAwaited
    if arrived is not None and not isinstance(arrived, bytes):
        arrived.read()  # Raises `BodyAwaited`; a whole body of a model that is not open is for a thread.


def authorize(service: Service, exchange: Exchange, header: HeaderLookup, environ: WSGIEnvironment) -> None:
    """Have the service authorize the request, if it requires that."""
    if service.guarded:
        service.authorize(exchange, header, environ.get("REMOTE_ADDR", ""))


PLAIN: Final[Mapping[Kind, AnyAnswer]] = {"predict": predict, "form": predict, "token": token}
"""The kinds of routes that a door's own app answers without the framework."""
ANSWERS: Final[Mapping[Kind, AnyAnswer]] = {"read": read, "stream": stream, **PLAIN}
