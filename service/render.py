"""Predictions as the bytes of a reply. What a model determines is made once; a request fills in its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from model.predictor import Predictions
from model.signature import Finding, FloatArray, Path
from service import problem

Warnings = Mapping[int, Sequence[Finding]]


class BadPrediction(Exception):
    """The predictor returned something that is no prediction: NaN, infinity, or the wrong number of rows."""


class Renderer:
    """Writes the replies of one version of a model. Numbers are written so that they read back as the same double."""

    def __init__(self, model: str, version: str, classes: Sequence[str] | None) -> None:
        self._head = f'{{"model":{_json(model)},"version":{_json(version)},'
        labels = [_json(label) for label in classes or ()]
        # `%` would read a percent sign in a label as a place to fill in.
        shares = ",".join(f"{label.replace('%', '%%')}:%s" for label in labels)
        self._only = [f'"label":{label},"probabilities":null' for label in labels]
        self._with_shares = [f'"label":{label.replace("%", "%%")},"probabilities":{{{shares}}}' for label in labels]

    def one(self, predictions: Predictions, warnings: Warnings) -> bytes:
        """The reply to a single instance."""
        (answer,) = self._answers(predictions, rows=1)
        return f'{self._head}{answer},"warnings":{_warnings(warnings.get(0, ()), ())}}}'.encode()

    def many(self, predictions: Predictions, warnings: Warnings, rows: int) -> bytes:
        """The reply to an array of instances."""
        answers = self._answers(predictions, rows)
        items = [
            f'{answer},"warnings":{_warnings(warnings[row], (row,)) if row in warnings else "[]"}'
            for row, answer in enumerate(answers)
        ]
        return f'{self._head}"predictions":[{{{"},{".join(items)}}}]}}'.encode()

    def _answers(self, predictions: Predictions, rows: int) -> Sequence[str]:
        answers = self._written(predictions)
        if len(answers) != rows:
            raise BadPrediction(f"The predictor gave {len(answers)} predictions for {rows} rows.")
        return answers

    def _written(self, predictions: Predictions) -> Sequence[str]:
        if predictions.values is not None:
            return [f'"value":{value}' for value in _numbers(predictions.values)]
        if predictions.labels is None:
            raise BadPrediction("The predictor gave neither labels nor values.")
        codes, shares = predictions.labels.tolist(), predictions.probabilities
        if shares is None:
            return [self._only[code] for code in codes]
        width = len(self._with_shares)
        if shares.shape != (len(codes), width):
            raise BadPrediction(f"The predictor gave probabilities {shares.shape} for {len(codes)} rows of {width}.")
        rows = zip(*[iter(_numbers(shares))] * width, strict=True)
        return [self._with_shares[code] % row for code, row in zip(codes, rows, strict=True)]


def _numbers(values: FloatArray) -> list[str]:
    """Each number as JSON, row by row. msgspec writes 2,000 in 0.1 ms, where `repr` takes 1."""
    text = msgspec.json.encode(values.ravel().tolist()).decode()
    if "n" in text:  # It writes what is not finite as null.
        raise BadPrediction("The predictor gave a number that is not finite.")
    return text[1:-1].split(",")


def _warnings(findings: Sequence[Finding], prefix: Path) -> str:
    """The list of one row's warnings."""
    if not findings:
        return "[]"
    placed = [Finding((*prefix, *finding.path), finding.code, finding.detail) for finding in findings]
    return _json([problem.render(finding) for finding in placed])


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
