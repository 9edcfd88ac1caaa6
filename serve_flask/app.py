"""The whole Flask app: the blueprint at the root, and the same problems for paths that are not in it."""

from __future__ import annotations

from flask import Flask, Response, g

from serve_flask.routes import begin, blueprint, refuse
from service import logs
from service.service import Service
from service.settings import read_settings


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

    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_error_handler(404, not_found)
    app.register_blueprint(blueprint(served))
    app.extensions["twinserve"] = served
    return app
