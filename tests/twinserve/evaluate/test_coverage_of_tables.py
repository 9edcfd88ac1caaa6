"""The promise kept on twenty tables: rows that were neither fitted nor calibrated on are covered as often as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
import pytest
from sklearn import datasets
from sklearn.base import is_classifier
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.ensemble import HistGradientBoostingClassifier as Boosting
from sklearn.ensemble import RandomForestRegressor as Forest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Coverage
from twinserve.conformal.quantiles import quantile, rank_of
from twinserve.conformal.scores import class_scores
from twinserve.conformal.stored import StoredSets
from twinserve.evaluate.calibration import calibrate
from twinserve.evaluate.difficulty import fit_difficulty
from twinserve.predict.predictor import Predictions

pytestmark = [pytest.mark.slow, pytest.mark.extended, pytest.mark.timeout(600)]
PROMISE: Final = 0.9
TIMES: Final = 10
"""Calibrations of each table."""
Table = Callable[[], tuple[FloatArray, FloatArray]]


def heteroscedastic(seed: int, rows: int = 1_200) -> tuple[FloatArray, FloatArray]:
    """A table whose noise grows with a column."""
    rng = np.random.default_rng(seed)
    table = rng.random((rows, 4))
    return table, 4 * table[:, 0] + (0.1 + 2 * table[:, 1]) * rng.normal(size=rows)


def logarithmic(seed: int, rows: int = 1_200) -> tuple[FloatArray, FloatArray]:
    """A table of amounts, whose noise is a share of the amount."""
    rng = np.random.default_rng(seed)
    table = rng.random((rows, 4))
    return table, np.exp(2 * table[:, 0] + table[:, 1] + 0.3 * rng.normal(size=rows))


def made(classes: int, seed: int, flipped: float, **options: Any) -> Table:
    """A table of classes, a part of whose labels is random."""
    return partial(
        datasets.make_classification,
        *(1_200, 10),
        n_informative=6,
        n_classes=classes,
        flip_y=flipped,
        random_state=seed,
        **options,
    )


def linear() -> Any:
    """A linear classifier."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))


TABLES: Final[dict[str, tuple[Table, Any]]] = {
    "diabetes": (partial(datasets.load_diabetes, return_X_y=True), Ridge(1e-3)),
    "diabetes by a forest": (partial(datasets.load_diabetes, return_X_y=True), Forest(60, random_state=0)),
    "friedman1": (partial(datasets.make_friedman1, 1_200, noise=1.0, random_state=0), Forest(60, random_state=0)),
    "friedman2": (partial(datasets.make_friedman2, 1_200, noise=50.0, random_state=0), Ridge()),
    "friedman3": (partial(datasets.make_friedman3, 1_200, noise=0.1, random_state=0), GradientBoostingRegressor()),
    "linear": (partial(datasets.make_regression, 800, 8, noise=20.0, random_state=0), Ridge()),
    "sparse": (partial(datasets.make_sparse_uncorrelated, 900, random_state=0), GradientBoostingRegressor()),
    "noise by a column": (partial(heteroscedastic, 0), GradientBoostingRegressor()),
    "noise by a column, a forest": (partial(heteroscedastic, 1), Forest(60, random_state=0)),
    "amounts": (partial(logarithmic, 0), GradientBoostingRegressor()),
    "breast cancer": (partial(datasets.load_breast_cancer, return_X_y=True), linear()),
    "wine": (partial(datasets.load_wine, return_X_y=True), linear()),
    "iris": (partial(datasets.load_iris, return_X_y=True), linear()),
    "digits": (partial(datasets.load_digits, return_X_y=True), RandomForestClassifier(60, random_state=0)),
    "moons": (
        partial(datasets.make_moons, 1_200, noise=0.5, random_state=0),
        Boosting(max_iter=30),
    ),
    "gaussian quantiles": (
        partial(datasets.make_gaussian_quantiles, n_samples=1_200, n_features=5, n_classes=4, random_state=0),
        RandomForestClassifier(60, random_state=0),
    ),
    "two classes": (made(2, 0, 0.3), linear()),
    "rare class": (made(2, 1, 0.1, weights=[0.85]), Boosting(max_iter=30)),
    "five classes": (made(5, 2, 0.2), linear()),
    "twelve classes": (made(12, 3, 0.2), RandomForestClassifier(60, random_state=0)),
}


def shares(table: FloatArray, target: FloatArray, model: Any) -> Iterator[tuple[float, float, float]]:
    """For each calibration the share of other rows whose score is within the threshold, the share that the answers
    hold, and the share that is expected exactly."""
    rng = np.random.default_rng(0)
    fitted, rest = np.split(rng.permutation(len(target)), [int(0.4 * len(target))])
    trees, classes = None, None
    if is_classifier(model):
        classes = tuple(map(str, np.unique(target)))
    else:
        oof = cross_val_predict(model, table[fitted], target[fitted])
        trees = fit_difficulty(table[fitted], oof, target[fitted], 0)
    model.fit(table[fitted], target[fitted])
    for _ in range(TIMES):
        calibrating, asked = np.array_split(rng.permutation(rest), 2)
        found = calibrate(
            predict(model, table[calibrating]), target[calibrating], table[calibrating], trees, classes, 0
        )
        answers = predict(model, table[asked])
        covered = Coverage(found.stored).of(answers, table[asked], PROMISE)
        exact = rank_of(PROMISE, len(calibrating)) / (len(calibrating) + 1)
        if not isinstance(found.stored, StoredSets):
            inside = (np.array(covered.low) <= target[asked]) & (target[asked] <= np.array(covered.high))
            yield (
                float(inside.mean()),
                float(inside.mean()),
                rank_of(PROMISE, len(calibrating)) / (len(calibrating) + 1),
            )
            continue
        codes = target[asked].astype(int)
        thresholds = np.array([quantile(group, PROMISE) for group in found.stored.scores])
        assert answers.probabilities is not None
        own = class_scores(found.stored.method, answers.probabilities)[np.arange(len(codes)), codes]
        within = own <= thresholds[np.array(found.stored.groups)[codes]]
        held = [code in members for code, members in zip(codes.tolist(), covered.sets, strict=True)]
        yield float(within.mean()), float(np.mean(held)), exact


def predict(model: Any, table: FloatArray) -> Predictions:
    """What a predictor would give."""
    if not is_classifier(model):
        return Predictions(values=model.predict(table))
    likely = model.predict_proba(table)
    return Predictions(likely.argmax(axis=1), likely)


def test_twenty_tables_are_covered_as_promised() -> None:
    """The mean is within a point of the promise, each table within three combined standard errors of what its number of
    rows gives exactly. Answers hold the label as well, so where a model is right more often than asked they hold more.
    """
    assert len(TABLES) == 20
    means = {}
    for name, (load, model) in TABLES.items():
        table, target = load()
        within, held, expected = np.array(list(shares(table, target.astype(np.float64), model))).mean(axis=0)
        rows = 0.3 * len(target)
        error = np.sqrt(PROMISE * (1 - PROMISE) * 2 / rows)  # Of one calibration; their mean varies less.
        assert within >= expected - 3 * error, name
        assert held >= within, name
        assert within <= expected + 3 * error, name
        means[name] = within
    assert np.mean(list(means.values())) == pytest.approx(PROMISE, abs=0.01)
