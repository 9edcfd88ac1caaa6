"""Voting, stacking, bagging and transformed targets combine their parts as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

seeds = st.integers(0, 10**6)


def classifiers() -> Any:
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    return [
        ("line", make_pipeline(StandardScaler(), LogisticRegression())),
        ("tree", tree),
        ("bayes", GaussianNB()),
    ]


def regressors() -> Any:
    return [
        ("line", make_pipeline(StandardScaler(), Ridge())),
        ("tree", DecisionTreeRegressor(max_depth=3, random_state=0)),
    ]


@some
@given(
    seeds,
    st.sampled_from(["soft", "hard"]),
    st.sampled_from([None, [1, 2, 1], [0.1, 0.3, 0.7]]),
    st.integers(2, 4),
)
def test_a_vote(seed: int, voting: str, weights: Any, classes: int) -> None:
    x = random_numbers(seed, 60, 3)
    model = VotingClassifier([*classifiers(), ("gone", "drop")], voting=voting, weights=weights and [*weights, 5])
    names = np.array(["a", "b", "c", "d"])[random_labels(seed, x, classes)]
    assert_same(fitted(model, x, names), plain(x), tolerance=1e-11)


@some
@given(seeds, st.sampled_from([None, [1.0, 2.5]]))
def test_a_mean_of_values(seed: int, weights: Any) -> None:
    x = random_numbers(seed, 60, 3)
    assert_same(fitted(VotingRegressor(regressors(), weights=weights), x, np.arange(60.0)), plain(x))


@some
@given(seeds, st.booleans(), st.sampled_from(["auto", "predict"]), st.integers(2, 3))
def test_a_stack_of_classifiers(seed: int, passthrough: bool, method: str, classes: int) -> None:
    x = random_numbers(seed, 60, 3)
    parts = [*classifiers(), ("svc", make_pipeline(StandardScaler(), LinearSVC()))]
    head = make_pipeline(StandardScaler(), LogisticRegression())
    model = StackingClassifier(parts, head, cv=3, passthrough=passthrough, stack_method=method)
    assert_same(fitted(model, x, random_labels(seed, x, classes)), plain(x), tolerance=1e-11)


@some
@given(seeds, st.booleans())
def test_a_stack_of_regressors(seed: int, passthrough: bool) -> None:
    x = random_numbers(seed, 60, 3)
    model = StackingRegressor(regressors(), Ridge(), cv=3, passthrough=passthrough)
    assert_same(fitted(model, x, np.arange(60.0)), plain(x), tolerance=1e-10)


@some
@given(seeds, st.sampled_from([0.5, 1.0]), st.integers(2, 4), st.booleans())
def test_a_bag_of_classifiers_on_their_own_columns(seed: int, share: float, classes: int, sure: bool) -> None:
    """Also of classifiers without probabilities, and of some that never saw a class."""
    x = random_numbers(seed, 40, 4)
    base = RidgeClassifier() if sure else DecisionTreeClassifier(max_depth=2, random_state=0)
    model = BaggingClassifier(base, 5, max_features=share, max_samples=8, random_state=seed)
    assert_same(fitted(model, x, random_labels(seed, x, classes)), plain(x))


@some
@given(seeds, st.sampled_from([0.5, 1.0]))
def test_a_bag_of_regressors_on_their_own_columns(seed: int, share: float) -> None:
    x = random_numbers(seed, 40, 4)
    model = BaggingRegressor(DecisionTreeRegressor(max_depth=3), 5, max_features=share, random_state=seed)
    assert_same(model.fit(x, x.sum(axis=1)), plain(x))


@pytest.mark.parametrize(
    "options",
    [
        {"func": np.log1p, "inverse_func": np.expm1},
        {"func": np.log, "inverse_func": np.exp},
        {"func": np.sqrt, "inverse_func": np.square},
        {"transformer": StandardScaler()},
        {"transformer": MinMaxScaler((-1.0, 3.0))},
        {},
    ],
    ids=str,
)
def test_a_transformed_target_comes_back(options: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    model = TransformedTargetRegressor(Ridge(), **options).fit(x, np.arange(60.0) + 1.0)
    assert_same(model, plain(x))


def test_a_target_without_a_known_way_back_is_refused() -> None:
    x = random_numbers(0, 40, 2)
    y = np.arange(40.0)
    for options, reason in (
        ({"transformer": PowerTransformer()}, "transformer=PowerTransformer has no inverse here"),
        ({"func": np.cbrt, "inverse_func": lambda v: v**3}, "inverse_func is not one that a graph can apply"),
    ):
        model = TransformedTargetRegressor(Ridge(), **options).fit(x, y)
        with pytest.raises(CannotCompile, match=f"TransformedTargetRegressor: {reason}"):
            compile_pipeline(model, plain(x).columns)


def test_a_part_without_a_lowering_is_refused_by_its_own_name() -> None:
    class OwnTree(DecisionTreeRegressor):  # type: ignore[misc] # scikit-learn has no types
        pass

    x = random_numbers(0, 40, 2)
    model = VotingRegressor([("own", OwnTree())]).fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match=r"OwnTree: there is no lowering for this class$"):
        compile_pipeline(model, plain(x).columns)
