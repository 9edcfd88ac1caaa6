"""An explainer made by hand, of any predictor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinserve.explain.explainer import Values
from twinserve.explain.stored import Method, Scale
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns


class FakeExplainer:
    """Gives what a prediction differs from 0.25 (a value: from 10) to the fields, more to those that come later."""

    method: Method = "shapley-linear"
    is_quick = True

    def __init__(self, predictor: Predictor, of: Scale = "probability") -> None:
        self.of: Scale = of
        self._predictor = predictor

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        """The values."""
        predictions, fields = self._predictor.predict(columns), columns.matrix.shape[1]
        if predictions.values is not None:
            base, output = np.full(len(columns), 10.0), predictions.values
        else:
            base, output = np.full(len(columns), 0.25), np.zeros(len(columns))
            if predictions.probabilities is not None:
                output = predictions.probabilities[np.arange(len(columns)), list(classes or ())]
        weights = np.arange(1.0, fields + 1)
        contributions = (output - base)[:, None] * weights / weights.sum()
        return Values(base, base + contributions.sum(axis=1), contributions)
