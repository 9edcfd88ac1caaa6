"""Flask with Flask-Inputs: a JSON Schema checks the body."""

from __future__ import annotations

import os
from typing import Any

import joblib
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_inputs import Inputs
from flask_inputs.validators import JsonSchema

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
MEASUREMENTS = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in NAMES},
    "required": list(NAMES),
}
TUMOR = {
    "type": "object",
    "properties": dict.fromkeys(GROUPS, MEASUREMENTS),
    "required": list(GROUPS),
}

app = Flask(__name__)
model = joblib.load(os.environ["MODEL"])


class TumorInputs(Inputs):
    json = [JsonSchema(schema=TUMOR)]  # noqa: RUF012  # As its documentation writes it.


def answer(row: list[float]) -> dict[str, Any]:
    probabilities = model.predict_proba([row])[0]
    return {
        "label": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True)),
    }


@app.post("/predict")
def predict() -> ResponseReturnValue:
    inputs = TumorInputs(request)
    if not inputs.validate():
        return {"success": False, "errors": inputs.errors}, 400
    tumor = request.get_json()
    row = [tumor[group][name] for group in GROUPS for name in NAMES]
    return answer(row)
