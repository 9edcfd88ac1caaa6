"""Several targets, several labels and several quantiles at once answer as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cross_decomposition import PLSRegression
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, MultiTaskLasso, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

from tests.twinserve.compile.comparing import Floats, fitted, plain, random_labels, random_numbers, running, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.estimators.quantiles import Quantiles
from twinserve.estimators.several_outputs import classes_by_target
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets import quantiles
from twinserve.predict.targets.made import several_targets
from twinserve.predict.targets.target import Target

VALUES = [
    LinearRegression(),
    Ridge(),
    MultiTaskLasso(alpha=0.01),
    PLSRegression(2),
    KernelRidge(kernel="rbf", gamma=1e-3),
    GaussianProcessRegressor(DotProduct(), alpha=10.0),
    DummyRegressor(),
    DecisionTreeRegressor(max_depth=4, random_state=0),
    RandomForestRegressor(5, max_depth=4, random_state=0),
    ExtraTreesRegressor(5, random_state=0),
    MLPRegressor(hidden_layer_sizes=(7,), max_iter=20, random_state=0),
    MultiOutputRegressor(GradientBoostingRegressor(n_estimators=3)),
    MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=3)),
    RegressorChain(Ridge(), order=[2, 0, 1]),
    RegressorChain(DecisionTreeRegressor(max_depth=3, random_state=0)),
]
LABELS = [
    DecisionTreeClassifier(max_depth=3, random_state=0),
    ExtraTreeClassifier(max_depth=3, random_state=0),
    RandomForestClassifier(5, max_depth=3, random_state=0),
    ExtraTreesClassifier(7, max_depth=4, random_state=0),
    MultiOutputClassifier(LogisticRegression()),
    MultiOutputClassifier(LinearSVC()),
    MultiOutputClassifier(HistGradientBoostingClassifier(max_iter=3)),
]
INDICATORS = [
    *LABELS,
    MLPClassifier(hidden_layer_sizes=(7,), max_iter=20, random_state=0),
    RidgeClassifier(),
    OneVsRestClassifier(LogisticRegression()),
    OneVsRestClassifier(LinearSVC()),
    OneVsRestClassifier(DecisionTreeClassifier(max_depth=2, random_state=0)),
    ClassifierChain(LogisticRegression(), order=[1, 2, 0]),
    ClassifierChain(DecisionTreeClassifier(max_depth=2, random_state=0), chain_method="predict_proba"),
]


def name(model: Any) -> str:
    """Of an example."""
    return str(model).replace("\n", "")[:60]


def answers(model: Any, x: Floats) -> Predictions:
    """What the graph says."""
    found = running(compile_pipeline(model, plain(x).columns))(x)
    return Predictions(*(found.get(name) for name in ("label", "probabilities", "value", "quantiles")))


def assert_alike(target: Target, model: Any, x: Floats) -> None:
    """The graph has the labels and numbers of the estimator itself."""
    expected, found = target.read(model, x), answers(model, x)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert ours.shape == theirs.shape
            assert np.abs((ours - theirs) / np.maximum(1.0, np.abs(theirs))).max() <= 1e-9
    if expected.labels is not None:
        assert np.array_equal(np.asarray(found.labels), expected.labels)


def scaled(model: Any) -> Any:
    return make_pipeline(StandardScaler(), model)


@pytest.mark.parametrize("model", VALUES, ids=name)
@some
@given(st.integers(0, 10**6))
def test_several_values(model: Any, seed: int) -> None:
    x = random_numbers(seed, 60, 4)
    y = np.stack([np.sin(x[:, 0]), np.tanh(x[:, 1]) * 100, x[:, 2] / (1 + np.abs(x[:, 3]))], axis=1)
    assert_alike(several_targets(dict.fromkeys("abc")), fitted(scaled(model), x, y), np.concatenate([x, -x, 3 * x]))


@pytest.mark.parametrize("model", LABELS, ids=name)
@some
@given(st.integers(0, 10**6))
def test_several_labels(model: Any, seed: int) -> None:
    """Of different numbers of classes, which are texts."""
    x = random_numbers(seed, 60, 3)
    columns = [np.array(list("xyzw"))[random_labels(seed + place, x, 2 + place)] for place in range(3)]
    made = fitted(scaled(model), x, np.stack(columns, axis=1).astype(object))
    classes = [tuple(map(str, each)) for each in classes_by_target(made, 3)]
    target = several_targets(dict(zip("abc", classes, strict=True)))
    assert_alike(target, made, np.concatenate([x, -x, 3 * x]))


@pytest.mark.parametrize("model", INDICATORS, ids=name)
@some
@given(st.integers(0, 10**6))
def test_labels_each_of_which_may_hold(model: Any, seed: int) -> None:
    x = random_numbers(seed, 60, 3)
    y = np.stack([random_labels(seed + place, x, 2) for place in range(3)], axis=1)
    target = several_targets(dict.fromkeys("abc", ("0", "1")))
    assert_alike(target, fitted(scaled(model), x, y), np.concatenate([x, -x, 3 * x]))


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.5, 0.9), (0.05, 0.25, 0.5, 0.75, 0.95)])
def test_quantiles(levels: tuple[float, ...]) -> None:
    """The middle one and the others, each as its own estimator has it."""
    x = random_numbers(0, 90, 3)
    model = Quantiles(GradientBoostingRegressor(loss="quantile", n_estimators=5), levels)
    made = model.fit(x, np.nan_to_num(x[:, 0]) + np.sin(x[:, 1]))
    if len(levels) > 1:
        assert_alike(quantiles.Quantiles(levels), made, np.concatenate([x, -x]))
    assert made.predict_quantiles(x).shape == (90, len(levels))


def test_a_row_without_an_answer_has_none_for_any_target() -> None:
    """NaN in each number; -1 in each label where there are labels alone."""
    x = random_numbers(1, 60, 2)
    y = np.stack([random_labels(place, x, 2) for place in range(2)], axis=1)
    null = np.array([[np.nan, 1.0], [1.0, 1.0]])
    of_values = answers(LinearRegression().fit(x, y), null).values
    assert of_values is not None
    assert np.isnan(of_values).all(axis=1).tolist() == [True, False]
    of_labels = answers(RidgeClassifier().fit(x, y), null)
    assert of_labels.labels is not None
    assert (of_labels.labels == -1).all(axis=1).tolist() == [True, False]


def test_several_targets_inside_another_estimator_are_refused() -> None:
    """A graph has no place for them there."""
    x = random_numbers(1, 60, 2)
    model = MultiOutputRegressor(LinearRegression()).fit(x, x)
    model.estimators_[0] = LinearRegression().fit(x, x)
    with pytest.raises(CannotCompile, match="predictors of labels, or of values, are needed in it"):
        answers(model, x)


@pytest.mark.parametrize("kind", ["values", "flags", "quantiles"])
@some
@given(st.integers(0, 10**6))
def test_trees_of_xgboost_for_each_output(kind: str, seed: int) -> None:
    """Its own way to several targets, and to several quantiles."""
    xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")
    x = random_numbers(seed, 60, 3, missing=0.1)
    y = np.stack([np.nan_to_num(x[:, 0]), np.tanh(np.nan_to_num(x[:, 1])) - 7], axis=1)
    target: Target = several_targets(dict.fromkeys("ab"))
    if kind == "values":
        model = xgboost.XGBRegressor(n_estimators=5, max_depth=3).fit(x, y)
    elif kind == "flags":
        target = several_targets(dict.fromkeys("ab", ("0", "1")))
        model = xgboost.XGBClassifier(n_estimators=5, max_depth=3).fit(x, (y > np.median(y, axis=0)).astype(int))
    else:
        target = quantiles.Quantiles((0.1, 0.5, 0.9))
        more = {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}
        model = xgboost.XGBRegressor(n_estimators=5, **more).fit(x, y[:, 0])
    assert_alike(target, model, np.concatenate([x, -x, 3 * x]))


def test_leaves_of_several_values_are_refused() -> None:
    xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")
    x = random_numbers(0, 60, 2)
    model = xgboost.XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree").fit(x, x)
    with pytest.raises(CannotCompile, match="each leaf of its trees holds several values"):
        answers(model, x)
