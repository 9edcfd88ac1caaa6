"""Flask with flask-pydantic: the decorator makes the body a Pydantic model. It does not read postponed annotations."""

import os
from typing import Any

import joblib
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_pydantic import validate
from pydantic import BaseModel

app = Flask(__name__)
model = joblib.load(os.environ["MODEL"])


class Measurements(BaseModel):
    radius: float
    texture: float
    perimeter: float
    area: float
    smoothness: float
    compactness: float
    concavity: float
    concave_points: float
    symmetry: float
    fractal_dimension: float


class Tumor(BaseModel):
    mean: Measurements
    error: Measurements
    worst: Measurements


def numbers(part: Measurements) -> list[float]:
    return [
        part.radius,
        part.texture,
        part.perimeter,
        part.area,
        part.smoothness,
        part.compactness,
        part.concavity,
        part.concave_points,
        part.symmetry,
        part.fractal_dimension,
    ]


def answer(row: list[float]) -> dict[str, Any]:
    probabilities = model.predict_proba([row])[0]
    return {
        "label": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True)),
    }


@app.post("/predict")
@validate()
def predict(body: Tumor) -> ResponseReturnValue:
    row = [*numbers(body.mean), *numbers(body.error), *numbers(body.worst)]
    return answer(row)
