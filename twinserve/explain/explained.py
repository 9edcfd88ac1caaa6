"""`Explained`: the explanations of some predictions, as a door and Python give them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf
from typing import Any, Final, NamedTuple

import numpy as np

from twinserve.arrays import IntArray
from twinserve.explain.explainer import Explainer, Values
from twinserve.explain.stored import Method, Scale
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns

SHORT: Final = 0.05
"""Seconds. As long as some rows took less, the next ones are twice as many."""


class TooLate(Exception):
    """The explanations were not there in time."""


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
        no prediction. Magnitudes are added up, so that the sum of any contributions is finite, whatever `top` is."""
        values = self.values
        with np.errstate(over="ignore"):
            sizes = np.abs(values.base) + np.abs(values.contributions).sum(axis=1)
        if values.errors is not None:
            sizes = sizes + np.where(np.isfinite(values.errors).all(axis=1), 0.0, np.nan)
        return np.flatnonzero(~(np.isfinite(sizes) & np.isfinite(values.output)))

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


@np.errstate(all="ignore")
def explain(
    explainer: Explainer,
    columns: Columns,
    predictions: Predictions,
    classes: Sequence[str] | None,
    label: str | None,
    top: int | None,
    deadline: float = inf,
) -> Explained:
    """The explanations of predictions that all rows have: of one class, or by default of each row's own label.

    Raises `TooLate` where they are not there by `deadline`, on the monotonic clock. NumPy warns of no number that is
    too large: `unexplained` names the rows.
    """
    if predictions.labels is None or classes is None:
        return Explained(explainer.method, explainer.of, None, _values(explainer, columns, None, deadline), top)
    codes = predictions.labels.tolist() if label is None else [classes.index(label)] * len(columns)
    values = _values(explainer, columns, codes, deadline)
    return Explained(explainer.method, explainer.of, [classes[code] for code in codes], values, top)


def _values(explainer: Explainer, columns: Columns, codes: Sequence[int] | None, deadline: float) -> Values:
    """The values of all rows, some at a time, so that what nobody waits for any more ends."""
    if deadline == inf or len(columns) == 1:
        return explainer.explain(columns, codes)
    parts: list[Values] = []
    first, count = 0, 1
    while first < len(columns):
        begun = time.monotonic()
        if begun > deadline:
            raise TooLate
        some = slice(first, first + count)
        parts.append(explainer.explain(columns[some], None if codes is None else codes[some]))
        first += count
        count *= 2 if time.monotonic() - begun < SHORT else 1
    base, output, contributions = (np.concatenate(column) for column in zip(*(part[:3] for part in parts), strict=True))
    errors = [part.errors for part in parts if part.errors is not None]
    return Values(base, output, contributions, np.concatenate(errors) if errors else None)
