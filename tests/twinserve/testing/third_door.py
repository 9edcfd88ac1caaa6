"""A small door without a framework: duties 1 to 7 of docs/add-a-framework.md, for requests that are already in memory.

It has no streams and no tokens, and its paths begin at the root.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from twinserve.service.exchange import Exchange
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import no_such_path, prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import PART, Route
from twinserve.service.service import NONE, Service
from twinserve.testing import Answer

ADDRESS = "192.0.2.1"
"""The address of every client: a request in memory has none of its own."""


class ThirdDoor:
    """Answers requests with a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._routes = [route for route in service.routes if route.kind in ("predict", "read", "form")]

    def _find(self, method: str, path: str) -> tuple[Route | None, Mapping[str, str]]:
        """The route of this path that takes the method, else the first of this path; and the parts that were given."""
        patterns = [
            (route, PART.sub(r"(?P<\1>[^/]+)", re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}")))
            for route in self._routes
        ]
        found = [(route, match.groupdict()) for route, pattern in patterns if (match := re.fullmatch(pattern, path))]
        taking = [pair for pair in found if method in pair[0].methods]
        return next(iter([*taking, *found]), (None, NONE))

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Answer one request."""
        quoted, _, query = path.partition("?")
        path = unquote_to_bytes(quoted).decode("latin-1")
        given = {name.lower(): value for name, value in headers.items()} | {"content-length": str(len(body))}
        route, parts = self._find(method, path)
        exchange = self._service.begin(route.name if route else "unknown", method, path, "http", given.get)
        try:
            reply = self._answer(exchange, route, parts, query, body, given.get)
        except Exception as error:  # Problems and faults alike leave as replies.
            reply = exchange.refuse(error)
        pairs = [*exchange.finish(reply), *reply.fixed]
        if reply.media_type is not None:
            pairs.append(("Content-Length", str(len(reply.body))))
        return Answer.of(reply.status, pairs, b"" if method == "HEAD" else reply.body)

    def _answer(
        self,
        exchange: Exchange,
        route: Route | None,
        parts: Mapping[str, str],
        query: str,
        body: bytes,
        header: HeaderLookup,
    ) -> Reply:
        if route is None:
            raise no_such_path()
        if exchange.method not in route.methods:
            return self._service.other_method(exchange, header)
        if self._service.guarded:
            self._service.authorize(exchange, header, ADDRESS)
        if route.kind == "read":
            asked = self._service.asked(exchange, header, query, parts)
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
