"""The routes of the service as URL patterns, for any project and any prefix: `path("ml/", include(urls_of(service)))`.

Without a service, as in `include("serve_django.urls")`, it is the one that the settings name. That is opened at the
first request, as Django reads URLs also where nothing is served (`manage.py migrate`), and closed when the process
ends.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from django.db.transaction import non_atomic_requests
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from serve_django.views import RouteView
from twinserve.service.http.routes import PART, Route, first_routes
from twinserve.service.protocols.spoken import chosen, routes_of, spoken
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.telemetry.logs import log

Decorate = Callable[[Any, Route], Any]
app_name: Final = "twinserve"
LOCK: Final = threading.Lock()


def urls_of(
    service: Service | None = None, decorate: Decorate = lambda view, _: view, protocols: Iterable[str] | None = ()
) -> tuple[list[Any], str]:
    """What `include()` takes: the routes of this service and no others.

    `protocols` names the dialects that are spoken there beside our own JSON, of those of the service; None: all.
    `decorate` is given each view and the first route of its path, and returns the view, with decorators of your own."""
    if service is None:
        settings, names = read_settings(), None if protocols is None else tuple(protocols)
        routes = routes_of(settings, chosen(spoken(settings), names))

        @cache
        def served() -> Service:
            opened_later = opened()
            opened_later.mount(names)
            return opened_later

        return patterns(routes, served, decorate), app_name
    return patterns(service.mount(protocols), lambda: service, decorate), app_name


def patterns(
    routes: Iterable[Route], served: Callable[[], Service], decorate: Decorate = lambda view, _: view
) -> list[Any]:
    """A pattern for each path. Views need neither a CSRF token, as nobody is known by a cookie, nor a transaction."""
    found = []
    for first in first_routes(routes):
        of_path = tuple(route for route in routes if route.path == first.path)
        view = csrf_exempt(non_atomic_requests(RouteView.as_view(served=served, routes=of_path)))
        found.append(path(PART.sub(r"<\1>", first.path.removeprefix("/")), decorate(view, first), name=first.name))
    return found


def __getattr__(name: str) -> Any:
    if name != "urlpatterns":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return urls_of()[0]


def opened() -> Service:
    """The service that the settings name, opened once for a process. Raises what `Service.open` raises, until it can
    be opened."""
    with LOCK:
        try:
            return open_service()
        except Exception as error:
            log.error("not opened", reason=str(error))  # Django itself logs no fault on a server, unless it is told to.
            raise


@cache
def open_service() -> Service:
    """Open it, and have it closed when the process ends."""
    service = Service.open(read_settings())
    atexit.register(service.close)
    return service
