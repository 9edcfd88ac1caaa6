"""`Sure`: intervals and sets around one version's predictions, as requests ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twinserve.conformal.coverage import Coverage, Covered, Unsupported
from twinserve.predict.predictor import Predictions
from twinserve.service.http.problem import Problem, not_implemented
from twinserve.service.http.query import invalid_parameters
from twinserve.service.protocols.dialect import Asked
from twinserve.signature import Columns

GivenT = TypeVar("GivenT")


class Sure:
    """Says how sure the predictions of one version are."""

    def __init__(self, coverage: Coverage | None, uncovered: str | None = None) -> None:
        """`coverage` is None for a version that was made without; `uncovered` says why its target can have none."""
        self._coverage, self._uncovered = coverage, uncovered

    def require(self, asked: Asked) -> None:
        """Raise `Problem`: 400 for a coverage that this version cannot promise, 501 where none was calibrated."""
        self._given(asked, Coverage.require)

    def cover(self, columns: Columns, predictions: Predictions, asked: Asked) -> Covered | None:
        """What was asked for around these predictions, None if nothing was; raises `Problem` as `require` does:
        another version may answer than the one that was asked at first."""
        return self._given(asked, lambda coverage, wanted: coverage.of(predictions, columns.matrix, wanted))

    def _given(self, asked: Asked, give: Callable[[Coverage, float], GivenT]) -> GivenT | None:
        """What the coverage gives for the share that was asked for, None if none was."""
        wanted = asked.query.get("coverage")
        if wanted is None:
            return None
        if self._uncovered is not None:
            raise not_supported(self._uncovered)
        if self._coverage is None:
            raise not_calibrated()
        try:
            return give(self._coverage, wanted)
        except Unsupported as error:
            raise not_supported(str(error)) from None


def not_supported(reason: str) -> Problem:
    """400: this version cannot promise that coverage."""
    return invalid_parameters([{"parameter": "coverage", "code": "bound", "detail": reason}])


def not_calibrated() -> Problem:
    """501: this version was made without coverage."""
    return not_implemented("This version of the model was made without coverage; train it again.")
