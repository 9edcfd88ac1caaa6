"""Django Ninja: a schema, which is a Pydantic model, as the body."""

from __future__ import annotations

import os
from typing import Any

import joblib
from django.http import HttpRequest
from ninja import NinjaAPI, Schema

api = NinjaAPI()
model = joblib.load(os.environ["MODEL"])


class Measurements(Schema):
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


class Tumor(Schema):
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


@api.post("/predict")
def predict(request: HttpRequest, tumor: Tumor) -> dict[str, Any]:  # noqa: ARG001  # Ninja gives it to every view.
    row = [*numbers(tumor.mean), *numbers(tumor.error), *numbers(tumor.worst)]
    return answer(row)
