"""AdaBoost adds its members' weights as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from tests.twinserve.compile.comparing import (
    assert_same,
    fitted,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    running,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


@pytest.mark.parametrize(
    "member",
    [None, DecisionTreeClassifier(max_depth=3), ExtraTreeClassifier(max_depth=2), LogisticRegression()],
    ids=str,
)
@some
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_the_class_and_the_probabilities(member: Any, seed: int, classes: int) -> None:
    x = random_numbers(seed, 60, 3)
    names = np.array(["a", "b", "c", "d", "e"])[random_labels(seed, x, classes)]
    try:
        model = fitted(AdaBoostClassifier(member, n_estimators=12, random_state=0), x, names)
    except ValueError:  # No member is better than chance.
        reject()
    trees = [part.tree_ for part in model.estimators_ if hasattr(part, "tree_")]
    splits = [(c, t) for tree in trees for c, t in zip(tree.feature, tree.threshold, strict=True) if c >= 0]
    rows = rows_around(x, [c for c, _ in splits[:40]], [t for _, t in splits[:40]])
    assert_same(model, plain(rows), tolerance=1e-11)


def test_equal_sums_choose_the_first_class() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (300, 3)).astype(float)
    for classes in (2, 4):
        model = AdaBoostClassifier(n_estimators=40, random_state=0).fit(x, rng.integers(0, classes, 300))
        assert_same(model, plain(rng.integers(-1, 4, (2000, 3)).astype(float)))


def test_boosting_that_ends_early() -> None:
    x = random_numbers(0, 40, 2)
    model = AdaBoostClassifier(DecisionTreeClassifier(), n_estimators=9).fit(x, random_labels(0, x, 3))
    assert len(model.estimators_) == 1
    assert_same(model, plain(x))


def test_behind_a_scaler() -> None:
    x = random_numbers(1, 80, 3)
    model = make_pipeline(StandardScaler(), AdaBoostClassifier(n_estimators=9)).fit(x, random_labels(1, x, 3))
    assert_same(model, plain(np.concatenate([x, 9 * x])))


def test_null_and_numbers_beyond_float32_have_no_answer() -> None:
    x = random_numbers(2, 60, 2)
    model = AdaBoostClassifier(n_estimators=5).fit(x, random_labels(2, x, 2))
    rows = np.array([[0.0, 1.0], [np.nan, 0.0], [0.0, 1e39]])
    answer = running(compile_pipeline(model, plain(x).columns))(rows)
    assert np.isnan(answer["probabilities"]).any(axis=1).tolist() == [False, True, True]


@pytest.mark.parametrize(
    "member",
    [None, DecisionTreeRegressor(max_depth=2), ExtraTreeRegressor(max_depth=5), LinearRegression()],
    ids=str,
)
@pytest.mark.parametrize("loss", ["linear", "square", "exponential"])
@some
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_weighted_median(member: Any, loss: str, seed: int, members: int) -> None:
    x = random_numbers(seed, 60, 3)
    model = fitted(
        AdaBoostRegressor(member, n_estimators=members, loss=loss, random_state=0), x, x[:, 0] + x[:, 1] ** 2
    )
    trees = [part.tree_ for part in model.estimators_ if hasattr(part, "tree_")]
    splits = [(c, t) for tree in trees for c, t in zip(tree.feature, tree.threshold, strict=True) if c >= 0]
    rows = rows_around(x, [c for c, _ in splits[:40]], [t for _, t in splits[:40]])
    assert_same(model, plain(rows))


def test_members_that_say_the_same_and_weights_that_are_equal() -> None:
    """Half of the weight is reached exactly: the first of the two in the middle is the answer."""
    x = np.arange(40.0)[:, None]
    model = AdaBoostRegressor(DecisionTreeRegressor(max_depth=1), n_estimators=4, random_state=0).fit(x, x[:, 0] // 10)
    for weights in ([0.7] * 4, [1.0, 0.0, 0.0, 1.0], [0.0] * 4):
        model.estimator_weights_ = np.array(weights)
        assert_same(model, plain(x))


def test_a_member_that_predicts_several_values_is_refused() -> None:
    x = random_numbers(0, 40, 2)
    model = AdaBoostRegressor(LinearRegression(), n_estimators=2, random_state=0).fit(x, x[:, 0])
    model.estimators_[0].fit(x, x)
    with pytest.raises(CannotCompile, match="regressors of one value are needed in it"):
        compile_pipeline(model, plain(x).columns)
