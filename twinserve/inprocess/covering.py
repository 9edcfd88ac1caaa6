"""Intervals and sets around a model's answers in this process."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Unsupported
from twinserve.conformal.limits import HIGHEST, LOWEST, RANGE
from twinserve.errors import AskedWrongly
from twinserve.predict.linear import Row
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.store.artifact import LoadedArtifact


class Covering:
    """The coverage that is asked for."""

    def __init__(self, artifact: LoadedArtifact, coverage: object) -> None:
        """Raises `AskedWrongly` for what this version cannot promise."""
        if isinstance(coverage, bool) or not isinstance(coverage, Real):
            raise AskedWrongly("coverage: Must be a number.")
        self._wanted = float(coverage)
        if not LOWEST <= self._wanted <= HIGHEST:
            raise AskedWrongly(f"coverage: {RANGE}")
        if (uncovered := artifact.manifest.target.uncovered) is not None:
            raise AskedWrongly(f"coverage: {uncovered}")
        if artifact.coverage is None:
            raise AskedWrongly("This version was made without coverage; train the model again.")
        self._coverage, self._classes = artifact.coverage, artifact.manifest.classes
        try:
            self._coverage.require(self._wanted)
        except Unsupported as error:
            raise AskedWrongly(f"coverage: {error}") from None

    def __call__(self, columns: Columns, predictions: Predictions, *, is_array: bool) -> list[dict[str, Any]]:  # noqa: ARG002  # Every row has some.
        """The interval or the set of each prediction."""
        covered = self._coverage.of(predictions, columns.matrix, self._wanted)
        if covered.sets:
            return [self._set(codes) for codes in covered.sets]
        return [self._interval(low, high) for low, high in zip(covered.low, covered.high, strict=True)]

    def of_row(self, row: Row, matrix: FloatArray) -> dict[str, Any] | None:
        """See `Beside`."""
        if self._classes is None:
            return self._interval(*self._coverage.of_value(row["value"], matrix, self._wanted))
        return self._set(self._coverage.of_label(row["label"], row["probabilities"], self._wanted))

    def _interval(self, low: float, high: float) -> dict[str, Any]:
        return {"interval": {"coverage": self._wanted, "low": low, "high": high}}

    def _set(self, codes: Sequence[int]) -> dict[str, Any]:
        labels = [] if self._classes is None else [self._classes[code] for code in codes]
        return {"set": {"coverage": self._wanted, "labels": labels}}
