"""A small door without a framework: duties 1 to 7 of docs/add-a-framework.md, for requests that are already in memory.

It has no streams, no tokens and no path parameters, and its paths begin at the root.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import no_such_path, prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.service import NONE, Service
from twinserve.testing import Answer

ADDRESS = "192.0.2.1"
"""The address of every client: a request in memory has none of its own."""


class ThirdDoor:
    """Answers requests with a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        kinds = ("predict", "read", "form")
        self._routes: dict[str, list[Route]] = {}
        for route in service.routes:
            if route.kind in kinds and not route.parameters:
                self._routes.setdefault(route.path, []).append(route)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Answer one request."""
        quoted, _, query = path.partition("?")
        path = unquote_to_bytes(quoted).decode("latin-1")
        given = {name.lower(): value for name, value in headers.items()} | {"content-length": str(len(body))}
        routes = self._routes.get(path, [])
        route = next((route for route in routes if method in route.methods), routes[0] if routes else None)
        exchange = self._service.begin(route.name if route else "unknown", method, path, "http", given.get)
        try:
            reply = self._answer(exchange, route, query, body, given.get)
        except Exception as error:  # Problems and faults alike leave as replies.
            reply = exchange.refuse(error)
        pairs = [*exchange.finish(reply), *reply.fixed]
        if reply.media_type is not None:
            pairs.append(("Content-Length", str(len(reply.body))))
        return Answer.of(reply.status, pairs, b"" if method == "HEAD" else reply.body)

    def _answer(self, exchange: Exchange, route: Route | None, query: str, body: bytes, header: HeaderLookup) -> Reply:
        if route is None:
            raise no_such_path()
        if exchange.method not in route.methods:
            return self._service.other_method(exchange, header)
        if self._service.guarded:
            self._service.authorize(exchange, header, ADDRESS)
        if route.kind == "read":
            asked = self._service.asked(exchange, header, query, NONE)
            return exchange.dialect.reads[route.name](self._service, asked)
        with self._service.places, self._service.admit(exchange, header, query) as receipt:
            return self._predict(receipt.take(body), exchange)

    def _predict(self, body: bytes, exchange: Exchange) -> Reply:
        answer, patience = self._service.answer(body, exchange), self._service.settings.predict_timeout
        if isinstance(answer, Reply):
            return answer
        try:
            return answer.result(patience)
        except TimeoutError:
            answer.cancel()
            raise prediction_timeout(patience) from None
