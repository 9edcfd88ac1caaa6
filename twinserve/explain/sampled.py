"""Shapley values by sampling, for any model.

The players are the caller's fields. What a set of fields is worth is the model's answer where these have the caller's
values and the others those of a training row. A row of the background is used for a random order of the fields and its
reverse: both orders walk from the background row to the caller's, and what the answer changes with each step is
given to the field that was put in. So base and contributions add up to the answer exactly, and the pairs give a
standard error.

Source: Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on sampling" (2009); Mitchell,
Cooper, Frank and Holmes, "Sampling permutations for Shapley value estimation" (2022), for orders in antithetic pairs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.explain.explainer import Values
from twinserve.explain.stored import BACKGROUND, Method, Scale
from twinserve.predict.predictor import CannotPredict, Predictions, Predictor
from twinserve.signature import Columns

MOST_CELLS: Final = 2_000_000
"""Numbers of the rows in one call of the predictor, 16 MB, unless a single walk has more."""


class SampledExplainer:
    """Explains any model, with an error; safe to share between threads."""

    method: Method = "shapley-sampled"
    is_quick = False

    def __init__(self, predictor: Predictor, background: Columns, of: Scale, seed: str) -> None:
        """`seed`: a text that is different for each version, so that its explanations repeat."""
        self.of = of
        self._predictor, self._background, self._seed = predictor, background, seed
        self._origin: IntArray = np.tile(np.arange(len(background)), max(1, BACKGROUND // len(background)))
        """`[pairs]`: the background row of each pair of orders: each once, of a small one each several times."""

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        """See `Explainer`; NaN where the model has no answer to a mixture of valid rows."""
        rows = [
            self._row(columns.take([row]), None if classes is None else classes[row]) for row in range(len(columns))
        ]
        base, output, contributions, errors = (np.array(part) for part in zip(*rows, strict=True))
        return Values(base, output, contributions, errors)

    def _row(self, row: Columns, label: int | None) -> tuple[float, float, FloatArray, FloatArray]:
        fields = row.matrix.shape[1]
        orders = self._orders(row, fields)
        answers = self._answers(row, orders, label)
        steps = np.diff(answers, axis=-1)  # [pairs, 2, fields], in the order of each walk.
        given = np.empty_like(steps)
        np.put_along_axis(given, orders, steps, axis=-1)
        pairs = given.mean(axis=1)
        spread = _spread(pairs) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.zeros(fields)
        base = float(answers[:, 0, 0].mean())
        contributions = pairs.mean(axis=0)
        return base, base + float(contributions.sum()), contributions, spread

    def _orders(self, row: Columns, fields: int) -> IntArray:
        """`[pairs, 2, fields]`: an order of the fields, and its reverse."""
        content = row.matrix.tobytes() + repr((sorted(row.unseen.items()), sorted(row.texts.items()))).encode()
        digest = hashlib.sha256(self._seed.encode() + content).digest()
        rng = np.random.default_rng(np.frombuffer(digest, "<u4"))
        first = rng.permuted(np.tile(np.arange(fields), (len(self._origin), 1)), axis=1)
        return np.stack([first, first[:, ::-1]], axis=1)

    def _answers(self, row: Columns, orders: IntArray, label: int | None) -> FloatArray:
        """`[pairs, 2, fields + 1]`: the answer after each step of each walk; those at both ends are asked once."""
        pairs, _, fields = orders.shape
        answers = np.empty((pairs, 2, fields + 1))
        answers[:, :, 0] = self._ask(self._background, label)[self._origin, None]
        answers[:, :, -1] = self._ask(row, label)[0]
        if fields > 1:
            position = np.argsort(orders, axis=-1).reshape(-1, fields)
            origin, per_call = np.repeat(self._origin, 2), max(1, MOST_CELLS // (fields * (fields - 1)))
            between = [
                self._ask(self._walks(row, origin[at : at + per_call], position[at : at + per_call]), label)
                for at in range(0, len(origin), per_call)
            ]
            answers[:, :, 1:-1] = np.concatenate(between).reshape(pairs, 2, -1)
        return answers

    def _walks(self, row: Columns, origin: IntArray, position: IntArray) -> Columns:
        """All rows between both ends of some walks, from each one's background row and each field's position in it."""
        fields = position.shape[1]
        is_in = position[:, None, :] < np.arange(1, fields)[:, None]
        return mixed(row, self._background, np.repeat(origin, fields - 1), is_in.reshape(-1, fields))

    def _ask(self, columns: Columns, label: int | None) -> FloatArray:
        try:
            return _on_scale(self._predictor.predict(columns), label)
        except CannotPredict:
            return np.full(len(columns), np.nan)


def mixed(row: Columns, background: Columns, origin: IntArray, is_in: BoolArray) -> Columns:
    """Rows of the background, `origin`, each with the values of one row in the fields that are in, `[n, fields]`."""
    matrix = np.where(is_in, row.matrix, background.matrix[origin])
    unseen: dict[tuple[int, int], str] = {}
    for (_, field), text in row.unseen.items():
        unseen |= {(place, field): text for place in np.flatnonzero(is_in[:, field]).tolist()}
    places: dict[int, list[int]] = {}
    for place, found in enumerate(origin.tolist()):
        places.setdefault(found, []).append(place)
    for (found, field), text in background.unseen.items():
        unseen |= {(place, field): text for place in places.get(found, ()) if not is_in[place, field]}
    texts: Mapping[int, Sequence[str | None]] = {
        field: [
            held[0] if inside else background.texts[field][found]
            for inside, found in zip(is_in[:, field].tolist(), origin.tolist(), strict=True)
        ]
        for field, held in row.texts.items()
    }
    return Columns(matrix, unseen, texts)


def _spread(pairs: FloatArray) -> FloatArray:
    """The standard deviation of each column. Of the columns over their largest magnitude, as squares may overflow."""
    largest = np.abs(pairs).max(axis=0)
    scale = np.where(largest > 0, largest, 1.0)
    deviations: FloatArray = (pairs / scale).std(axis=0, ddof=1) * scale
    return deviations


def _on_scale(predictions: Predictions, label: int | None) -> FloatArray:
    """The value, the probability of a class, or 1 where it is the label and 0 elsewhere."""
    if label is None:
        return _doubles(predictions.values)
    if predictions.probabilities is not None:
        return _doubles(predictions.probabilities[:, label])
    return _doubles(np.asarray(predictions.labels) == label)


def _doubles(values: Any) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
