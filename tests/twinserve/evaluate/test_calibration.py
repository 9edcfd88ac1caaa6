"""Calibration on held-out rows: the same thresholds as MAPIE's, the smaller method, and thresholds by class where one
would be missed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from mapie.classification import SplitConformalClassifier
from mapie.regression import SplitConformalRegressor
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Coverage
from twinserve.conformal.quantiles import stored_scores
from twinserve.conformal.stored import StoredIntervals, StoredSets
from twinserve.evaluate.calibration import Calibrated, calibrate
from twinserve.evaluate.difficulty import fit_difficulty
from twinserve.predict.predictor import Predictions

LEVELS = (0.5, 0.73, 0.8, 0.9, 0.95)


def sets_of(model: Any, table: FloatArray, codes: FloatArray, names: tuple[str, ...]) -> Calibrated:
    """Sets calibrated on these rows."""
    likely = model.predict_proba(table)
    return calibrate(Predictions(likely.argmax(axis=1), likely), codes, table, None, names, 0)


def test_plain_intervals_are_those_of_mapie() -> None:
    """On the same rows, for each coverage."""
    table, y_true = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(table[:200], y_true[:200])
    calibrating, asked = slice(200, 330), slice(330, None)
    values = model.predict(table[calibrating])
    ours = Coverage(
        calibrate(Predictions(values=values), y_true[calibrating], table[calibrating], None, None, 0).stored
    )
    theirs = SplitConformalRegressor(model, confidence_level=list(LEVELS), prefit=True)
    theirs.conformalize(table[calibrating], y_true[calibrating])
    _, ends = theirs.predict_interval(table[asked])
    for place, level in enumerate(LEVELS):
        found = ours.of(Predictions(values=model.predict(table[asked])), table[asked], level)
        assert np.allclose(np.column_stack([found.low, found.high]), ends[:, :, place], rtol=1e-12)


def test_plain_sets_are_those_of_mapie() -> None:
    """On the same rows, for each coverage; where MAPIE's set is empty ours is the label."""
    table, codes = make_classification(900, 8, n_informative=4, n_classes=4, flip_y=0.2, random_state=0)
    model = LogisticRegression(max_iter=1000).fit(table[:300], codes[:300])
    own = 1.0 - model.predict_proba(table[300:600])[np.arange(300), codes[300:600]]
    ours = Coverage(StoredSets(method="threshold", groups=(0,) * 4, scores=(stored_scores(own, 4_000),)))
    theirs = SplitConformalClassifier(model, confidence_level=list(LEVELS), conformity_score="lac", prefit=True)
    theirs.conformalize(table[300:600], codes[300:600])
    labels, masks = theirs.predict_set(table[600:])
    for place, level in enumerate(LEVELS):
        found = ours.of(Predictions(labels, model.predict_proba(table[600:])), table[600:], level).sets
        expected = [
            np.flatnonzero(mask).tolist() or [label] for mask, label in zip(masks[:, :, place], labels, strict=True)
        ]
        assert found == [tuple(sorted({*codes, label})) for codes, label in zip(expected, labels.tolist(), strict=True)]


def test_intervals_are_scaled_where_that_shortens_them() -> None:
    """Of rows whose noise grows with a column; and not where the noise is the same everywhere."""
    rng = np.random.default_rng(0)
    table = rng.random((3_000, 3))
    for noise, method in ((0.1 + 3 * table[:, 0], "scaled"), (np.ones(3_000), "absolute")):
        values = 5 * table[:, 1]
        y_true = values + noise * rng.normal(size=3_000)
        trees = fit_difficulty(table[:2_000], values[:2_000], y_true[:2_000], 0)
        found = calibrate(Predictions(values=values[2_000:]), y_true[2_000:], table[2_000:], trees, None, 0)
        assert isinstance(found.stored, StoredIntervals)
        assert (found.stored.method, found.facts.method) == (method, method)
        assert found.facts.measured[1].achieved.share == pytest.approx(0.9, abs=0.01)


