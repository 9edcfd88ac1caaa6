"""Anomaly detectors compile to the same labels and scores, on both sides of their threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from tests.twinserve.compile.comparing import Floats, fitted, plain, random_numbers, running, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.predict.targets.anomaly import Anomaly

MODELS = [
    IsolationForest(n_estimators=20, random_state=0),
    IsolationForest(n_estimators=20, max_features=0.5, contamination=0.2, random_state=0),
    IsolationForest(n_estimators=10, max_samples=2, random_state=0),
    IsolationForest(n_estimators=15, bootstrap=True, max_samples=0.7, random_state=0),
    OneClassSVM(nu=0.2),
    OneClassSVM(kernel="linear"),
    OneClassSVM(kernel="poly", degree=2),
    OneClassSVM(kernel="sigmoid"),
    SGDOneClassSVM(random_state=0),
    EllipticEnvelope(random_state=0),
    EllipticEnvelope(contamination=0.3, assume_centered=True, random_state=0),
]


def assert_alike(model: Any, x: Floats) -> None:
    """The labels exactly, the scores but for the last digits."""
    found = running(compile_pipeline(model, plain(x).columns))(x)
    expected = Anomaly().read(model, x)
    assert expected.values is not None
    assert expected.labels is not None
    assert np.abs((found["value"] - expected.values) / np.maximum(1.0, np.abs(expected.values))).max() <= 1e-9
    assert np.array_equal(found["label"], expected.labels)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model).replace("\n", "")[:70])
@some
@given(st.integers(0, 10**6))
def test_labels_and_scores(model: Any, seed: int) -> None:
    x = random_numbers(seed, 60, 4)
    made = fitted(make_pipeline(StandardScaler(), model), x, None)
    assert_alike(made, np.concatenate([x, -x, 0.3 * x, 20 * x]))


@some
@given(st.integers(0, 10**6), st.integers(2, 30), st.floats(0.01, 0.5))
def test_a_row_just_at_the_threshold_of_a_forest(seed: int, trees: int, contamination: float) -> None:
    """Rows of few different values have equal depths, and the threshold is one of the training rows' own scores."""
    x = np.random.default_rng(seed).integers(0, 4, (80, 2)).astype(np.float64)
    made = IsolationForest(n_estimators=trees, contamination=contamination, random_state=seed).fit(x)
    assert_alike(made, np.concatenate([x, x + 0.5]))


def test_a_forest_takes_null_and_any_number() -> None:
    """As scikit-learn's does, which checks neither."""
    x = random_numbers(3, 80, 3)
    made = IsolationForest(n_estimators=20, random_state=0).fit(x)
    odd = np.array([[np.nan, 0.0, 1.0], [1e300, 1.0, -1e300], [np.nan] * 3])
    with np.errstate(over="ignore"):
        assert_alike(made, odd)


def test_neighbours_are_refused_with_the_reason() -> None:
    x = random_numbers(3, 80, 3)
    with pytest.raises(CannotCompile, match="which of the rows at the same distance are neighbours"):
        compile_pipeline(LocalOutlierFactor(novelty=True).fit(x), plain(x).columns)


def test_a_forest_of_single_rows_is_refused() -> None:
    x = random_numbers(3, 80, 3)
    with pytest.raises(CannotCompile, match="its trees have one row each"):
        compile_pipeline(IsolationForest(n_estimators=3, max_samples=1, random_state=0).fit(x), plain(x).columns)
