"""Explanations of a model's answers in this process."""

from __future__ import annotations

from typing import Any

from twinserve.arrays import FloatArray
from twinserve.errors import AskedWrongly
from twinserve.explain.explained import explain
from twinserve.predict.answers import unpredictable
from twinserve.predict.linear import Row
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.store.artifact import LoadedArtifact


class Explaining:
    """What is asked for: the class to explain, by default each row's own label, and how many contributions."""

    def __init__(self, artifact: LoadedArtifact, label: str | None, top: int | None) -> None:
        """Raises `AskedWrongly` for what this version cannot give."""
        target, classes = artifact.manifest.target, artifact.manifest.classes
        if target.unexplained is not None:
            raise AskedWrongly(target.unexplained)
        if artifact.explainer is None:
            raise AskedWrongly("This version was made without explanations; train the model again.")
        if label is not None and label not in (classes or ()):
            raise AskedWrongly(f"class_ must be one of {', '.join(classes)}." if classes else "A number has no class_.")
        if top is not None and top < 1:
            raise AskedWrongly("top must be at least 1.")
        self._explainer, self._classes, self._label, self._top = artifact.explainer, classes, label, top
        self._pointers = [feature.pointer for feature in artifact.signature.features]

    def __call__(self, columns: Columns, predictions: Predictions, *, is_array: bool) -> list[dict[str, Any]]:
        """The member `explanation` of each prediction; raises `InvalidInput` for rows that have none."""
        explained = explain(self._explainer, columns, predictions, self._classes, self._label, self._top)
        if len(rows := explained.unexplained):
            raise unpredictable(rows.tolist(), is_array=is_array)
        return [{"explanation": item} for item in explained.described(self._pointers)]

    def of_row(self, row: Row, matrix: FloatArray) -> None:
        """See `Beside`."""
