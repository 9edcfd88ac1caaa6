"""A linear model as one dot product: what is left of scaler and head when no graph is needed.

The compiled graph carries these numbers in its metadata, so a server can answer with NumPy alone where that
is faster. This module imports nothing but NumPy and the standard library.

One row's answer has the same bits in any batch: the product is NumPy's `vecdot`, which runs the same loop
over each row, and the logistic function is `math.exp` on each number, never a vector unit with a ragged
end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from typing import Literal

import numpy as np
import numpy.typing as npt

KEY = "twinserve.fold"

Floats = npt.NDArray[np.float64]
Answer = dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int64]]
Link = Literal["value", "label", "logistic"]


@dataclass(frozen=True, eq=False)
class Fold:
    """`dot((x[:, picks] - center), weights) + intercept`, then a link.

    `value` answers with that number, `label` with `number > 0`, `logistic` with that and its probabilities.
    """

    picks: tuple[int, ...]
    center: Floats
    weights: Floats
    intercept: float
    link: Link

    def metadata(self) -> dict[str, str]:
        """The fold as one metadata entry; doubles as hexadecimal text, so that no digit is lost."""
        numbers = {"center": self.center, "weights": self.weights, "intercept": np.array([self.intercept])}
        written = {name: [float(v).hex() for v in values] for name, values in numbers.items()}
        return {KEY: json.dumps({"link": self.link, "picks": list(self.picks), **written}, sort_keys=True)}


def read_fold(metadata: Mapping[str, str]) -> Callable[[Floats], Answer] | None:
    """The dot product that a compiled model's metadata holds, or None.

    The result takes the graph's input, double `[n, columns]`, and answers with the graph's outputs by name.
    """
    if KEY not in metadata:
        return None
    stored = json.loads(metadata[KEY])
    center, weights = (np.array([float.fromhex(v) for v in stored[name]]) for name in ("center", "weights"))
    intercept = float.fromhex(stored["intercept"][0])
    product = _product(stored["picks"], center, weights)
    link = _LINKS[stored["link"]]
    return lambda x: link(product(x), intercept)


def _product(picks: list[int], center: Floats, weights: Floats) -> Callable[[Floats], Floats]:
    """The dot product of each row of `[n, columns]`, by the fewest NumPy calls that these numbers allow."""
    centered = bool(center.any())
    leading = picks == list(range(len(picks)))

    def product(x: Floats) -> Floats:
        if not leading or x.shape[1] != len(picks):
            x = np.ascontiguousarray(x[:, picks])
        found: Floats = np.vecdot(x - center if centered else x, weights)
        return found

    return product


def _value(products: Floats, intercept: float) -> Answer:
    return {"value": products + intercept}


def _label(products: Floats, intercept: float) -> Answer:
    return {"label": (products + intercept > 0.0).astype(np.int64)}


def _logistic(products: Floats, intercept: float) -> Answer:
    # Plain floats: for one row each NumPy call costs more than all the arithmetic.
    scores = [product + intercept for product in products.tolist()]
    labels = [1 if score > 0.0 else 0 for score in scores]
    # Without overflow on either side.
    likely = [1.0 / (1.0 + exp(-score)) if score >= 0.0 else (e := exp(score)) / (1.0 + e) for score in scores]
    pairs = np.array([1.0 - p for p in likely] + likely).reshape(2, -1).T
    return {"label": np.array(labels, dtype=np.int64), "probabilities": pairs}


_LINKS: dict[str, Callable[[Floats, float], Answer]] = {
    "value": _value,
    "label": _label,
    "logistic": _logistic,
}
