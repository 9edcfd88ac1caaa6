"""The weights of rows count in the fit, in the metrics, in their intervals and in the baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.errors import CannotTrain
from twinserve.evaluate.bootstrap import intervals, lower_bound
from twinserve.evaluate.metrics import evaluate
from twinserve.metric import names
from twinserve.predict.predictor import Predictions
from twinserve.recipes import ColumnChoices, Recipe
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.training.baselines import baseline
from twinserve.training.data import split
from twinserve.training.fit import fit
from twinserve.training.weighted_fit import fit_weighted, takes_weights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 2))
Y = (X[:, 0] + RNG.normal(size=80) > 0).astype(float)
WEIGHTS = RNG.integers(0, 4, 80).astype(float)
REPEATED = np.repeat(np.arange(80), WEIGHTS.astype(int))


def test_a_weight_is_so_many_rows_in_the_fit() -> None:
    weighted = fit_weighted(make_pipeline(make_pipeline(Ridge())), X, Y, WEIGHTS)
    repeated = Ridge().fit(X[REPEATED], Y[REPEATED])
    assert weighted.predict(X) == pytest.approx(repeated.predict(X))


def test_what_takes_no_weights_is_fitted_without() -> None:
    neighbours = make_pipeline(StandardScaler(), KNeighborsClassifier())
    assert not takes_weights(neighbours)
    assert takes_weights(make_pipeline(StandardScaler(), LogisticRegression()))
    plain = make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(X, Y)
    assert fit_weighted(neighbours, X, Y, WEIGHTS).predict(X).tolist() == plain.predict(X).tolist()


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_weight_is_so_many_rows_in_every_metric(task: Any) -> None:
    y_true = Y if task == "classification" else Y + 1  # Without 0, relative errors are measured.
    second = 1 / (1 + np.exp(-X[:, 0]))
    probabilities = np.column_stack([1 - second, second])
    if task == "classification":
        predictions = Predictions(probabilities.argmax(axis=1), probabilities)
        drawn = Predictions(probabilities[REPEATED].argmax(axis=1), probabilities[REPEATED])
    else:
        predictions, drawn = Predictions(values=second), Predictions(values=second[REPEATED])
    weighted = evaluate(y_true, predictions, weights=WEIGHTS)
    assert weighted == pytest.approx(evaluate(y_true[REPEATED], drawn))
    assert set(weighted) == set(names(task))
    for name, (low, high) in intervals(y_true, predictions, 0, weights=WEIGHTS).items():
        assert low < weighted[name] < high, name
    assert lower_bound(names(task)[0], y_true, predictions, predictions, 0, weights=WEIGHTS) == 0.0


def recipe(weights: Any) -> Recipe:
    """Two groups of rows that contradict each other; the weights say which is believed."""
    x = np.arange(200) % 2
    y = np.where((x == 1) == (np.arange(200) < 100), "yes", "no")
    frame = pd.DataFrame({"x": x + 0.5 * (np.arange(200) % 3), "z": np.arange(200) % 7 / 7, "w": weights, "y": y})
    return table_recipe("mine", frame, TableOptions("y", columns=ColumnChoices(weight="w")), "")


def learned(weights: Any) -> Any:
    """The training of it."""
    made = recipe(weights)
    data = split(made, made.load())
    return data, fit(made, data, seed=0, progress=lambda _: None)


@pytest.mark.slow
def test_a_training_believes_the_rows_that_weigh_more() -> None:
    believed = np.arange(200) < 100
    for weights, label in ((np.where(believed, 5.0, 0.1), "yes"), (np.where(believed, 0.1, 5.0), "no")):
        _, made = learned(weights)
        row = pd.DataFrame({"x": [2.0], "z": [0.5]})
        assert made.pipeline.predict(row).tolist() == [label]


@pytest.mark.slow
def test_weights_make_no_warning_of_their_own() -> None:
    _, made = learned(1.0 + np.arange(200) % 3)
    assert made.warnings == ()
    assert any("calibration" in choice.what for choice in made.choices)


def test_the_baseline_weighs_its_rows() -> None:
    weights = np.where(recipe(np.ones(200)).load().target == "yes", 3.0, 1.0)
    made = recipe(weights)
    data = split(made, made.load())
    assert data.weight == "w"
    dummy = baseline(data)
    assert dummy is not None
    shares = dummy.probabilities
    assert shares is not None
    of_yes = data.train.y_true == 1
    assert data.train.weights is not None
    assert shares[0, 1] == pytest.approx(data.train.weights[of_yes].sum() / data.train.weights.sum())


def test_a_side_that_weighs_nothing_is_refused() -> None:
    made = recipe(np.ones(200))
    held_out = split(made, made.load()).held_out
    assert held_out is not None
    table = replace(made.load(), weights=pd.Series(np.where(held_out, 0.0, 1.0), name="w"))
    with pytest.raises(CannotTrain, match=r"^Every row on the hold-out side weighs 0; give more rows\.$"):
        split(made, table)


@pytest.mark.parametrize("label", ["yes", "no"])
def test_a_class_that_weighs_nothing_is_refused(label: str) -> None:
    made = recipe(np.ones(200))
    table = made.load()
    table = replace(table, weights=pd.Series(np.where(table.target == label, 0.0, 1.0), name="w"))
    expected = f"^Every row of the class '{label}' on the training side weighs 0; give more rows of it\\.$"
    with pytest.raises(CannotTrain, match=expected):
        split(made, table)
