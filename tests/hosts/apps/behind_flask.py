"""A Flask app that believes its proxy: werkzeug's ProxyFix turns `X-Forwarded-Prefix` into `SCRIPT_NAME`."""

from flask import Flask, jsonify, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> Flask:
    app = Flask(__name__)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    app.register_blueprint(serve_flask.blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.get("/own")
    def own():
        return jsonify(predictions=url_for("twinserve.predict"))

    return app
