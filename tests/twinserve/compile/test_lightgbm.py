"""LightGBM's estimators, compiled, answer as the library does: thresholds, zeros, nulls, categories, links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import (
    Floats,
    assert_same,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.compile.lowerings import lightgbm_linear
from twinserve.compile.lowerings.lightgbm import ZERO
from twinserve.errors import CannotCompile

lightgbm = pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")

shapes = st.tuples(st.integers(0, 10**6), st.integers(60, 150), st.integers(1, 5))
missing = st.sampled_from([0.0, 0.2])
nulls = st.sampled_from([{}, {"zero_as_missing": True}, {"use_missing": False}])
QUIET = {"verbose": -1, "n_jobs": 1, "min_child_samples": 5}
EXTREMES = (
    0.0, -0.0, 5e-324, -5e-324, ZERO, -ZERO, np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1), 1e39, -1e39, 1e300,
    1.1e300, 1.7e308, -1.7e308, np.nan,
)  # fmt: skip


def with_zeros(x: Floats) -> Floats:
    """A tenth of the numbers exactly 0."""
    return np.where(np.random.default_rng(len(x)).random(x.shape) < 0.1, 0.0, x)


def at_thresholds(model: Any, x: Floats) -> Floats:
    """The rows, rows around the splits, and one row for each extreme in every column."""
    frame = model.booster_.trees_to_dataframe()
    inner = frame[(frame["decision_type"] == "<=") & (frame["threshold"].astype(float) < 1e300)].head(100)
    columns = [int(name.removeprefix("Column_")) for name in inner["split_feature"]]
    extremes = np.repeat(np.array(EXTREMES)[:, None], x.shape[1], axis=1)
    return np.concatenate([rows_around(x, columns, inner["threshold"].astype(float)), extremes])


@some
@given(shapes, st.integers(2, 4), missing, nulls, st.sampled_from([{}, {"objective": "multiclassova"}]))
def test_a_classifier_is_the_same_around_its_splits(
    shape: tuple[int, int, int], classes: int, share: float, null: dict[str, bool], options: dict[str, str]
) -> None:
    x = with_zeros(random_numbers(*shape, missing=share))
    options = options if classes > 2 else {}
    model = lightgbm.LGBMClassifier(n_estimators=6, **QUIET, **null, **options)
    model.fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds(model, x)))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", [{}, {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}])
def test_calibration_asks_for_its_decisions(classes: int, kind: dict[str, Any]) -> None:
    x = random_numbers(0, 120, 3, missing=0.2)
    model = CalibratedClassifierCV(lightgbm.LGBMClassifier(n_estimators=6, **QUIET, **kind), cv=3)
    assert_same(model.fit(x, random_labels(0, x, classes)), plain(x))


@some
@given(shapes, missing, nulls, st.sampled_from(["regression", "regression_l1", "huber", "poisson", "gamma", "tweedie"]))
def test_a_regressor_is_the_same_through_its_link(
    shape: tuple[int, int, int], share: float, null: dict[str, bool], objective: str
) -> None:
    x = with_zeros(random_numbers(*shape, missing=share))
    model = lightgbm.LGBMRegressor(n_estimators=6, objective=objective, **QUIET, **null)
    model.fit(x, np.abs(np.nan_to_num(x[:, 0])) + 0.5)
    assert_same(model, plain(at_thresholds(model, x)))


@pytest.mark.parametrize("boosting", ["dart", "rf"])
def test_other_ways_of_boosting_are_the_same(boosting: str) -> None:
    x = random_numbers(1, 150, 3)
    model = lightgbm.LGBMRegressor(
        n_estimators=8, boosting_type=boosting, subsample=0.6, subsample_freq=1, random_state=0, **QUIET
    ).fit(x, x[:, 0])
    assert_same(model, plain(at_thresholds(model, x)))


@some
@given(st.integers(0, 10**6), st.integers(2, 60), missing, st.integers(2, 3))
def test_codes_of_categories_go_their_way_whole_or_not_known_or_not(
    seed: int, size: int, share: float, classes: int
) -> None:
    x = random_numbers(seed, 300, 2, missing=share)
    x[:, 0] = np.where(np.isnan(x[:, 0]), np.nan, np.random.default_rng(seed).integers(0, size, 300))
    model = lightgbm.LGBMClassifier(n_estimators=5, min_data_per_group=1, cat_smooth=1.0, **QUIET)
    model.fit(x, random_labels(seed, x % 5, classes), categorical_feature=[0])
    probe = np.repeat(x[:1], 2 * size + 20, axis=0)
    codes = np.arange(size, dtype=np.float64)
    strange = [-0.5, -1.0, -7.0, 33.5, size + 1.0, 1e6, 2.0**24, 1e300, -1e300, np.nan, 0.0, -0.0, 0.9999999999]
    probe[:, 0] = np.resize(np.concatenate([codes, codes + 0.5, strange]), len(probe))
    assert_same(model, plain(np.concatenate([x, probe])))


def test_what_came_after_the_best_iteration_does_not_count() -> None:
    x = random_numbers(0, 400, 3)
    y = random_labels(0, x, 2)
    model = lightgbm.LGBMClassifier(n_estimators=80, **QUIET)
    stop = lightgbm.early_stopping(3, verbose=False)
    model.fit(x[:200], y[:200], eval_X=x[200:], eval_y=y[200:], callbacks=[stop])
    assert model.best_iteration_ < 80
    assert_same(model, plain(x))


@some
@given(shapes, st.integers(1, 4), missing)
def test_linear_leaves_are_the_same_around_their_splits(
    shape: tuple[int, int, int], classes: int, share: float
) -> None:
    """A null in a column of the leaf reached leaves the leaf's constant."""
    x = with_zeros(random_numbers(*shape, missing=share))
    options = {"n_estimators": 6, "linear_tree": True, "linear_lambda": 0.1, **QUIET}
    if classes == 1:
        model = lightgbm.LGBMRegressor(**options).fit(x, np.nan_to_num(x[:, 0]))
    else:
        model = lightgbm.LGBMClassifier(**options).fit(x, random_labels(shape[0], x, classes))
    rows = at_thresholds(model, x)
    far = (np.abs(rows) > 1e100).any(axis=1)
    assert_same(model, plain(np.where(rows[~far] > 1e38, 1.0, rows[~far])), tolerance=1e-10)


