"""Django projects for the tests. Django has one configuration for a process: that of our own app, as long as a test
overrides nothing (`override_settings`). Here each project has URLs of its own beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import include, path

from serve_django.app import set_up
from serve_django.urls import urls_of
from twinserve.service.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = Callable[..., HttpResponse]
HOST: Final = {"DEBUG_PROPAGATE_EXCEPTIONS": False}
"""As in every project, a fault is answered by a handler."""
set_up()


class Urls:
    """The URLs of a project, as a module `urls` has them."""

    def __init__(self, urlpatterns: Sequence[Any], **handlers: View) -> None:
        self.urlpatterns = urlpatterns
        vars(self).update(handlers)


def of_wsgi(urls: Urls, **settings: Any) -> WSGIApplication:
    """The project as a WSGI app with these settings."""
    with override_settings(**HOST, **settings):
        app = WSGIHandler()
    app.request_class = type("Request", (WSGIRequest,), {"urlconf": urls})

    def called(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with override_settings(**HOST, **settings):
            response: Iterable[bytes] = app(environ, start_response)
        return response

    return called


def of_asgi(urls: Urls, **settings: Any) -> Any:
    """The project as an ASGI app with these settings."""
    with override_settings(**HOST, **settings):
        app = ASGIHandler()
    app.request_class = type("Request", (ASGIRequest,), {"urlconf": urls})

    async def called(*connection: Any) -> None:
        with override_settings(**HOST, **settings):
            await app(*connection)

    return called


def mounted(service: Service, prefix: str = "ml/", **options: Any) -> Urls:
    """A project with one page of its own and our paths below a prefix."""
    own = path("own", lambda _: HttpResponse("own"))
    return Urls([own, path(prefix, include(urls_of(service, **options)))])


def answering(status: int) -> View:
    """A handler of errors."""

    def handler(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        del request, exception
        return JsonResponse({"host": status}, status=status)

    return handler
