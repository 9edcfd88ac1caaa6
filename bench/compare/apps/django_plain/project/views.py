"""A plain view: `json.loads`, and what it gives is read as a dict."""

from __future__ import annotations

import json
import os
from typing import Any

import joblib
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

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

model = joblib.load(os.environ["MODEL"])


def answer(row: list[float]) -> dict[str, Any]:
    probabilities = model.predict_proba([row])[0]
    return {
        "label": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True)),
    }


@csrf_exempt
@require_POST
def predict(request: HttpRequest) -> HttpResponse:
    tumor = json.loads(request.body)
    row = [tumor[group][name] for group in GROUPS for name in NAMES]
    return JsonResponse(answer(row))
