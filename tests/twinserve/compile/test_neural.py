"""Multi-layer perceptrons: every activation, odd and even layers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, some

layers = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
activations = st.sampled_from(["identity", "logistic", "tanh", "relu"])


@some
@given(st.integers(0, 10**6), layers, activations, st.integers(2, 4))
def test_a_classifier_through_any_layers(seed: int, hidden: tuple[int, ...], activation: str, classes: int) -> None:
    x = random_numbers(seed, 50, 3)
    head = MLPClassifier(hidden, activation=activation, max_iter=15, random_state=seed)
    model = fitted(make_pipeline(StandardScaler(), head), x, random_labels(seed, x, classes))
    assert_same(model, plain(np.concatenate([x, 100 * x])))


@some
@given(st.integers(0, 10**6), layers, activations)
def test_a_regressor_through_any_layers(seed: int, hidden: tuple[int, ...], activation: str) -> None:
    x = random_numbers(seed, 50, 3)
    head = MLPRegressor(hidden_layer_sizes=hidden, activation=activation, max_iter=15, random_state=seed)
    model = fitted(make_pipeline(StandardScaler(), head), x, np.abs(StandardScaler().fit_transform(x)).sum(axis=1))
    assert_same(model, plain(x))


def test_a_poisson_regressor_answers_through_its_exponential() -> None:
    """`loss` came with scikit-learn 1.7."""
    if "loss" not in MLPRegressor().get_params():
        pytest.skip("this scikit-learn's MLPRegressor has one loss")
    x = random_numbers(0, 50, 3)
    model = make_pipeline(StandardScaler(), MLPRegressor(loss="poisson", hidden_layer_sizes=(5,), max_iter=15))
    assert_same(fitted(model, x, np.arange(50.0)), plain(x))
