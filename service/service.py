"""The use cases: what a door may ask. Both doors ask the same and get the same reply."""

from __future__ import annotations

import json
from concurrent.futures import Future
from http import HTTPStatus

from service import pages, wire
from service.auth.client import HeaderLookup
from service.auth.guard import Guard
from service.exchange import LONGEST_PATH, Exchange
from service.limits import Places
from service.logs import log
from service.metrics import CONTENT_TYPE, Metrics
from service.pool import Pool
from service.problem import Problem, unavailable
from service.reply import Reply
from service.requests import MAX_FORM, Receipt, require_json
from service.routes import BY_NAME, Route
from service.serving import Serving, champion, open_serving
from service.settings import Settings
from service.tracing import Tracing, callers_place, open_tracing
from service.watch import Watch


class Service:
    """One model behind one contract. Made once for a process; safe to share between threads."""

    def __init__(
        self, settings: Settings, metrics: Metrics, serving: Serving | None, tracing: Tracing | None = None
    ) -> None:
        """Raises `BadSetting` where the settings name keys that cannot be read."""
        self.settings = settings
        self.routes = settings.routes
        self.places = Places(settings.max_concurrent)
        """Hold one while a prediction request is in flight: `with service.places:`, before its body is read."""
        self._guard = Guard(settings, metrics.lost_rate_stores.inc)
        self.guarded = self._guard.is_needed
        """Must each request be authorized? Else `authorize` need not be called."""
        self._metrics = metrics
        self._serving = serving
        self._tracing = tracing
        self._pool = Pool(settings.prediction_threads, settings.max_queue, settings.predict_timeout)
        self._watch: Watch | None = None
        self.gave_up = False
        """Is this process ending because its predictions never do?"""
        self._draining = False
        self._closing = False

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """A service of the champion, following it; raises a `ModelError` or `BadSetting` that says what to do.

        Call it in the process that serves: its threads do not survive a fork.
        """
        metrics, version = Metrics(), champion(settings)
        log.info("opening", model=settings.model, version=str(version))
        serving = open_serving(settings, metrics, version)
        service = cls(settings, metrics, serving, open_tracing(settings))
        service._watch = Watch(settings, metrics, serving, service.swap)
        service._watch.start()
        log.info("opened", model=serving.model, version=serving.version)
        return service

    def swap(self, serving: Serving) -> None:
        """Answer with another version from now on; a request that has begun keeps the one it has."""
        self._serving = serving

    def begin(self, route: str, method: str, path: str, scheme: str, header: HeaderLookup) -> Exchange:
        """Start an exchange; `route` is a name of the table or `unknown`."""
        span = None
        if self._tracing is not None:
            span = self._tracing.begin(method, path[:LONGEST_PATH], scheme, header, known=route in BY_NAME)
        return Exchange(
            self._metrics,
            method=method,
            path=path,
            route=route,
            given_id=header("x-request-id"),
            access_log=self.settings.access_log,
            place=callers_place(header("traceparent")) if span is None else span.place,
            span=span,
        )

    def authorize(self, exchange: Exchange, header: HeaderLookup, address: str) -> None:
        """May this caller do this, and now? Raises `Problem` (401, 403, 429).

        Asked as soon as path and method are known to be right; `address` is the peer's, empty if unknown.
        """
        exchange.client = self._guard.authorize(exchange.route, header, address)

    def admit_form(self, header: HeaderLookup) -> Receipt:
        """What receives the body of a request for a token."""
        return Receipt(header("content-length"), MAX_FORM)

    def token(self, body: bytes, header: HeaderLookup) -> Reply:
        """`POST /oauth/token`."""
        return self._guard.grant(header, body)

    def admit(self, header: HeaderLookup) -> Receipt:
        """May a prediction request with these headers send its body? Gives what receives it, or raises `Problem`."""
        self._require_open()
        require_json(header("content-type"), header("content-encoding"))
        return Receipt(header("content-length"), self.settings.max_body)

    def is_quick(self, body: bytes) -> bool:
        """May `predict` run inline, or does this body belong into the pool?"""
        return self._require_open().is_quick(body)

    def predict(self, body: bytes, exchange: Exchange) -> Reply:
        """`POST /predict`, here and now."""
        serving = self._require_open()
        exchange.version = serving.version
        return serving.predict(body)

    def submit(self, body: bytes, exchange: Exchange) -> Future[Reply]:
        """`POST /predict`, in the pool; the future raises what `predict` raises. Wait with `predict_timeout`."""
        serving = self._require_open()  # Now: what is taken is answered, whatever happens until its turn comes.
        exchange.version = serving.version
        return self._pool.submit(serving, body)

    def schema(self) -> Reply:
        """`GET /schema`."""
        return self._require_serving().schema

    def openapi(self, base: str) -> Reply:
        """`GET /openapi.json`; `base` is where this service's paths begin, `/` unless it is mounted elsewhere."""
        return self._require_serving().openapi(base)

    def docs(self) -> Reply:
        """`GET /docs`."""
        return pages.docs()

    def model(self) -> Reply:
        """`GET /model`."""
        return self._require_serving().description

    def live(self) -> Reply:
        """`GET /health/live`; touches nothing, so it answers as long as the process does."""
        return Reply(HTTPStatus.OK, b'{"status":"alive"}')

    def ready(self) -> Reply:
        """`GET /health/ready`."""
        if self._draining:
            raise unavailable("The service is shutting down.")
        serving = self._require_serving()
        content: dict[str, object] = {"status": "ready", "model": serving.model, "version": serving.version}
        if self._watch is not None:
            opening, refused = self._watch.opening, self._watch.refused
            content |= {"opening": {"version": opening[0], "since": opening[1]}} if opening is not None else {}
            content |= {"refused": {"version": refused[0], "reason": refused[1]}} if refused is not None else {}
        return Reply(HTTPStatus.OK, json.dumps(content, separators=(",", ":")).encode())

    def metrics(self) -> Reply:
        """`GET /metrics`."""
        return Reply(HTTPStatus.OK, self._metrics.render(), CONTENT_TYPE)

    def index(self) -> Reply:
        """`GET /`: the other paths, relative to this one."""
        content = [
            {"path": route.path.removeprefix("/") or ".", "methods": list(route.methods), "summary": route.summary}
            for route in self.routes
        ]
        return Reply(HTTPStatus.OK, json.dumps({"service": "twinserve", "paths": content}, indent=1).encode())

    def other_method(self, name: str, method: str) -> Reply:
        """A method that a path's route does not take: OPTIONS is answered, anything else is refused."""
        route: Route = BY_NAME[name]
        allow = (("Allow", route.allow),)
        if method == "OPTIONS":
            return Reply(HTTPStatus.NO_CONTENT, b"", None, allow)
        raise Problem("method-not-allowed", f"This path takes {route.allow}.", headers=allow)

    def not_found(self) -> Problem:
        """No route has this path."""
        return Problem("not-found", "There is nothing at this path; the index at / lists what there is.")

    def too_slow(self) -> Problem:
        """The request did not arrive whole in time."""
        return wire.too_slow(self.settings)

    def timed_out(self) -> Problem:
        """The prediction did not end in time."""
        return Problem("prediction-timeout", f"A prediction may take {self.settings.predict_timeout:g} s.")

    def must_give_up(self) -> bool:
        """Is every thread of the pool stuck in a prediction? Then only a new process can answer. Asked every second by
        a server's own loop, which is to end itself as if by SIGTERM; true once."""
        if self._draining or not self._pool.is_stuck(self.settings.predict_timeout):
            return False
        self.gave_up = True
        self.drain()
        log.error("stuck", reason="No prediction ends any more; this process makes room for a new one.")
        return True

    def drain(self) -> None:
        """Stop being ready, so that no balancer sends more; requests that still come are answered."""
        self._draining = True

    def close(self) -> None:
        """Refuse what still comes; what is in flight is answered."""
        self._draining = self._closing = True
        self._pool.close()
        self._guard.close()
        if self._watch is not None:
            self._watch.stop()
        if self._tracing is not None:
            self._tracing.close()

    def _require_serving(self) -> Serving:
        if self._serving is None:
            raise unavailable("No model is loaded.")
        return self._serving

    def _require_open(self) -> Serving:
        if self._closing:
            raise unavailable("The service is shutting down.")
        return self._require_serving()
