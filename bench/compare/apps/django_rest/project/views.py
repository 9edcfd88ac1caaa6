"""Django REST framework: a serializer checks the body."""

from __future__ import annotations

import os
from typing import Any

import joblib
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from project.serializers import TumorSerializer

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


@api_view(["POST"])
def predict(request: Request) -> Response:
    serializer = TumorSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    tumor = serializer.validated_data
    row = [tumor[group][name] for group in GROUPS for name in NAMES]
    return Response(answer(row))
