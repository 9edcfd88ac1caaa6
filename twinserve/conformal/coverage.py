"""`Coverage`: intervals and sets of one version's predictions, with a coverage that a caller asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

import msgspec
import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.conformal.difficulty import Difficulty
from twinserve.conformal.quantiles import largest_coverage, quantile, rank_of
from twinserve.conformal.scores import class_scores, row_scores
from twinserve.conformal.stored import AnyStored, SetMethod, StoredIntervals, StoredNone, StoredScores, StoredSets, read
from twinserve.predict.predictor import Predictions

LARGEST: Final = float(np.finfo(np.float64).max)
KEPT: Final = 64
"""Coverages whose thresholds are kept: callers ask for a few."""


class Unsupported(ValueError):
    """The version cannot promise this coverage; the text is one sentence that names the largest one, or says why it
    can promise none."""


class Covered(msgspec.Struct, frozen=True):
    """The intervals of n values, or the sets of n labels. A struct is made in a third of a named tuple's time."""

    coverage: float
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    sets: Sequence[tuple[int, ...]] = ()
    """`[n]`: the classes in each set, in the order of the model's classes."""


class Coverage:
    """The intervals or sets of one version; immutable, so threads may share it."""

    def __init__(self, stored: AnyStored) -> None:
        self._groups: tuple[StoredScores, ...] = ()
        self._difficulty: Difficulty | None = None
        if isinstance(stored, StoredIntervals):
            self._groups = (stored.scores,)
            self._difficulty = None if stored.difficulty is None else Difficulty(stored.difficulty)
        self._method: SetMethod = "threshold"
        if isinstance(stored, StoredSets):
            self._groups, self._method = stored.scores, stored.method
        self._rows = min((group.rows for group in self._groups), default=0)
        self._thresholds = lru_cache(maxsize=KEPT)(partial(_thresholds, stored, self._groups, self._rows))
        """By coverage the threshold of each class, or that of all values; raises `Unsupported`. No method of its own,
        as a version that was let go must not wait for a search for cycles."""

    @property
    def largest(self) -> float:
        """The largest coverage that is supported, rounded down; 0 where none is."""
        return largest_coverage(self._rows)

    def require(self, coverage: float) -> None:
        """Raise `Unsupported` unless the version can promise this coverage."""
        self._thresholds(coverage)

    def of(self, predictions: Predictions, matrix: FloatArray, coverage: float) -> Covered:
        """The intervals or sets of predictions for the rows of a matrix `[n, columns]`; raises `Unsupported`.

        Rows without an answer get what is no interval or set."""
        labels, probabilities, values, _ = predictions
        if values is not None:
            if len(values) > 1:
                return self._intervals(values, matrix, coverage)
            low, high = self.of_value(values.item(), matrix, coverage)
            return Covered(coverage, [low], [high])
        if labels is None or probabilities is None:
            raise Unsupported("The model gave no probabilities. No coverage is supported.")
        if len(labels) > 1:
            return self._sets(labels, probabilities, coverage)
        return Covered(coverage, (), (), [self.of_label(labels.item(), probabilities[0].tolist(), coverage)])

    def of_value(self, value: float, matrix: FloatArray, coverage: float) -> tuple[float, float]:
        """The interval of a value that was predicted for the only row of a matrix `[1, columns]`."""
        (radius,) = self._thresholds(coverage)
        if self._difficulty is not None:
            radius *= self._difficulty.one(matrix[0], value)
        return max(value - radius, -LARGEST), min(value + radius, LARGEST)

    def of_label(self, label: int, likely: Sequence[float], coverage: float) -> tuple[int, ...]:
        """The classes in the set of a row with this label and these probabilities of all classes."""
        thresholds = self._thresholds(coverage)
        if self._method == "threshold":  # In one pass, as most versions use it.
            return tuple([code for code, p in enumerate(likely) if 1.0 - p <= thresholds[code] or code == label])
        scores = row_scores(self._method, likely)
        return tuple([code for code, score in enumerate(scores) if score <= thresholds[code] or code == label])

    def _intervals(self, values: FloatArray, matrix: FloatArray, coverage: float) -> Covered:
        (radius,) = self._thresholds(coverage)
        with np.errstate(over="ignore"):  # Beyond the largest double lies no other.
            radii = radius if self._difficulty is None else radius * self._difficulty.many(matrix, values)
            low, high = np.maximum(values - radii, -LARGEST), np.minimum(values + radii, LARGEST)
        return Covered(coverage, low.tolist(), high.tolist())

    def _sets(self, labels: IntArray, probabilities: FloatArray, coverage: float) -> Covered:
        thresholds = self._thresholds(coverage)
        return Covered(coverage, sets=members(class_scores(self._method, probabilities), thresholds, labels))


def _thresholds(stored: AnyStored, groups: Sequence[StoredScores], rows: int, coverage: float) -> Sequence[float]:
    if isinstance(stored, StoredNone):
        raise Unsupported(f"{stored.reason} No coverage is supported.")
    if rank_of(coverage, rows) > rows:
        on = f"{rows} row{'s' * (rows != 1)}"
        raise Unsupported(
            f"Must be at most {largest_coverage(rows)}: this version was calibrated on {on}, too few for more."
        )
    found = [quantile(group, coverage) for group in groups]
    return [found[group] for group in stored.groups] if isinstance(stored, StoredSets) else found


def included(scores: FloatArray, thresholds: Sequence[float], labels: IntArray) -> BoolArray:
    """`[n, classes]`: the classes whose score is at most their threshold, and each row's label, whatever its score."""
    mask: BoolArray = scores <= np.asarray(thresholds)
    mask[np.arange(len(labels)), labels] = True
    return mask


def members(scores: FloatArray, thresholds: Sequence[float], labels: IntArray) -> list[tuple[int, ...]]:
    """The classes in each row's set."""
    rows, classes = np.nonzero(included(scores, thresholds, labels))
    ends = np.searchsorted(rows, np.arange(1, len(labels))).tolist()
    codes = tuple(classes.tolist())
    return [codes[start:end] for start, end in zip([0, *ends], [*ends, len(codes)], strict=True)]


def open_coverage(content: bytes | None, classes: int | None, columns: int) -> Coverage | None:
    """The coverage in the content of a version's file, None where there is none; raises ValueError where it does not
    fit a model of so many classes (None: a regression) and columns."""
    if content is None:
        return None
    stored = read(content)
    if isinstance(stored, StoredSets) and len(stored.groups) != classes:
        raise ValueError("The coverage is of a model with other classes.")
    if isinstance(stored, StoredIntervals):
        if classes is not None:
            raise ValueError("The coverage is of a regression.")
        if stored.difficulty is not None:
            Difficulty(stored.difficulty).require_columns(columns)
    return Coverage(stored)
