"""The whole Flask app: the blueprint at the root, and problem details for all other paths."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import flask
from flask import Flask
from werkzeug.routing import Rule

from serve_flask.routes import NAME, blueprint, exchanged
from twinserve.service.http.paths import Plain
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.telemetry import logs
from twinserve.wsgi.answers import not_found
from twinserve.wsgi.plain import plain, plain_endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(service: Service | None = None) -> Flask:
    """Make the app. Without a service it opens the champion that the settings name; tests and hosts pass a service.

    A Flask app has no end at which it could close its service. Our own server closes it; under another one, call
    `app.extensions["twinserve"].close()` when the process ends.
    """
    if service is None:
        settings = read_settings()
        logs.configure(settings)
        service = Service.open(settings)
    served = service

    app = DoorApp(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_error_handler(404, lambda _: exchanged(served, "unknown", not_found))
    app.register_blueprint(blueprint(served, protocols=None))
    app.plain = plain(served)
    app.as_made = app.added()
    app.extensions["twinserve"] = served
    return app


SIGNALS: Final = (
    *(flask.request_started, flask.request_finished, flask.request_tearing_down),
    *(flask.appcontext_pushed, flask.appcontext_popped, flask.appcontext_tearing_down),
)
"""The signals that Flask sends for every request, whatever its outcome."""


class DoorApp(Flask):
    """A Flask app that calls plain WSGI endpoints directly, as long as nothing has been added to the app that would see
    their requests. Routes for other paths may be added.

    Flask itself makes a request, its contexts and a response, calls hooks and finds the view. Such an endpoint needs
    none of that: 120 us of a request's 290.
    """

    plain: Plain[WSGIApplication] | None = None
    """The endpoints; None where there are none."""
    as_made: object = None
    """The result of `added` when the app was made."""

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Called by the server for every request."""
        if self.plain is not None and not self.is_listened_to and self.is_as_made:
            endpoint = plain_endpoint(self.plain, environ)
            if endpoint is not None:
                self._got_first_request = True  # Flask refuses hooks from now on; none would be called here.
                return endpoint(environ, start_response)
        return super().wsgi_app(environ, start_response)

    @property
    def is_listened_to(self) -> bool:
        """Is a receiver connected to a signal that Flask sends for every request?"""
        return any(signal.receivers and signal.has_receivers_for(self) for signal in SIGNALS)

    @cached_property
    def is_as_made(self) -> bool:
        """Has nothing been added that would see a request to our endpoints? Cached at the first request, after which
        Flask refuses additions."""
        return self.added() == self.as_made

    def added(self) -> object:
        """Everything that an app can add between a request to our endpoints and its view, and these views."""
        tables = (
            *(self.before_request_funcs, self.after_request_funcs),
            *(self.teardown_request_funcs, self.url_value_preprocessors),
        )
        hooks = [tuple(table.get(name, ())) for table in tables for name in (None, NAME)]
        ours = self.plain.keys if self.plain else ()
        views = [
            (rule.endpoint, self.view_functions.get(rule.endpoint))
            for rule in self.url_map.iter_rules()
            if rule.endpoint.startswith(f"{NAME}.") or any(may_take(rule, *key) for key in ours)
        ]
        config = [self.config[name] for name in ("TRUSTED_HOSTS", "MAX_CONTENT_LENGTH")]
        return hooks, tuple(self.teardown_appcontext_funcs), views, config


def may_take(rule: Rule, method: str, path: str) -> bool:
    """May a rule match requests to a path of ours? What both have before their first parameter tells."""
    if rule.methods is not None and method not in rule.methods:
        return False
    theirs, is_open, _ = rule.rule.rstrip("/").partition("<")
    ours, is_pattern, _ = path.rstrip("/").partition("{")
    return theirs == ours or bool((is_open and ours.startswith(theirs)) or (is_pattern and theirs.startswith(ours)))
