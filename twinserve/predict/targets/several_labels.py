"""Several labels at once: a classification with several targets, or several labels of which each may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.estimators.several_outputs import classes_by_target
from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.one_label import PROBABILITY
from twinserve.predict.targets.target import (
    UNCOVERED,
    UNEXPLAINED,
    Coded,
    FlatColumns,
    Templates,
    by_name,
    or_null,
    quoted,
)


@dataclass(frozen=True)
class SeveralLabels:
    """`labels` `[n, targets]` are places in the list of all targets' classes, one target's after the other's;
    `probabilities` `[n, all classes]` are in the order of that list."""

    names: tuple[str, ...]
    classes_of: tuple[tuple[str, ...], ...]
    """The classes of each target, in the order of its probabilities."""
    task: Task = "multi-output"
    classes: None = None
    unexplained: str = UNEXPLAINED
    uncovered: str = UNCOVERED

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Where each target's classes begin in the list of all, and its length."""
        return tuple(accumulate(map(len, self.classes_of), initial=0))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The list of all targets' classes."""
        return tuple(label for classes in self.classes_of for label in classes)

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        each = {"type": "object", "additionalProperties": PROBABILITY}
        said = "The probability of each class of each target; null where the model gives labels only."
        return {
            "labels": by_name(self.names, {"type": "string"}, "The label of each target."),
            "probabilities": or_null(by_name(self.names, each, said)),
        }

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`."""
        answers = _dense(head.predict(prepared))
        if answers.ndim != 2 or answers.shape[1] != len(self.names):
            raise ValueError(f"The estimator gave {answers.shape} labels for {len(self.names)} targets.")
        places = zip(answers.T, classes_by_target(head, len(self.names)), self.ends[:-1], strict=True)
        labels = np.stack([_codes(column, classes) + start for column, classes, start in places], axis=1)
        if not hasattr(head, "predict_proba"):
            return Predictions(labels)
        return Predictions(labels, self._probabilities(head.predict_proba(prepared)))

    def _probabilities(self, given: Any) -> FloatArray | None:
        """Those of all classes side by side, from a table for each target, or from one of the second classes."""
        if isinstance(given, list):
            return np.concatenate([np.asarray(part, dtype=np.float64) for part in given], axis=1)
        second = np.asarray(_dense(given), dtype=np.float64)
        if any(len(classes) != 2 for classes in self.classes_of):
            return None  # A chain of classifiers tells one probability of several.
        both: FloatArray = np.stack([1.0 - second, second], axis=2).reshape(len(second), -1)
        return both

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.labels is None:
            raise TypeError("Predictions of several labels hold labels.")
        texts, likely = self.texts, predictions.probabilities
        labels = [[texts[code] for code in row] for row in predictions.labels.tolist()]
        told = [None] * len(labels) if likely is None else [self._by_target(row) for row in likely.tolist()]
        return [
            {"labels": dict(zip(self.names, row, strict=True)), "probabilities": probabilities}
            for row, probabilities in zip(labels, told, strict=True)
        ]

    def _by_target(self, row: Sequence[float]) -> dict[str, dict[str, float]]:
        parts = (row[start:end] for start, end in pairwise(self.ends))
        each = zip(self.names, self.classes_of, parts, strict=True)
        return {name: dict(zip(classes, part, strict=True)) for name, classes, part in each}

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        labels, likely = predictions.labels, predictions.probabilities
        if labels is None:
            raise BadPrediction("The predictor gave no label for each target.")
        columns: FlatColumns = {
            f"labels.{name}": Coded(labels[:, place], self.texts) for place, name in enumerate(self.names)
        }
        if likely is not None:
            each = zip(self.names, self.classes_of, strict=True)
            names = [f"probabilities.{name}.{label}" for name, classes in each for label in classes]
            columns |= {name: likely[:, place] for place, name in enumerate(names)}
        return columns

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        labels, likely = predictions.labels, predictions.probabilities
        if labels is None or labels.shape != (len(labels), len(self.names)) or (labels < 0).any():
            raise BadPrediction("The predictor gave no label for each target.")
        if likely is not None and likely.shape != (len(labels), len(self.texts)):
            raise BadPrediction(f"The predictor gave probabilities {likely.shape} for {len(self.texts)} classes.")
        parts, rest = self._parts, ',"probabilities":null' if likely is None else self._rest
        rows = [",".join([parts[code] for code in row]) for row in labels.tolist()]
        return [f'"labels":{{{row}}}{rest}' for row in rows], likely

    @cached_property
    def _parts(self) -> list[str]:
        each = zip(self.names, self.classes_of, strict=True)
        return [f"{quoted(name)}:{quoted(label)}" for name, classes in each for label in classes]

    @cached_property
    def _rest(self) -> str:
        each = zip(self.names, self.classes_of, strict=True)
        targets = [f"{quoted(name)}:{{{','.join(f'{quoted(c)}:%s' for c in classes)}}}" for name, classes in each]
        return f',"probabilities":{{{",".join(targets)}}}'


def _dense(answers: Any) -> Any:
    """An array, where scikit-learn answers with a sparse matrix."""
    return np.asarray(answers.toarray() if hasattr(answers, "toarray") else answers)


def _codes(labels: Any, classes: Any) -> IntArray:
    codes = {label: code for code, label in enumerate(np.asarray(classes).tolist())}
    return np.array([codes[label] for label in labels.tolist()], dtype=np.int64)
