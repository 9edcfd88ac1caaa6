"""The same with `async def`, as many write it: the event loop waits for the model."""

from __future__ import annotations

import os
from typing import Any

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
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
async def predict(tumor: Tumor) -> dict[str, Any]:
    row = [*numbers(tumor.mean), *numbers(tumor.error), *numbers(tumor.worst)]
    return answer(row)
