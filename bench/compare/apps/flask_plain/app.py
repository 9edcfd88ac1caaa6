"""The usual tutorial: `get_json`, and what it gives is read as a dict."""

from __future__ import annotations

import os
from typing import Any

import joblib
from flask import Flask, request
from flask.typing import ResponseReturnValue

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


def answer(row: list[float]) -> dict[str, Any]:
    probabilities = model.predict_proba([row])[0]
    return {
        "label": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True)),
    }


@app.post("/predict")
def predict() -> ResponseReturnValue:
    tumor = request.get_json()
    row = [tumor[group][name] for group in GROUPS for name in NAMES]
    return answer(row)