def test_trees_of_errors_take_nulls_and_columns_without_numbers() -> None:
    """Null in a cell, null in a whole column (a text), and numbers that single precision cannot hold."""
    rng = np.random.default_rng(0)
    table = rng.random((400, 3))
    table[:, 1] = np.nan
    table[::3, 0] = np.nan
    table[5, 2] = 1e300
    assert fit_difficulty(table, np.zeros(400), rng.normal(size=400), 0) is not None
    assert fit_difficulty(table[:100], np.zeros(100), rng.normal(size=100), 0) is None
    assert fit_difficulty(table, np.zeros(400), np.zeros(400), 0) is None
    assert fit_difficulty(table, np.full(400, -1.7e308), np.full(400, 1.7e308), 0) is None


def test_a_class_that_would_be_missed_gets_a_threshold_of_its_own() -> None:
    """A rare class that the model seldom sees: with class-wise thresholds it is covered as promised."""
    rng = np.random.default_rng(1)
    codes = (rng.random(2_000) < 0.1).astype(np.float64)
    shifted = np.where(codes == 1, rng.normal(0.15, 0.1, 2_000), rng.normal(0.05, 0.1, 2_000)).clip(0.001, 0.999)
    likely = np.column_stack([1 - shifted, shifted])
    found = calibrate(Predictions(likely.argmax(axis=1), likely), codes, likely, None, ("often", "seldom"), 0)
    assert isinstance(found.stored, StoredSets)
    assert (found.stored.groups, found.facts.class_wise) == ((0, 1), True)
    assert "class-wise, as one for all would miss seldom" in found.facts.reason
    shares = found.facts.measured[1].by_class
    assert shares["seldom"].share == pytest.approx(0.9, abs=0.02)
    assert shares["often"].share >= 0.9


def test_a_model_whose_classes_are_alike_has_one_threshold() -> None:
    table, codes = make_classification(1_500, 6, n_informative=5, n_redundant=0, flip_y=0.3, random_state=3)
    model = RandomForestClassifier(50, min_samples_leaf=5, random_state=0).fit(table[:700], codes[:700])
    found = sets_of(model, table[700:], codes[700:].astype(np.float64), ("a", "b"))
    assert (found.facts.class_wise, found.facts.rows, found.facts.largest) == (False, 800, 0.99)
    assert found.facts.measured[1].achieved.share == pytest.approx(0.9, abs=0.01)


def test_what_cannot_be_calibrated_says_why() -> None:
    """Labels without probabilities; errors that no double holds."""
    labels = calibrate(Predictions(np.array([0, 1])), np.array([0.0, 1.0]), np.empty((2, 0)), None, ("a", "b"), 0)
    assert (labels.facts.method, labels.facts.largest) == ("none", 0.0)
    assert "labels without probabilities" in labels.facts.reason
    huge = calibrate(Predictions(values=np.full(9, -1.7e308)), np.full(9, 1.7e308), np.empty((9, 0)), None, None, 0)
    assert huge.facts.method == "none"


@pytest.mark.parametrize("rows", [1, 2, 7, 30])
def test_few_rows_are_calibrated_as_far_as_they_go(rows: int) -> None:
    """The largest coverage is what they support, and figures are shown only where half of them support it."""
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = calibrate(Predictions(values=np.zeros(rows)), rng.normal(size=rows), np.empty((rows, 0)), None, None, 0)
        likely = rng.dirichlet(np.ones(3), rows)
        of_classes = calibrate(
            Predictions(likely.argmax(axis=1), likely), np.zeros(rows), np.empty((rows, 0)), None, ("a", "b", "c"), 0
        )
    assert found.facts.largest == of_classes.facts.largest == int(rows / (rows + 1) * 10_000) / 10_000
    assert [one.coverage for one in found.facts.measured] == [
        c for c in (0.8, 0.9, 0.95) if (rows // 2 + 1) * (1 - c) >= 1
    ]