def test_linear_leaves_behind_a_scaler_are_compiled() -> None:
    x = random_numbers(4, 200, 3, missing=0.1)
    model = make_pipeline(StandardScaler(), lightgbm.LGBMRegressor(n_estimators=9, linear_tree=True, **QUIET))
    assert_same(model.fit(x, np.nan_to_num(x[:, 0] + x[:, 1])), plain(x), tolerance=1e-10)


def test_a_large_linear_tree_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    x = random_numbers(4, 200, 3)
    model = lightgbm.LGBMRegressor(n_estimators=2, linear_tree=True, **QUIET).fit(x, x[:, 0])
    monkeypatch.setattr(lightgbm_linear, "MOST_IN_A_ROW", 5)
    with pytest.raises(
        CannotCompile, match=r"linear_tree=True with \d+ leaves of 3 columns in 2 trees is not lowered$"
    ):
        compile_pipeline(model, plain(x).columns)


def test_text_labels_are_the_libraries_own() -> None:
    x = random_numbers(0, 80, 2)
    words = np.array(["no", "yes"], dtype=object)[random_labels(0, x, 2)]
    assert_same(lightgbm.LGBMClassifier(n_estimators=3, **QUIET).fit(x, words), plain(x))


def own_objective(y_true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """Squared error, by hand."""
    return predicted - y_true, np.ones_like(y_true)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"reg_sqrt": True}, "objective='regression sqrt' is not lowered"),
        ({"objective": "cross_entropy"}, "objective='cross_entropy' is not lowered"),
        ({"objective": own_objective}, "it has an objective of its own, which is not lowered"),
    ],
)
def test_what_is_not_lowered_is_refused_by_name(options: dict[str, Any], reason: str) -> None:
    x = random_numbers(0, 100, 2)
    model = lightgbm.LGBMRegressor(n_estimators=2, **QUIET, **options).fit(x, (x[:, 0] > 0).astype(float))
    with pytest.raises(CannotCompile, match=rf"^lightgbm\.sklearn\.LGBMRegressor: {reason}$"):
        compile_pipeline(model, plain(x).columns)
