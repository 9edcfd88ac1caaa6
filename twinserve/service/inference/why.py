"""`Why`: explanations of one version's predictions, as requests ask for them."""

from __future__ import annotations

from twinserve.explain.explained import Explained, explain
from twinserve.explain.explainer import Explainer
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.target import Target
from twinserve.service.http.problem import Problem, not_implemented
from twinserve.service.http.query import invalid_parameters
from twinserve.service.protocols.dialect import Asked
from twinserve.signature import Columns


class Why:
    """Explains the predictions of one version."""

    def __init__(self, explainer: Explainer | None, target: Target) -> None:
        """`explainer` is None for a version that was made without."""
        self._explainer, self._classes, self._unexplained = explainer, target.classes, target.unexplained

    @property
    def is_quick(self) -> bool:
        """Does a single row take no longer than its prediction a few times over?"""
        return self._explainer is None or self._explainer.is_quick

    def require(self, asked: Asked) -> Explainer:
        """The explainer; raises `Problem`: 501 where what the model predicts has no explanation, or where the version
        was made without, 400 for a class that it does not have."""
        if self._unexplained is not None:
            raise not_implemented(self._unexplained)
        label = asked.query.get("class")
        if label is not None and label not in (self._classes or ()):
            what = "The model does not have this class." if self._classes else "The model predicts a number, no class."
            raise invalid_parameters([{"parameter": "class", "code": "enumeration", "detail": what}])
        if self._explainer is None:
            raise not_explained()
        return self._explainer

    def explain(self, columns: Columns, predictions: Predictions, asked: Asked, deadline: float) -> Explained:
        """The explanations of predictions that all rows have; raises `Problem` as `require` does, and `TooLate`."""
        explainer = self.require(asked)  # Again: another version may answer than the one that was asked at first.
        label, top = asked.query.get("class"), asked.query.get("top")
        return explain(explainer, columns, predictions, self._classes, label, top, deadline)


def not_explained() -> Problem:
    """501: this version was made without explanations."""
    return not_implemented("This version of the model was made without explanations; train it again.")
