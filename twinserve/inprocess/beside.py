"""What an answer in this process may hold beside the prediction."""

from __future__ import annotations

from typing import Any, Protocol

from twinserve.arrays import FloatArray
from twinserve.predict.linear import Row
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns


class Beside(Protocol):
    """What was asked for beside the predictions, checked."""

    def __call__(self, columns: Columns, predictions: Predictions, *, is_array: bool) -> list[dict[str, Any]]:
        """The further members of each prediction; raises `InvalidInput` for rows that have none."""

    def of_row(self, row: Row, matrix: FloatArray) -> dict[str, Any] | None:
        """The same of one row in Python numbers; None where that is not possible."""
