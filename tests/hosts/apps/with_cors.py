"""flask-cors: pages of one origin may ask for predictions and read the request's id."""

from flask import Flask, jsonify
from flask_cors import CORS

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    app = Flask(__name__)
    CORS(app, resources={"/ml/*": {"origins": "https://page.example", "expose_headers": "X-Request-Id"}})
    app.register_blueprint(serve_flask.blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    return app
