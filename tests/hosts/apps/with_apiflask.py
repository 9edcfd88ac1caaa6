"""APIFlask: an app with its own document and its own JSON errors."""

from apiflask import APIFlask, Schema
from apiflask.fields import Integer

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


class Order(Schema):
    amount = Integer(required=True)


def create_app() -> APIFlask:
    app = APIFlask(__name__, title="Shop", version="1")
    app.register_blueprint(serve_flask.blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.get("/own")
    def own():
        return {"app": "mine"}

    @app.post("/orders")
    @app.input(Order)
    @app.output(Order, status_code=201)
    def add(json_data):
        return json_data

    return app
