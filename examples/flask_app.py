"""Predictions inside a Flask app of your own: `flask --app examples.flask_app run`, then POST /ml/predict.

The contract's paths below /ml are the service's, wrong methods and their errors included. All else stays yours.
"""

from __future__ import annotations

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from serve_flask import blueprint
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    """The host app."""
    app = Flask(__name__)
    app.register_blueprint(blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.get("/")
    def home() -> ResponseReturnValue:
        return jsonify(app="mine", predictions="/ml/")

    @app.errorhandler(404)
    def not_found(_: Exception) -> ResponseReturnValue:
        return jsonify(mine="nothing here"), 404

    return app
