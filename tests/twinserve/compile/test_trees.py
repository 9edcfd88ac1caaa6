"""Decision trees and forests answer as scikit-learn's do, at and around every threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from tests.twinserve.compile.comparing import (
    Floats,
    around,
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
from twinserve.compile.lowerings.trees import double_splits

SINGLE = {
    "classifier": [DecisionTreeClassifier, ExtraTreeClassifier],
    "regressor": [DecisionTreeRegressor, ExtraTreeRegressor],
}
FORESTS = {
    "classifier": [RandomForestClassifier, ExtraTreesClassifier],
    "regressor": [RandomForestRegressor, ExtraTreesRegressor],
}
shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 90), st.integers(1, 6))
limits = st.fixed_dictionaries({"max_depth": st.sampled_from([None, 1, 3]), "min_samples_leaf": st.integers(1, 5)})
missing = st.sampled_from([0.0, 0.2])


def at_thresholds(trees: list[Any], x: Floats) -> Floats:
    """The rows, and rows around every threshold of the trees."""
    columns, thresholds = [], []
    for tree in trees:
        inner = tree.tree_.children_left >= 0
        columns += tree.tree_.feature[inner].tolist()
        thresholds += tree.tree_.threshold[inner].tolist()
    keep = [i for i, t in enumerate(thresholds) if np.isfinite(t)][:200]
    return rows_around(x, [columns[i] for i in keep], [thresholds[i] for i in keep])


@some
@given(st.sampled_from(SINGLE["classifier"]), shapes, limits, st.integers(1, 4), missing)
def test_a_classification_tree_is_the_same_around_its_thresholds(
    kind: Any, shape: tuple[int, int, int], options: dict[str, Any], classes: int, share: float
) -> None:
    x = random_numbers(*shape, missing=share)
    model = kind(random_state=0, **options).fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds([model], x)), tolerance=0.0)


@some
@given(st.sampled_from(SINGLE["regressor"]), shapes, limits, missing)
def test_a_regression_tree_is_the_same_around_its_thresholds(
    kind: Any, shape: tuple[int, int, int], options: dict[str, Any], share: float
) -> None:
    x = random_numbers(*shape, missing=share)
    model = kind(random_state=0, **options).fit(x, random_labels(shape[0], x, 9) * 0.1)
    assert_same(model, plain(at_thresholds([model], x)), tolerance=0.0)


@some
@given(st.sampled_from(FORESTS["classifier"]), shapes, limits, st.integers(2, 4), missing, st.booleans())
def test_a_forest_sums_its_shares_to_the_last_bit(
    kind: Any,
    shape: tuple[int, int, int],
    options: dict[str, Any],
    classes: int,
    share: float,
    weighted: bool,
) -> None:
    x = random_numbers(*shape, missing=share)
    weights = "balanced" if weighted else None
    model = kind(7, random_state=0, class_weight=weights, **options)
    model.fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds(model.estimators_, x)), tolerance=0.0)


@some
@given(st.sampled_from(FORESTS["regressor"]), shapes, limits, missing)
def test_a_regression_forest_sums_its_values_to_the_last_bit(
    kind: Any, shape: tuple[int, int, int], options: dict[str, Any], share: float
) -> None:
    x = random_numbers(*shape, missing=share)
    model = kind(7, random_state=0, **options).fit(x, np.nan_to_num(x).sum(axis=1))
    assert_same(model, plain(at_thresholds(model.estimators_, x)), tolerance=0.0)


def test_ties_between_classes_go_as_scikit_learn_sends_them() -> None:
    """Few rows, an even number of depth-limited trees: exact and nearly exact ties abound."""
    rng = np.random.default_rng(5)
    x = rng.integers(0, 3, (40, 3)).astype(np.float64)
    for depth in (1, 2, None):
        model = RandomForestClassifier(10, max_depth=depth, random_state=1).fit(x, rng.integers(0, 2, 40))
        assert_same(model, plain(x), tolerance=0.0)


def test_numbers_that_float32_cannot_hold_are_rounded_as_scikit_learn_rounds_them() -> None:
    """Scaled in double, then rounded once: the way that float32 converters get wrong."""
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=(300, 4)), 1) * 1e7 + 0.123456789
    model = make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=0))
    model.fit(x, random_labels(0, x, 2))
    scaler, forest = model[0], model[1]
    scaled = at_thresholds(forest.estimators_, scaler.transform(x[:20]))
    back = scaled * scaler.scale_ + scaler.mean_
    assert_same(model, plain(np.concatenate([x, back])), tolerance=0.0)


def test_extremes_within_float32_take_the_same_way() -> None:
    x = random_numbers(3, 60, 3)
    model = fitted(DecisionTreeClassifier(random_state=0), x, random_labels(3, x, 2))
    largest = float(np.finfo(np.float32).max)
    edges = around([0.0, 1e-310, -1e-310, 1e-45, 1e-38, largest * (1 - 1e-7), -largest * (1 - 1e-7), 1e300 * 0.0])
    assert_same(model, plain(np.stack([edges] * 3, axis=1)), tolerance=0.0)


def test_a_number_beyond_float32_goes_to_its_side_where_scikit_learn_raises() -> None:
    x = np.arange(10.0)[:, None]
    model = DecisionTreeClassifier(random_state=0).fit(x, np.arange(10) > 4)
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="too large for dtype"):
        model.predict([[1e300]])
    far = plain([[1e300], [-1e300]])
    compiled = compile_pipeline(model, far.columns)
    assert running(compiled)(far.x)["label"].tolist() == [1, 0]


@some
@given(st.lists(st.floats(-1e38, 1e38, width=64), min_size=1, max_size=30))
def test_a_moved_threshold_asks_of_a_double_what_the_old_one_asks_of_its_float32(
    thresholds: list[float],
) -> None:
    old = np.array(thresholds)
    new = double_splits(old)
    for t, u in zip(old, new, strict=True):
        x = around([t, u])
        assert np.array_equal(x.astype(np.float32) <= t, x <= u)


def test_a_threshold_at_infinity_stays_there() -> None:
    """scikit-learn splits missing from present values with an infinite threshold."""
    assert double_splits(np.array([np.inf, -np.inf])).tolist() == [np.inf, -np.inf]
