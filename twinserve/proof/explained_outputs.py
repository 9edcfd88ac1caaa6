"""Compare what explanations add up to with a model's own answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.explain.explainer import ExactExplainer
from twinserve.explain.stored import Scale, StoredExact
from twinserve.predict.answers import picked
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns

LEAST: Final = 1e-30
"""Smaller values may have lost digits in single precision."""


class Compared(NamedTuple):
    """The comparison of explanations with answers."""

    rows: int
    """Those whose explanation does not overflow."""
    difference: float
    """The largest, relative to the largest term of each row, at least 1."""


def compare_outputs(explainer: ExactExplainer, whole: StoredExact, rows: Columns, answers: Predictions) -> Compared:
    """Compare base and contributions with the answers to these rows, of every class."""
    if answers.values is not None:
        values = [explainer.explain(rows, None)]
    else:
        values = [explainer.explain(rows, [label] * len(rows)) for label in range(max(2, len(whole.bias)))]
    outputs = np.stack([some.output for some in values], axis=1)
    terms = [np.abs(np.column_stack([some.base, some.contributions])).max(axis=1) for some in values]
    finite: BoolArray = np.logical_and.reduce(np.isfinite(outputs), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        apart = _apart(whole.of, outputs[finite], picked(answers, finite))
    scale = np.maximum(1.0, np.max(terms, axis=0)[finite])
    return Compared(int(finite.sum()), float(np.max(apart / scale, initial=0.0)))


def _apart(of: Scale, outputs: FloatArray, answers: Predictions) -> FloatArray:
    """`[rows]`: how far the explained answer is from the given one; of a logarithm in proportion to the value."""
    if answers.values is not None:
        gap: FloatArray = np.abs(_INVERSE[of](outputs[:, 0]) - answers.values)
        return gap / np.maximum(LEAST, np.abs(answers.values)) if of == "log" else gap
    if answers.probabilities is not None and of in _LINKS:
        links = [np.abs(link(outputs) - answers.probabilities).max(axis=1) for link in _LINKS[of]]
        return np.asarray(min(links, key=lambda gaps: float(gaps.max(initial=0.0))))
    labels = np.asarray(answers.labels)
    above: FloatArray = outputs.max(axis=1) - outputs[np.arange(len(labels)), labels]
    return above


def _same(output: FloatArray) -> FloatArray:
    return output


def _logistic(output: FloatArray) -> FloatArray:
    likely: FloatArray = 1.0 / (1.0 + np.exp(-output))
    return likely


def _one_against_rest(outputs: FloatArray) -> FloatArray:
    return _shares(_logistic(outputs))


def _modified_huber(outputs: FloatArray) -> FloatArray:
    return _shares((np.clip(outputs, -1.0, 1.0) + 1.0) / 2.0)


def _shares(likely: FloatArray) -> FloatArray:
    """Each row over its sum; equal shares where all are 0."""
    total = likely.sum(axis=1, keepdims=True)
    shares: FloatArray = np.full(likely.shape, 1.0 / likely.shape[1])
    np.divide(likely, total, out=shares, where=total > 0)
    return shares


def _soft_max(outputs: FloatArray) -> FloatArray:
    raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    whole: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return whole


_INVERSE: Final[Mapping[Scale, Callable[[FloatArray], FloatArray]]] = {
    "value": _same,
    "log": np.exp,
    "log-odds": _logistic,
}
_LINKS: Final[Mapping[Scale, Sequence[Callable[[FloatArray], FloatArray]]]] = {
    "probability": (_same,),
    "log-odds": (_logistic,),
    "decision": (_soft_max, _one_against_rest, _logistic, _modified_huber),
}
"""By scale what makes probabilities of the outputs; one of several, for all rows."""
