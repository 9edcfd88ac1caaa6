"""Figures that are too good: the smallest set of fields that alone gives them, found by small models.

A column that repeats the target is found before the training; here two that add up to it are, or a grade that is the
answer under another name. Nothing is left out: whether they are known before the prediction, only people can tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, evenly_spread
from twinserve.evaluate.metrics import score
from twinserve.evaluate.small_models import by_lines, by_logarithms, by_tree
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns, FeatureType, Signature
from twinserve.store.evaluation_facts import TooGood

SUSPICIOUS: Final[Mapping[str, float]] = {"r2": 0.95, "roc_auc": 0.999, "balanced_accuracy": 0.995}
"""From these figures on a small set of fields is searched for; all are 1 at best."""
NEARLY: Final = 0.995
"""The least figure of a set of fields that is told."""
PERFECT: Final = 0.999
"""The least figure of the model that is told although no small set of fields gives it."""
FEWEST_ROWS: Final = 20
"""With fewer held-out rows a figure may be perfect by chance."""
MANY_ROWS: Final = 100
"""With fewer, one that no small set of fields gives may be."""
MOST_ROWS: Final = 2_000
"""To fit on, and to ask."""
IMPORTANT: Final = 6
"""The most important features that are tried, and as many more as make `TRIED` by their correlation with the target."""
TRIED: Final = 8
LARGEST: Final = 3
"""Features in a set."""
MANY_CLASSES: Final = 20
"""With more, areas under so many curves would take long."""

Side = tuple[Columns, FloatArray]
"""Rows and their `y_true`."""


@dataclass(frozen=True)
class _Search:
    """The rows and the figure of a search."""

    train: Side
    holdout: Side
    signature: Signature
    classes: int | None
    metric: str

    @property
    def targets(self) -> FloatArray:
        """What is fitted, `[n, outputs]`: the values, or 1 in the column of each row's class."""
        y_true = self.train[1]
        return y_true[:, None] if self.classes is None else np.eye(self.classes)[y_true.astype(int)]

    def tried(self, important: Sequence[str]) -> list[int]:
        """The places of the features that are tried: the most important ones, and those that go with the target."""
        usable = {f.name: place for place, f in enumerate(self.signature.features) if f.type is not FeatureType.STRING}
        chosen = [usable[name] for name in important if name in usable][:IMPORTANT]
        values, targets = (np.nan_to_num(_standardised(part)) for part in (self.train[0].matrix, self.targets))
        related = np.abs(values.T @ targets).max(axis=1)
        others = [place for place in np.argsort(-related, kind="stable").tolist() if place in usable.values()]
        return list(dict.fromkeys([*chosen, *others]))[:TRIED]

    def figure(self, places: Sequence[int]) -> float:
        """The best figure that a small model of these features has on the rows that it was not fitted on."""
        fitted_on, asked = (rows.matrix[:, list(places)] for rows, _ in (self.train, self.holdout))
        categories = [self.signature.features[place].type is FeatureType.CATEGORY for place in places]
        outputs = [
            by_tree(fitted_on, self.train[1], asked, self.classes),
            by_lines(fitted_on, self.targets, asked, categories),
        ]
        if self.classes is None and not any(categories):
            outputs.append(by_logarithms(fitted_on, self.targets, asked))
        return max(self._score(each) for each in outputs)

    def _score(self, outputs: FloatArray | None) -> float:
        if outputs is None or not np.isfinite(outputs).all():
            return 0.0
        predictions = Predictions(outputs.argmax(axis=1), outputs)
        if self.classes is None:
            predictions = Predictions(values=outputs[:, 0])
        figure = score(self.metric, self.holdout[1], predictions)
        return figure if np.isfinite(figure) else 0.0


def too_good(
    train: Side,
    holdout: Side,
    signature: Signature,
    classes: Sequence[str] | None,
    metrics: Mapping[str, float],
    important: Sequence[str],
) -> TooGood | None:
    """The doubt about a figure that is nearly perfect, with the fields that carry it; None where none is.

    `important` are names of features, the most important first. The work is bounded: at most three small models of at
    most `MOST_ROWS` rows for each of at most 92 sets."""
    metric = next((name for name, least in SUSPICIOUS.items() if metrics.get(name, 0.0) >= least), None)
    if metric == "roc_auc" and len(classes or ()) > MANY_CLASSES:
        metric = "balanced_accuracy"
    if metric is None or len(holdout[1]) < FEWEST_ROWS or not len(train[1]):
        return None
    search = _Search(_part(*train), _part(*holdout), signature, None if classes is None else len(classes), metric)
    needed = max(NEARLY, 1 - 2 * (1 - metrics[metric]) - (1 - PERFECT))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # Of a class that is not among the rows.
        found = _smallest(search, search.tried(important), needed)
    if found is not None:
        return found
    if metrics[metric] < PERFECT or len(holdout[1]) < MANY_ROWS or not important:
        return None
    return TooGood(metric=metric, figure=metrics[metric], features=tuple(important[:LARGEST]), alone=False)


def _smallest(search: _Search, tried: Sequence[int], needed: float) -> TooGood | None:
    """The best of the smallest sets that have the figure that is needed."""
    for size in range(1, LARGEST + 1):
        figures = {places: search.figure(places) for places in combinations(tried, size)}
        best = max(figures, key=lambda places: figures[places], default=())
        if best and figures[best] >= needed:
            names = tuple(search.signature.features[place].name for place in best)
            return TooGood(metric=search.metric, figure=figures[best], features=names, alone=True)
    return None


def _part(columns: Columns, y_true: FloatArray) -> Side:
    rows = evenly_spread(len(y_true), MOST_ROWS)
    return columns.take(rows.tolist()), y_true[rows]


def _standardised(matrix: FloatArray) -> FloatArray:
    """Each column with mean 0 and length 1; NaN where it has one value only."""
    centred: FloatArray = matrix - np.nanmean(matrix, axis=0)
    return np.asarray(centred / np.sqrt(np.nansum(centred**2, axis=0)))
