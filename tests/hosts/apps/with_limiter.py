"""flask-limiter: three requests a minute for the blueprint, and none for the rest of the app."""

from flask import Flask, jsonify
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    app = Flask(__name__)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    predictions = serve_flask.blueprint(Service.open(read_settings()))
    limiter.limit("3/minute")(predictions)
    app.register_blueprint(predictions, url_prefix="/ml")

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    @app.errorhandler(429)
    def too_many(_error):
        return jsonify(mine="slow down"), 429

    return app
