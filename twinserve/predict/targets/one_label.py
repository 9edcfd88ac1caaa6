"""One label of several: a classification."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import NUMBER, Coded, FlatColumns, Templates, by_name, or_null, quoted

# Classifiers whose `predict` is the argmax of `predict_proba`, so that one call gives both. Others compute their labels
# from another quantity, which may differ in a tie.
ARGMAX: Final = frozenset(
    {"RandomForestClassifier", "ExtraTreesClassifier", "DecisionTreeClassifier", "BaggingClassifier"}
)
PROBABILITY: Final = NUMBER | {"minimum": 0, "maximum": 1}


@dataclass(frozen=True)
class OneLabel:
    """The label of a row, and the probability of each class where the model gives some."""

    classes: tuple[str, ...]
    task: Task = "classification"
    unexplained: None = None
    uncovered: None = None

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        said = "The probability of each class; null where the model gives labels only."
        probabilities = or_null(by_name(self.classes, PROBABILITY, said))
        return {"label": {"type": "string", "enum": [*self.classes]}, "probabilities": probabilities}

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`."""
        if _predicts_argmax(head):
            probabilities = np.asarray(head.predict_proba(prepared), dtype=np.float64)
            return Predictions(probabilities.argmax(axis=1), probabilities)
        codes = self._codes
        labels = np.array([codes[label] for label in np.ravel(head.predict(prepared))], dtype=np.int64)
        if not hasattr(head, "predict_proba"):
            return Predictions(labels)
        return Predictions(labels, np.asarray(head.predict_proba(prepared), dtype=np.float64))

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.labels is None:
            raise TypeError("Predictions of a classification hold labels.")
        codes, classes = predictions.labels.tolist(), self.classes
        if predictions.probabilities is None:
            return [{"label": classes[code], "probabilities": None} for code in codes]
        rows = predictions.probabilities.tolist()
        return [
            {"label": classes[code], "probabilities": dict(zip(classes, row, strict=True))}
            for code, row in zip(codes, rows, strict=True)
        ]

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        if predictions.labels is None:
            raise BadPrediction("The predictor gave no labels.")
        columns: FlatColumns = {"label": Coded(predictions.labels, self.classes)}
        if (likely := predictions.probabilities) is not None:
            columns |= {f"probabilities.{label}": likely[:, code] for code, label in enumerate(self.classes)}
        return columns

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        if predictions.labels is None:
            raise BadPrediction("The predictor gave no labels.")
        codes, probabilities = predictions.labels.tolist(), predictions.probabilities
        if probabilities is None:
            if -1 in codes:
                raise BadPrediction("The predictor gave no label to some row.")
            only = self._only
            return [only[code] for code in codes], None
        shape, templates = probabilities.shape, self._with_probabilities
        if shape != (len(codes), len(templates)):
            raise BadPrediction(
                f"The predictor gave probabilities {shape} for {len(codes)} rows of {len(templates)} classes."
            )
        return [*map(templates.__getitem__, codes)], probabilities

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {label: code for code, label in enumerate(self.classes)}

    @cached_property
    def _only(self) -> list[str]:
        return [f'"label":{quoted(label)},"probabilities":null' for label in self.classes]

    @cached_property
    def _with_probabilities(self) -> list[str]:
        members = ",".join(f"{quoted(label)}:%s" for label in self.classes)
        return [f'"label":{quoted(label)},"probabilities":{{{members}}}' for label in self.classes]


def _predicts_argmax(head: Any) -> bool:
    last = head.steps[-1][1] if hasattr(head, "steps") else head
    return type(last).__name__ in ARGMAX and type(last).__module__.startswith("sklearn.")
