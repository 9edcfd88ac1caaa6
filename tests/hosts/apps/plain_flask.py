"""A Flask app with a page and an error page of its own."""

from flask import Flask, jsonify

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(serve_flask.blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    @app.errorhandler(404)
    def not_found(_error):
        return jsonify(mine="nothing here"), 404

    return app
