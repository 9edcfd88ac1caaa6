"""`Explained`: the explanations of some predictions, as a door and Python give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from twinserve.arrays import IntArray
from twinserve.explain.explainer import Explainer, Values
from twinserve.explain.stored import Method, Scale
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns


class Explained(NamedTuple):
    """Why the predictions of n rows are what they are."""

    method: Method
    of: Scale
    classes: Sequence[str] | None
    """`[n]`: the class of which each row's values are; None for a regression."""
    values: Values
    top: int | None
    """How many contributions are listed; None: all."""

    @property
    def unexplained(self) -> IntArray:
        """The rows without an explanation: with numbers too large for a double, or whose mixture with another row has
        no prediction."""
        finite = np.isfinite(self.values.output) & np.isfinite(self.values.contributions).all(axis=1)
        return np.flatnonzero(~finite)

    def described(self, pointers: Sequence[str]) -> list[dict[str, Any]]:
        """Each explanation as the JSON object of a reply; `pointers` are those of the signature's fields.

        Contributions come in descending magnitude, equal ones in the order of the signature."""
        values = self.values
        order = np.argsort(-np.abs(values.contributions), axis=1, kind="stable")
        listed = order if self.top is None else order[:, : self.top]
        others = np.take_along_axis(values.contributions, order[:, listed.shape[1] :], axis=1).sum(axis=1).tolist()
        given = np.take_along_axis(values.contributions, listed, axis=1).tolist()
        errors = None if values.errors is None else np.take_along_axis(values.errors, listed, axis=1).tolist()
        base, output = values.base.tolist(), values.output.tolist()
        objects: list[dict[str, Any]] = []
        for row, fields in enumerate(listed.tolist()):
            contributions: list[dict[str, Any]] = [
                {"pointer": pointers[field], "contribution": value}
                for field, value in zip(fields, given[row], strict=True)
            ]
            if errors is not None:
                for item, error in zip(contributions, errors[row], strict=True):
                    item["error"] = error
            named = {} if self.classes is None else {"class": self.classes[row]}
            numbers = {"base": base[row], "output": output[row], "contributions": contributions, "others": others[row]}
            objects.append({"method": self.method, "of": self.of, **named, **numbers})
        return objects


def explain(
    explainer: Explainer,
    columns: Columns,
    predictions: Predictions,
    classes: Sequence[str] | None,
    label: str | None,
    top: int | None,
) -> Explained:
    """The explanations of predictions that all rows have: of one class, or by default of each row's own label."""
    if predictions.labels is None or classes is None:
        return Explained(explainer.method, explainer.of, None, explainer.explain(columns, None), top)
    codes = predictions.labels.tolist() if label is None else [classes.index(label)] * len(columns)
    values = explainer.explain(columns, codes)
    return Explained(explainer.method, explainer.of, [classes[code] for code in codes], values, top)
