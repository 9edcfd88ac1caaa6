"""The Flask door. `blueprint(service)` is the part for an app of your own."""

from serve_flask.app import create_app
from serve_flask.routes import blueprint

__all__ = ["blueprint", "create_app"]
