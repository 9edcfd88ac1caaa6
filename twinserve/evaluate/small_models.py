"""Small models of a few columns: what they give for other rows, `[m, outputs]`; None where they cannot be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from twinserve.arrays import FloatArray

CODES: Final = 20
"""A category of more texts is a number to a linear model; to a tree any is."""
FEWEST_IN_LEAF: Final = 2


def by_tree(fitted_on: FloatArray, y_true: FloatArray, asked: FloatArray, classes: int | None) -> FloatArray:
    """A tree: values `[m, 1]`, or the proportions of the classes `[m, classes]`."""
    left, right = _alike(fitted_on, asked)
    if classes is None:
        regressor = DecisionTreeRegressor(min_samples_leaf=FEWEST_IN_LEAF, random_state=0).fit(left, y_true)
        return np.asarray(regressor.predict(right), dtype=np.float64)[:, None]
    classifier = DecisionTreeClassifier(min_samples_leaf=FEWEST_IN_LEAF, random_state=0).fit(left, y_true)
    outputs = np.zeros((len(asked), classes))
    outputs[:, classifier.classes_.astype(int)] = classifier.predict_proba(right)
    return outputs


def by_lines(
    fitted_on: FloatArray, targets: FloatArray, asked: FloatArray, categories: Sequence[bool]
) -> FloatArray | None:
    """Least squares on the columns, their products, and an indicator for null and for each category."""
    left, right = _alike(fitted_on, asked)
    parts: list[list[FloatArray]] = []
    for column, is_category in enumerate(categories):
        values = fitted_on[:, column]
        codes = np.unique(values[np.isfinite(values)]).tolist() if is_category else []
        marks = codes if len(codes) <= CODES else []
        parts += [[(side[:, column] == mark).astype(float) for side in (fitted_on, asked)] for mark in marks]
        parts.append([np.isnan(side[:, column]).astype(float) for side in (fitted_on, asked)])
    left, right = (np.nan_to_num(side) for side in (left, right))
    for first, second in combinations_with_replacement(range(left.shape[1]), 2):
        parts.append([side[:, first] * side[:, second] for side in (left, right)])
    return _least_squares(
        np.column_stack([left, *(part[0] for part in parts)]), targets, np.column_stack([right, *(p[1] for p in parts)])
    )


def by_logarithms(fitted_on: FloatArray, targets: FloatArray, asked: FloatArray) -> FloatArray | None:
    """Least squares on logarithms, which finds products and quotients of positive columns."""
    if not all((side > 0).all() for side in (fitted_on, targets, asked)):
        return None
    logarithms = _least_squares(np.log(fitted_on), np.log(targets), np.log(asked))
    return None if logarithms is None else np.exp(logarithms)


def _least_squares(left: FloatArray, targets: FloatArray, right: FloatArray) -> FloatArray | None:
    if not (np.isfinite(left).all() and np.isfinite(targets).all()):
        return None
    ones = [np.column_stack([np.ones(len(side)), side]) for side in (left, right)]
    try:
        outputs: FloatArray = ones[1] @ np.linalg.lstsq(ones[0], targets, rcond=None)[0]
    except np.linalg.LinAlgError:
        return None
    return outputs


def _alike(fitted_on: FloatArray, asked: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both with the mean 0 and the standard deviation 1 of the former, within what float32 holds; null stays NaN."""
    middle, scale = np.nan_to_num(np.nanmean(fitted_on, axis=0)), np.nan_to_num(np.nanstd(fitted_on, axis=0))
    scale[scale == 0] = 1.0
    left, right = (np.clip((side - middle) / scale, -1e30, 1e30) for side in (fitted_on, asked))
    return left, right
