"""Flask has no OpenAPI of its own; flask-smorest, of marshmallow's authors, makes it from schemas."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

app = Flask(__name__)
app.config.update(API_TITLE="Tumors", API_VERSION="1", OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX="/")
api = Api(app)
blueprint = Blueprint("tumors", __name__)


class Tumor(Schema):
    radius = fields.Float(required=True)


@blueprint.post("/predict")
@blueprint.arguments(Tumor)
@blueprint.response(200, Tumor)
def predict(tumor: dict[str, Any]) -> dict[str, Any]:
    return tumor


api.register_blueprint(blueprint)
