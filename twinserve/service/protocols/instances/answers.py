"""Predictions as a list: what `predict` of the estimator gives, or all that a native answer says."""

from __future__ import annotations

from typing import Any

from twinserve.predict.answers import require_all
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import Target
from twinserve.service.protocols.beside import Beside, require_explained
from twinserve.service.protocols.dialect import Warnings
from twinserve.signature.findings import render


def listed(target: Target, predictions: Predictions, rows: int) -> list[Any]:
    """The label or value of each row, of several targets an object with one of each; raises `BadPrediction`."""
    return [next(iter(described.values())) for described in _described(target, predictions, rows)]


def detailed(target: Target, predictions: Predictions, warnings: Warnings, rows: int) -> list[Any]:
    """The object of a native answer for each row."""
    return [
        {**described, "warnings": [render(finding) for finding in warnings.get(row, ())]}
        for row, described in enumerate(_described(target, predictions, rows))
    ]


def explanations(beside: Beside, pointers: list[str]) -> list[Any]:
    """The explanation of each row; raises `Problem` (422) where a row has none."""
    if beside.explained is None:
        raise BadPrediction("There is no explanation.")
    require_explained(beside.explained, is_array=True)
    return beside.explained.described(pointers)


def _described(target: Target, predictions: Predictions, rows: int) -> list[dict[str, Any]]:
    require_all(predictions, rows)
    return target.describe(predictions)
