"""Flask with flask-marshmallow: the schema is made by the extension."""

from __future__ import annotations

import os
from typing import Any

import joblib
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_marshmallow import Marshmallow
from marshmallow import ValidationError

GROUPS = ("mean", "error", "worst")
NAMES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
)

app = Flask(__name__)
ma = Marshmallow(app)
model = joblib.load(os.environ["MODEL"])


class Measurements(ma.Schema):
    radius = ma.Float(required=True)
    texture = ma.Float(required=True)
    perimeter = ma.Float(required=True)
    area = ma.Float(required=True)
    smoothness = ma.Float(required=True)
    compactness = ma.Float(required=True)
    concavity = ma.Float(required=True)
    concave_points = ma.Float(required=True)
    symmetry = ma.Float(required=True)
    fractal_dimension = ma.Float(required=True)


class Tumor(ma.Schema):
    mean = ma.Nested(Measurements, required=True)
    error = ma.Nested(Measurements, required=True)
    worst = ma.Nested(Measurements, required=True)


def answer(row: list[float]) -> dict[str, Any]:
    probabilities = model.predict_proba([row])[0]
    return {
        "label": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True)),
    }


@app.post("/predict")
def predict() -> ResponseReturnValue:
    try:
        tumor = Tumor().load(request.get_json())
    except ValidationError as error:
        return {"errors": error.messages}, 422
    row = [tumor[group][name] for group in GROUPS for name in NAMES]
    return answer(row)
