"""A scaler and a linear model together as one dot product.

The compiled graph carries the numbers of this product in its metadata, so that a server can compute it with NumPy,
which is faster than ONNX Runtime. This module imports only NumPy and the standard library.

A row's prediction has the same bits in any batch: NumPy's `vecdot` runs the same loop over each row, and the logistic
function calls `math.exp` on each number, so no vector instruction treats the last rows of a batch differently.

Rows with a null, or with a number so large that the input of a step might overflow, are left to the graph, which
computes each step. No comparison looks for these rows: the weights are multiplied by a power of two, which is exact, so
that the product of such a row is infinite or NaN.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from math import exp, isfinite, ldexp
from typing import Any, Literal

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray

KEY = "twinserve.fold"

Outputs = dict[str, FloatArray | IntArray]
Row = dict[str, Any]
"""The outputs for one row: `label` an integer, `probabilities` a list, `value` a float."""
Link = Literal["value", "label", "logistic"]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """`dot((x[:, picks] - center), weights) + intercept`, then a link.

    The link `value` gives that number, `label` gives `number > 0`, `logistic` gives the label and its probabilities.
    """

    picks: tuple[int, ...]
    center: FloatArray
    weights: FloatArray
    intercept: float
    link: Link
    scale: int = 0
    """Exponent of the power of two that the weights are multiplied by, so that the product overflows in each row in
    which the input of a step might."""
    guard: FloatArray = field(default_factory=lambda: np.zeros(0))
    """`[columns]`, or empty: weights of a second product, for columns whose own weights are small or zero."""

    def metadata(self) -> dict[str, str]:
        """The model as one metadata entry, doubles as exact hexadecimal text."""
        numbers = {
            "center": self.center,
            "weights": self.weights,
            "intercept": np.array([self.intercept]),
            "guard": self.guard,
        }
        written = {name: [float(v).hex() for v in values] for name, values in numbers.items()}
        stored = {"link": self.link, "picks": list(self.picks), "scale": self.scale, **written}
        return {KEY: json.dumps(stored, sort_keys=True)}


class LinearFunction:
    """A linear model read from metadata, ready to compute; safe to call from several threads."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        center, weights, guard = (_doubles(stored.get(name, ())) for name in ("center", "weights", "guard"))
        scale = stored.get("scale", 0)
        self._product = _product(stored["picks"], center, np.ldexp(weights, scale))
        self._guard = guard if guard.any() else None
        self._unit, self._intercept = 2.0**-scale, ldexp(float.fromhex(stored["intercept"][0]), scale)
        self._link, self._link_one = _LINKS[stored["link"]]
        self._quiet = _Quiet()

    def __call__(self, x: FloatArray) -> Outputs | None:
        """The graph's outputs by name, from the graph's input, double `[n, columns]`; None if any row is left to the
        graph."""
        if len(x) == 1:
            return self._one(x)
        scores = self._scores(x)
        return self._link(scores * self._unit) if self._are_finite(x, scores).all() else None

    def can_answer(self, x: FloatArray) -> BoolArray:
        """`[n]`: the rows that are not left to the graph."""
        return self._are_finite(x, self._scores(x))

    def _scores(self, x: FloatArray) -> FloatArray:
        scores: FloatArray = self._quiet.run(self._product, x) + self._intercept
        return scores

    def _are_finite(self, x: FloatArray, scores: FloatArray) -> BoolArray:
        finite: BoolArray = np.isfinite(scores)
        if self._guard is not None:
            finite &= np.isfinite(self._quiet.run(np.vecdot, x, self._guard))
        return finite

    def _one(self, x: FloatArray) -> Outputs | None:
        row = self.row(x)
        return None if row is None else {name: np.array([value]) for name, value in row.items()}

    def row(self, x: FloatArray) -> Row | None:
        """The outputs for a row `[1, columns]`; None if it is left to the graph.

        Computed with Python floats: for one row each NumPy call takes longer than the whole arithmetic."""
        run = self._quiet.run
        score = run(self._product, x).item() + self._intercept
        if not isfinite(score):
            return None
        if self._guard is not None and not isfinite(run(np.vecdot, x, self._guard).item()):
            return None
        return self._link_one(score * self._unit)


def read_linear(metadata: Mapping[str, str]) -> LinearFunction | None:
    """The linear model in a compiled model's metadata, if there is one."""
    return LinearFunction(json.loads(metadata[KEY])) if KEY in metadata else None


class _Quiet(threading.local):
    """Runs a function without NumPy's warnings about overflow, which happens here on purpose. It takes 0.1 us,
    `errstate` 0.8."""

    def __init__(self) -> None:
        """`threading.local` calls it once in each thread."""
        context = copy_context()
        context.run(np.seterr, over="ignore", invalid="ignore")
        self.run = context.run


def _doubles(written: Any) -> FloatArray:
    return np.array([float.fromhex(v) for v in written], dtype=np.float64)


def _product(picks: list[int], center: FloatArray, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """A function for the dot product of each row of `[n, columns]`, without the steps that change nothing."""
    centered = bool(center.any())
    leading = picks == list(range(len(picks)))

    def product(x: FloatArray) -> FloatArray:
        if not leading or x.shape[1] != len(picks):
            x = np.ascontiguousarray(x[:, picks])
        products: FloatArray = np.vecdot(x - center if centered else x, weights)
        return products

    return product


def _value(scores: FloatArray) -> Outputs:
    return {"value": scores}


def _one_value(score: float) -> Row:
    return {"value": score}


def _label(scores: FloatArray) -> Outputs:
    return {"label": (scores > 0.0).astype(np.int64)}


def _one_label(score: float) -> Row:
    return {"label": int(score > 0.0)}


def _logistic(scores: FloatArray) -> Outputs:
    # The same as `_likely` to the last bit, whose `exp` NumPy's own is not.
    raised = np.fromiter(map(exp, (-np.abs(scores)).tolist()), np.float64, len(scores))
    likely = np.where(scores >= 0.0, 1.0, raised) / (1.0 + raised)
    return {"label": (scores > 0.0).astype(np.int64), "probabilities": np.stack([1.0 - likely, likely]).T}


def _one_logistic(score: float) -> Row:
    p = _likely(score)
    return {"label": int(score > 0.0), "probabilities": [1.0 - p, p]}


def _likely(score: float) -> float:
    """`1 / (1 + exp(-score))`, without overflow on either side."""
    if score >= 0.0:
        return 1.0 / (1.0 + exp(-score))
    raised = exp(score)
    return raised / (1.0 + raised)


_LINKS: dict[str, tuple[Callable[[FloatArray], Outputs], Callable[[float], Row]]] = {
    "value": (_value, _one_value),
    "label": (_label, _one_label),
    "logistic": (_logistic, _one_logistic),
}
"""Of each link the function for many rows and the one for a single row."""
