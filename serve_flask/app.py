"""The whole Flask app: the blueprint at the root, and the same problems for paths that are not in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

import flask
from flask import Flask, Response, g

from serve_flask.plain import Endpoint
from serve_flask.routes import PLAIN, begin, blueprint, refuse
from service import logs
from service.service import Service
from service.settings import read_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(service: Service | None = None) -> Flask:
    """The app. Without an argument it serves the champion as the settings say; tests and hosts give a service."""
    if service is None:
        settings = read_settings()
        logs.configure(settings)
        service = Service.open(settings)
    served = service

    def not_found(_: Exception) -> Response:
        if "exchange" not in g:
            begin(served, "unknown")
        return refuse(served.not_found())

    app = DoorApp(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_error_handler(404, not_found)
    app.register_blueprint(blueprint(served))
    app.endpoints = plain_endpoints(served)
    app.extensions["twinserve"] = served
    return app


SIGNALS: Final = (
    *(flask.request_started, flask.request_finished, flask.request_tearing_down),
    *(flask.appcontext_pushed, flask.appcontext_popped, flask.appcontext_tearing_down),
)
"""What Flask tells of a request, whatever becomes of it."""


class DoorApp(Flask):
    """A Flask app whose plain WSGI endpoints stand before its own layers, as long as nobody has put others there.

    Those layers make a request, its contexts and an answer, call hooks and look for the view. Such an endpoint needs
    none of that: 120 us of a request's 290.
    """

    endpoints: Mapping[tuple[str, str], WSGIApplication] = {}
    """By method and path."""

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Called by the server for every request."""
        if not self.has_hooks:
            endpoint = self.endpoints.get((environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")))
            if endpoint is not None:
                self._got_first_request = True  # From now on Flask refuses hooks, which would not be called here.
                return endpoint(environ, start_response)
        return super().wsgi_app(environ, start_response)

    @property
    def has_hooks(self) -> bool:
        """Is anything to happen with every request?"""
        return self.has_functions or any(signal.receivers for signal in SIGNALS)

    @cached_property
    def has_functions(self) -> bool:
        """Whoever adds one does so before the first request."""
        functions = (self.before_request_funcs, self.after_request_funcs, self.teardown_request_funcs)
        return (
            any(by_blueprint.get(None) for by_blueprint in functions)
            or bool(self.url_value_preprocessors.get(None) or self.teardown_appcontext_funcs)
            or bool(self.config["TRUSTED_HOSTS"])
        )


def plain_endpoints(service: Service) -> Mapping[tuple[str, str], WSGIApplication]:
    """The paths whose answers need no view, by method and path."""
    return {
        (method, route.path): Endpoint(service, route.name, PLAIN[route.name])
        for route in service.routes
        if route.name in PLAIN
        for method in route.methods
    }
