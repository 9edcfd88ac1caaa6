"""Flask with marshmallow: a schema loads the body."""

from __future__ import annotations

import os
from typing import Any

import joblib
from flask import Flask, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError, fields

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
model = joblib.load(os.environ["MODEL"])


class Measurements(Schema):
    radius = fields.Float(required=True)
    texture = fields.Float(required=True)
    perimeter = fields.Float(required=True)
    area = fields.Float(required=True)
    smoothness = fields.Float(required=True)
    compactness = fields.Float(required=True)
    concavity = fields.Float(required=True)
    concave_points = fields.Float(required=True)
    symmetry = fields.Float(required=True)
    fractal_dimension = fields.Float(required=True)


class Tumor(Schema):
    mean = fields.Nested(Measurements, required=True)
    error = fields.Nested(Measurements, required=True)
    worst = fields.Nested(Measurements, required=True)


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
