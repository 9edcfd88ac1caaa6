"""Predictions as a list: what `predict` of the estimator gives, or all that a native answer says."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from twinserve.predict.answers import answered, unpredictable
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import Target
from twinserve.service.http.problem import invalid_input
from twinserve.service.http.reply import Reply
from twinserve.service.protocols.beside import Beside
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
    if len(rows := beside.explained.unexplained):
        raise invalid_input(unpredictable(rows.tolist(), is_array=True))
    return beside.explained.described(pointers)


def as_reply(value: Any) -> Reply:
    """A value as JSON."""
    return Reply(HTTPStatus.OK, json.dumps(value, separators=(",", ":")).encode())


def _described(target: Target, predictions: Predictions, rows: int) -> list[dict[str, Any]]:
    given = answered(predictions)
    if len(given) != rows or not given.all():
        raise BadPrediction(f"The predictor gave {int(given.sum())} predictions for {rows} rows.")
    return target.describe(predictions)
