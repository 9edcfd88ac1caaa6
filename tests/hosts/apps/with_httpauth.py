"""flask-httpauth: a token for every path of the blueprint."""

from flask import Flask, jsonify
from flask_httpauth import HTTPTokenAuth

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    app = Flask(__name__)
    auth = HTTPTokenAuth()
    auth.verify_token(lambda token: "alice" if token == "secret" else None)
    auth.error_handler(lambda status: (jsonify(mine="who are you?"), status))
    predictions = serve_flask.blueprint(Service.open(read_settings()))
    predictions.before_request(auth.login_required(lambda: None))
    app.register_blueprint(predictions, url_prefix="/ml")

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    return app
