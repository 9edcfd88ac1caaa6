"""flask-smorest: a documented API of the app's own beside the predictions, two models among them."""

from flask import Flask, jsonify
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


class Order(Schema):
    amount = fields.Integer(required=True)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX="/")
    orders = Blueprint("orders", __name__, url_prefix="/orders")

    @orders.post("/")
    @orders.arguments(Order)
    @orders.response(201, Order)
    def add(order):
        return order

    Api(app).register_blueprint(orders)
    settings = read_settings()
    other = settings.model_copy(update={"model": "neighbours"})
    app.register_blueprint(serve_flask.blueprint(Service.open(settings)), url_prefix="/ml")
    app.register_blueprint(serve_flask.blueprint(Service.open(other)), url_prefix="/other", name="other")

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    return app
