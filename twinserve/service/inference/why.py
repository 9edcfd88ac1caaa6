"""`Why`: explanations of one version's predictions, as requests ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from twinserve.explain.explainer import Explainer
from twinserve.predict.predictor import Predictions
from twinserve.service.http.problem import Problem, not_implemented
from twinserve.service.http.query import invalid_parameters
from twinserve.service.protocols.beside import Explained
from twinserve.service.protocols.dialect import Asked
from twinserve.signature import Columns


class Why:
    """Explains the predictions of one version."""

    def __init__(self, explainer: Explainer | None, classes: Sequence[str] | None) -> None:
        """`explainer` is None for a version that was made without; `classes` is None for a regression."""
        self._explainer, self._classes = explainer, classes
        self._codes = {label: code for code, label in enumerate(classes or ())}

    @property
    def is_quick(self) -> bool:
        """Does a single row take no longer than its prediction a few times over?"""
        return self._explainer is None or self._explainer.is_quick

    def require(self, asked: Asked) -> None:
        """Raise `Problem`: 400 for a class that the model does not have, 501 where there are no explanations."""
        label = asked.query.get("class")
        if label is not None and label not in self._codes:
            what = "The model does not have this class." if self._codes else "The model predicts a number, no class."
            raise invalid_parameters([{"parameter": "class", "code": "enumeration", "detail": what}])
        if self._explainer is None:
            raise not_explained()

    def explain(self, columns: Columns, predictions: Predictions, asked: Asked) -> Explained:
        """The explanations of predictions that all rows have; raises `Problem` as `require` does, and `CannotPredict`
        where a sampled row has no answer."""
        self.require(asked)  # Again: another version may answer than the one that was asked at first.
        if self._explainer is None:
            raise not_explained()
        codes = self._wanted(len(columns), predictions, asked)
        values = self._explainer.explain(columns, codes)
        labels = None if codes is None or self._classes is None else [self._classes[code] for code in codes]
        return Explained(self._explainer.method, self._explainer.of, labels, values, asked.query.get("top"))

    def _wanted(self, rows: int, predictions: Predictions, asked: Asked) -> Sequence[int] | None:
        """The class of each row that is explained: the one that was asked for, else the row's own label."""
        if predictions.labels is None:
            return None
        label = asked.query.get("class")
        codes: list[int] = predictions.labels.tolist() if label is None else [self._codes[label]] * rows
        return codes


def not_explained() -> Problem:
    """501: this version was made without explanations."""
    return not_implemented("This version of the model was made without explanations; train it again.")
