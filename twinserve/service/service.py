"""`Service`: the operations that both doors call, so that both give the same replies."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from twinserve.service.auth.guard import require_model
from twinserve.service.exchange import LONGEST_PATH, Exchange
from twinserve.service.http.body import MAX_FORM, Receipt, require_form
from twinserve.service.http.cors import Cors
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import method_not_allowed, no_such_path, shutting_down
from twinserve.service.http.query import query_reader
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import BULK as TAKE_BULK
from twinserve.service.http.routes import Route
from twinserve.service.http.unpacking import unpacker
from twinserve.service.inference.alone import Alone
from twinserve.service.inference.from_native import alone
from twinserve.service.inference.models.opening import default_registry, open_model_version
from twinserve.service.inference.question import Observer, Question
from twinserve.service.inference.quick_paths import QuickPaths
from twinserve.service.inference.streaming import Streaming
from twinserve.service.inference.turns import TURNS
from twinserve.service.inference.version import ModelVersion
from twinserve.service.lifecycle import Lifecycle
from twinserve.service.protocols.bulk.dialect import BULK
from twinserve.service.protocols.bulk.forms import forms_of, limit_of, require_fit
from twinserve.service.protocols.dialect import Asked, Dialect
from twinserve.service.protocols.native import NATIVE
from twinserve.service.protocols.spoken import Protocols, spoken
from twinserve.service.settings import Settings
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics import Metrics
from twinserve.service.telemetry.tracing import Tracing, callers_position, open_tracing

NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Service(Lifecycle):
    """Models behind one contract. Made once for a process; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        version: ModelVersion | None,
        tracing: Tracing | None = None,
        dialects: Sequence[Dialect] = (),
    ) -> None:
        """`dialects` are the protocols beside our own JSON. Raises `BadSetting` if a file of keys cannot be read."""
        super().__init__(settings, metrics, version, tracing)
        self._protocols = Protocols(settings, dialects)
        self.mount = self._protocols.mount
        """The routes for a door."""
        known = (*settings.routes, *(route for dialect in dialects for route in dialect.routes))
        self.by_name: Mapping[str, Route] = {route.name: route for route in known}
        self._dialects = {route.name: dialect for dialect in dialects for route in dialect.routes}
        """By route name, for the routes that are not part of our own JSON protocol."""
        self._quick = QuickPaths(self.routes, self._dialects)
        self._queries = {
            route.name: query_reader(route.query, settings.ignored_parameters)
            for route in self.routes
            if route.query is not None
        }
        self._cors = Cors(settings.cors_origins) if settings.cors_origins else None
        self.observer: Observer | None = None
        """Called with each prediction request and its outcome; set it before the first request."""

    @classmethod
    def open(cls, settings: Settings, dialects: Sequence[Dialect] = ()) -> Service:
        """A service of the champion, following it; raises a `ModelError` or `BadSetting` that says what to do.

        Best called in the process that serves. A process that is forked from that one opens the model again."""
        metrics, registry = Metrics(), default_registry(settings)
        version = open_model_version(registry, registry.require_champion().version, settings, metrics)
        service = cls(settings, metrics, version, open_tracing(settings), (*dialects, *spoken(settings)))
        service.models.follow()
        log.info("opened", model=version.model, version=version.version)
        return service

    @property
    def routes(self) -> tuple[Route, ...]:
        """Those that the index lists."""
        return self._protocols.routes

    def dialect_of(self, route: Route) -> Dialect:
        """The protocol of a route."""
        return self._dialects.get(route.name, NATIVE)

    def begin(self, route: str, method: str, path: str, scheme: str, header: HeaderLookup) -> Exchange:
        """Start an exchange; `route` is the name of a route, or `unknown`."""
        if os.getpid() != self._process:
            self._move()
        span = None
        if self._tracing is not None:
            known = self.by_name.get(route)
            template = None if known is None else known.path
            span = self._tracing.begin(method, path[:LONGEST_PATH], scheme, header, template)
        return Exchange(
            self.metrics,
            method=method,
            path=path,
            route=route,
            dialect=self._dialects.get(route, NATIVE),
            given_id=header("x-request-id"),
            access_log=self.settings.access_log,
            cors=() if self._cors is None else self._cors.headers(header),
            position=span.position if span else callers_position(traced) if (traced := header("traceparent")) else None,
            span=span,
            paths=self._protocols.paths,
        )

    def begin_unseen(self) -> Exchange:
        """Start the exchange of a request that is refused before the framework; nothing of the request is recorded."""
        return self.begin("unknown", "-", "-", "http", lambda _: None)

    def other_method(self, exchange: Exchange, header: HeaderLookup) -> Reply:
        """The reply to a method that a path does not take: OPTIONS is answered, without credentials, as browsers send
        none; anything else raises `Problem` (405)."""
        allow = self.by_name[exchange.route].allow
        if exchange.method != "OPTIONS":
            raise method_not_allowed(allow)
        asked = () if self._cors is None else self._cors.preflight(header, allow)
        return Reply(HTTPStatus.NO_CONTENT, b"", None, (("Allow", allow), *asked))

    def authorize(self, exchange: Exchange, header: HeaderLookup, address: str) -> None:
        """Authenticate and authorize the caller and count the request; raises `Problem` (401, 403, 429).

        Called as soon as path and method have been checked; `address` is the peer's, empty if unknown. A second call
        for the same exchange (one with the head, one with the body) does nothing.
        """
        if not exchange.is_authorized:
            client = self._guard.authorize(self.by_name[exchange.route], header, address)
            if client is not None:
                exchange.client, exchange.allowed = client.name, client.models
            exchange.is_authorized = True

    def admit_form(self, header: HeaderLookup) -> Receipt:
        """The receipt for the body of a token request."""
        return Receipt(header("content-length"), MAX_FORM, self.room)

    def token(self, body: bytes, header: HeaderLookup) -> Reply:
        """`POST /oauth/token`."""
        return self._guard.grant(header, body)

    def admit(
        self, exchange: Exchange, header: HeaderLookup, query: str = "", parameters: Mapping[str, str] = NONE
    ) -> Receipt:
        """Check a prediction request before its body is read; returns the receipt for the body, or raises `Problem`.

        `query` as it came, `parameters` the given parts of the path."""
        if self._closing:
            raise shutting_down()
        route = self.by_name[exchange.route]
        name = parameters.get("name") if parameters else None
        if name is not None:
            require_model(name, exchange.allowed)
        version = self.models.current(name)
        if route.kind == "form":
            require_form(header("content-type"), header("content-encoding"))
        else:
            exchange.dialect.admit(header)
        if parameters or exchange.dialect is not NATIVE or route.explains or (query and route.query is not None):
            exchange.asked = self.asked(exchange, header, query, parameters)
            if exchange.asked.query:
                require_fit(exchange.asked.query, header)
            version.require(exchange.asked)
        limit = self.settings.max_body if exchange.dialect is not BULK else limit_of(header, self.settings)
        return Receipt(header("content-length"), limit, self.room)

    def asked(self, exchange: Exchange, header: HeaderLookup, query: str, parameters: Mapping[str, str]) -> Asked:
        """What a request says beside its body, checked; raises `Problem` (400, or 404 for a part of the path that no
        model's name can be)."""
        if parameters:
            if not "".join(parameters.values()).isprintable():
                raise no_such_path()
            if exchange.allowed is not None:
                require_model(parameters.get("name", self.settings.model), exchange.allowed)
        read = self._queries.get(exchange.route) if query else None
        values = {} if read is None else read(query)
        return Asked(parameters, values, header, exchange.allowed, self.by_name[exchange.route].explains)

    def opening(self, exchange: Exchange, parameters: Mapping[str, str]) -> Future[None] | None:
        """What to wait for, for at most `predict_timeout`, before anything is asked of the model that a path names;
        None where it is open, or there is none. Nobody waits for one that the caller may not ask for."""
        name = parameters.get("name")
        if name is None or not (exchange.allowed is None or name in exchange.allowed):
            return None
        return self.models.opening(name)

    def quick_version(self, body: bytes, path: str) -> ModelVersion | None:
        """The current version if it can answer this body inline, else None; for a server that must choose a thread
        before the request's route is known. Raises `Problem` (503) if no version is open."""
        if self._closing:
            raise shutting_down()
        return self._quick.version(self.models, body, path)

    def answer(self, body: bytes, exchange: Exchange, version: ModelVersion | None = None) -> Reply | Future[Reply]:
        """Answer a prediction request: with a reply if that is quick, else with the future of one, from the pool.

        One version answers the whole request: `version` if it is given, else the current one. Wait for the future with
        `predict_timeout`; it raises what the prediction raised."""
        if self._closing:
            raise shutting_down()
        asked = exchange.asked
        name = asked.parameters.get("name") if asked.parameters else None
        if version is None or (name is not None and name != version.model):
            version = self.models.current(name)
        exchange.model, exchange.version = version.model, version.version
        if exchange.route == "form" or exchange.dialect.composer is not None:
            return self._pool.submit(*alone(body, exchange, version, self.settings, self.metrics, self.observer))
        dialect = exchange.dialect
        question = Question(body, asked, version.codec(dialect), exchange.request_id, self.observer)
        is_light = dialect.is_light is None or dialect.is_light(body, asked)
        if is_light and version.is_quick(body, asked):
            return version.answer(question)
        if (reply := version.at_once(dialect, question)) is not None:
            return reply
        return self._pool.submit(version if is_light else Alone(version.answer), question)

    def is_bulk(self, exchange: Exchange, header: HeaderLookup) -> bool:
        """Is this a prediction request in other forms than JSON, which `stream` answers?"""
        return exchange.route in TAKE_BULK and forms_of(header) is not None

    def stream(self, exchange: Exchange, header: HeaderLookup, query: str, parameters: Mapping[str, str]) -> Streaming:
        """A request for predictions that is answered while it arrives; raises `Problem` as `admit` does, and 503 if too
        many are in flight. Leave what is returned (it is a context manager) when the request is over."""
        with ExitStack[None]() as places:
            places.enter_context(self.places)
            places.enter_context(self.streams)
            places.enter_context(TURNS)
            receipt = self.admit(exchange, header, query, parameters)  # A stream counts by itself.
            version = self.models.current(parameters.get("name"))
            version.require(exchange.asked)  # Another one than `admit` asked, where it was swapped meanwhile.
            exchange.model, exchange.version = version.model, version.version
            codec = version.codec(exchange.dialect)
            question = Question(b"", exchange.asked, codec, exchange.request_id, self.observer)
            stream = version.stream(exchange.dialect, question)
            unpacking = unpacker(header("content-encoding")) if exchange.dialect is BULK else None
            return Streaming(stream, question, self._pool, receipt.limit, places.pop_all(), unpacking)
