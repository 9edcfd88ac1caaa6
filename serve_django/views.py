"""The view behind every path: read the request, ask the service, render the reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import View

from serve_django.reading import Body
from serve_django.responses import Rendered, Streamed
from twinserve.service.http.reply import StreamedReply
from twinserve.service.http.routes import Route
from twinserve.service.service import Service
from twinserve.wsgi.answers import ANSWERS, not_found, other_method
from twinserve.wsgi.environ_keys import EXCHANGE, INPUT, PARAMETERS
from twinserve.wsgi.raw_endpoint import AnyAnswer, finish, header_lookup
from twinserve.wsgi.second_call import AWAITED
from twinserve.wsgi.streaming import sent


class RouteView(View):  # type: ignore[misc]  # Django ships no types.
    """Answers the requests for one path, wrong methods included. Under ASGI Django runs it in a thread, as it may
    predict, and wait."""

    routes: ClassVar[tuple[Route, ...]] = ()
    """The routes of the path; none for every path that is not in the table."""

    @staticmethod
    def served() -> Service:
        """Give the service; `as_view` is told how."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, **parts: str) -> HttpResponseBase:
        """Answer a request of any method."""
        name, answer = self.chosen(request.META["REQUEST_METHOD"])
        return exchanged(self.served(), name, answer, request, parts)

    def chosen(self, method: str) -> tuple[str, AnyAnswer]:
        """The name of the route that this method has, and how it is answered."""
        for route in self.routes:
            if method in route.methods:
                return route.name, ANSWERS[route.kind]
        return (self.routes[0].name, other_method) if self.routes else ("unknown", not_found)


def exchanged(
    service: Service, name: str, answer: AnyAnswer, request: HttpRequest, parts: Mapping[str, str]
) -> HttpResponseBase:
    """Answer one request; problems and faults become replies of the service, too."""
    environ = {**request.META, INPUT: Body(request), PARAMETERS: parts}
    header = header_lookup(environ)
    exchange = request.META.pop(EXCHANGE, None)  # Begun with the head, if the body arrived later.
    if exchange is None:
        exchange = service.begin(name, environ["REQUEST_METHOD"], request.path_info, request.scheme, header)
    try:
        reply = answer(service, exchange, header, environ)
    except Exception as error:  # A `Problem` or a fault: both become replies.
        reply = exchange.refuse(error)
    except AWAITED:
        request.META[EXCHANGE] = exchange
        raise
    if isinstance(reply, StreamedReply):
        return Streamed(sent(exchange, reply), reply.status, [*exchange.headers, *reply.fixed], request)
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body
    return Rendered(body, reply.status, finish(exchange, reply, environ))
