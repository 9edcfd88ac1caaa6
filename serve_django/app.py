"""The whole Django app: the URL patterns at the root, and problem details for all other paths."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from weakref import ReferenceType

import django
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import got_request_exception, request_finished, request_started
from django.dispatch import Signal
from django.urls import re_path

from serve_django import settings as own_settings
from serve_django.urls import patterns
from serve_django.views import RouteView
from twinserve.service.http.paths import Plain
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.telemetry import logs
from twinserve.wsgi.plain import plain, plain_endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(service: Service | None = None) -> DoorApp:
    """Make the app. Without a service it opens the champion that the settings name; tests and hosts pass a service.

    A WSGI app has no end at which it could close its service. Our own server closes it; under another one, call
    `app.service.close()` when the process ends.
    """
    if service is None:
        settings = read_settings()
        logs.configure(settings)
        service = Service.open(settings)
    set_up()
    return DoorApp(service)


def set_up() -> None:
    """Configure Django with this door's settings, unless the process has configured it already."""
    if not django_settings.configured:
        django_settings.configure(**{name: getattr(own_settings, name) for name in dir(own_settings) if name.isupper()})
        django.setup(set_prefix=False)
        logging.getLogger("django.request").disabled = True  # It repeats our own line of each refused request.


SIGNALS: Final = (request_started, request_finished, got_request_exception)
"""The signals that Django sends for requests."""


class DoorApp(WSGIHandler):  # type: ignore[misc]  # Django ships no types.
    """A Django app that calls plain WSGI endpoints directly, as long as nothing has been added to the app.

    Django itself makes a request and a response, sends signals, runs the middleware and finds the view. Such an
    endpoint needs none of that.
    """

    plain: Plain[WSGIApplication] | None = None
    """The endpoints; None where there are none."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        every = re_path("", RouteView.as_view(served=lambda: service))
        urls = (*patterns(service.mount(), lambda: service), every)
        self.request_class = type("Request", (WSGIRequest,), {"urlconf": urls})
        if not django_settings.MIDDLEWARE:
            self.plain = plain(service)
        self.of_django = [[*filter(is_djangos, receivers_of(signal))] for signal in SIGNALS]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Called by the server for every request."""
        endpoint = None if self.plain is None else plain_endpoint(self.plain, environ)
        if endpoint is not None and [*map(receivers_of, SIGNALS)] == self.of_django:
            return endpoint(environ, start_response)
        response: Iterable[bytes] = super().__call__(environ, start_response)
        return response


def receivers_of(signal: Signal) -> list[Any]:
    """Everything that is connected to a signal."""
    connected: list[Any] = signal.receivers
    return connected


def is_djangos(entry: Any) -> bool:
    """Does Django itself connect this receiver to a signal? Most are kept as weak references."""
    _, receiver, *_ = entry
    receiver = receiver() if isinstance(receiver, ReferenceType) else receiver
    return receiver is None or receiver.__module__.startswith("django.")
