"""XGBoost's estimators, compiled, answer with the very bits of the library."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.compile.comparing import (
    Floats,
    around,
    assert_same,
    compiled_answer,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    running,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.compile.arithmetic import float32
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph
from twinserve.compile.lowerings import xgboost_linear
from twinserve.compile.onnx_model import model_of
from twinserve.errors import CannotCompile

xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")

shapes = st.tuples(st.integers(0, 10**6), st.integers(60, 150), st.integers(1, 5))
missing = st.sampled_from([0.0, 0.2])
EXTREMES = (0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-40, 3.4e38, 1e39, -1e39, 1e300, 1.7e308, -1.7e308, np.nan)


def at_thresholds(model: Any, x: Floats) -> Floats:
    """The rows, rows around the splits, and one row for each extreme in every column."""
    frame = model.get_booster().trees_to_dataframe()
    inner = frame[(frame["Feature"] != "Leaf") & frame["Split"].notna()].head(100)
    columns = [int(name.lstrip("f")) for name in inner["Feature"]]
    extremes = np.repeat(np.array(EXTREMES)[:, None], x.shape[1], axis=1)
    return np.concatenate([rows_around(x, columns, inner["Split"].to_numpy()), extremes])


@some
@given(shapes, st.integers(2, 4), missing, st.sampled_from([{}, {"num_parallel_tree": 2, "subsample": 0.7}]))
def test_a_classifier_has_the_same_bits_around_its_splits(
    shape: tuple[int, int, int], classes: int, share: float, options: dict[str, Any]
) -> None:
    x = random_numbers(*shape, missing=share)
    model = xgboost.XGBClassifier(n_estimators=8, n_jobs=1, **options).fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds(model, x)), tolerance=0.0)


@some
@given(
    shapes,
    missing,
    st.sampled_from(
        [
            "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:logistic",
            "count:poisson", "reg:gamma", "reg:tweedie",
        ]
    ),
)  # fmt: skip
def test_a_regressor_has_the_same_bits_through_its_link(
    shape: tuple[int, int, int], share: float, objective: str
) -> None:
    x = random_numbers(*shape, missing=share)
    target = np.abs(np.nan_to_num(x[:, 0])) / 1e4 + 0.1
    model = xgboost.XGBRegressor(n_estimators=8, objective=objective, n_jobs=1).fit(x, np.minimum(target, 0.9))
    assert_same(model, plain(at_thresholds(model, x)), tolerance=0.0)


@some
@given(st.integers(0, 10**6), st.integers(2, 40), missing, st.sampled_from([1, 100]))
def test_codes_of_categories_go_their_way_whole_or_not_known_or_not(
    seed: int, size: int, share: float, max_cat_to_onehot: int
) -> None:
    x = random_numbers(seed, 300, 2, missing=share)
    x[:, 0] = np.where(np.isnan(x[:, 0]), np.nan, np.random.default_rng(seed).integers(0, size, 300))
    model = xgboost.XGBClassifier(
        n_estimators=5, enable_categorical=True, feature_types=["c", "q"], max_cat_to_onehot=max_cat_to_onehot, n_jobs=1
    ).fit(x, random_labels(seed, x % 5, 3))
    probe = np.repeat(x[:1], 2 * size + 20, axis=0)
    codes = np.arange(size, dtype=np.float64)
    strange = [-0.5, -1.0, -7.0, 33.5, size + 1.0, 1e6, 2.0**24, 1e300, -1e300, np.nan, 0.0, -0.0, 0.9999999999]
    probe[:, 0] = np.resize(np.concatenate([codes, codes + 0.5, strange]), len(probe))
    assert_same(model, plain(np.concatenate([x, probe])), tolerance=0.0)


def test_what_came_after_the_best_iteration_does_not_count() -> None:
    x = random_numbers(0, 400, 3)
    y = random_labels(0, x, 2)
    model = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=3, n_jobs=1)
    model.fit(x[:200], y[:200], eval_set=[(x[200:], y[200:])], verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    assert_same(model, plain(x), tolerance=0.0)


@pytest.mark.parametrize("score", [0.3, 0.5, 0.731])
def test_a_base_score_given_by_hand_starts_the_sum(score: float) -> None:
    x = random_numbers(0, 80, 3)
    model = xgboost.XGBClassifier(n_estimators=3, base_score=score, n_jobs=1).fit(x, random_labels(0, x, 2))
    assert_same(model, plain(x), tolerance=0.0)


@some
@given(shapes, st.integers(2, 4), missing)
def test_a_random_forest_has_the_same_bits_around_its_splits(
    shape: tuple[int, int, int], classes: int, share: float
) -> None:
    x = random_numbers(*shape, missing=share)
    model = xgboost.XGBRFClassifier(n_estimators=8, n_jobs=1).fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds(model, x)), tolerance=0.0)
    values = xgboost.XGBRFRegressor(n_estimators=8, n_jobs=1).fit(x, np.nan_to_num(x[:, 0]))
    assert_same(values, plain(at_thresholds(values, x)), tolerance=0.0)


OLD_BOOSTERS = pytest.mark.filterwarnings("ignore:.*`booster=:UserWarning")
"""Newer libraries are about to drop dart and gblinear."""


@OLD_BOOSTERS
@some
@given(shapes, st.integers(2, 4), missing, st.sampled_from([{}, {"normalize_type": "forest", "num_parallel_tree": 2}]))
def test_dropped_trees_have_the_same_bits_around_their_splits(
    shape: tuple[int, int, int], classes: int, share: float, options: dict[str, Any]
) -> None:
    """The library takes the start from each tree's answer, and multiplies what rounding left of it."""
    x = random_numbers(*shape, missing=share)
    dart = {"booster": "dart", "rate_drop": 0.5, "n_estimators": 8, "n_jobs": 1, "verbosity": 0, **options}
    model = xgboost.XGBClassifier(**dart).fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(at_thresholds(model, x)), tolerance=0.0)
    values = xgboost.XGBRegressor(**dart).fit(x, np.nan_to_num(x[:, 0]))
    assert_same(values, plain(at_thresholds(values, x)), tolerance=0.0)


@OLD_BOOSTERS
@some
@given(shapes, st.integers(2, 4), missing)
def test_a_linear_booster_adds_in_the_same_order(shape: tuple[int, int, int], classes: int, share: float) -> None:
    x = random_numbers(*shape, missing=share)
    linear = {"booster": "gblinear", "n_estimators": 5, "n_jobs": 1, "verbosity": 0}
    model = xgboost.XGBClassifier(**linear).fit(x, random_labels(shape[0], x, classes))
    asked = np.concatenate([x, np.zeros((1, x.shape[1])), np.full((1, x.shape[1]), np.nan), x[:5] * 1e4])
    assert_same(model, plain(asked), tolerance=0.0)
    values = xgboost.XGBRegressor(**linear).fit(x, np.nan_to_num(x[:, 0]) / 1e3)
    assert_same(values, plain(asked), tolerance=0.0)


@OLD_BOOSTERS
def test_a_linear_booster_has_no_answer_beyond_single_precision() -> None:
    """There the library raises, where it does not before trees."""
    x = random_numbers(0, 60, 2)
    model = xgboost.XGBRegressor(booster="gblinear", n_estimators=2, n_jobs=1, verbosity=0).fit(x, x[:, 0])
    asked = np.array([[1e39, 0.0], [0.0, -1e300], [3e38, 0.0], [np.nan, 0.0]])
    assert np.isnan(compiled_answer(model, plain(asked))["value"]).tolist() == [True, True, False, False]
    for row in asked[:2]:
        with pytest.raises(xgboost.core.XGBoostError):
            model.predict(row[None, :])


@OLD_BOOSTERS
@pytest.mark.parametrize("classes", [2, 3])
def test_sums_of_a_linear_booster_that_overflow_have_no_answer(classes: int) -> None:
    x = random_numbers(0, 60, 3)
    model = xgboost.XGBClassifier(booster="gblinear", n_estimators=9, n_jobs=1, verbosity=0, reg_lambda=0.0)
    model.fit(x / np.abs(x).max(axis=0) * 0.01, random_labels(0, x, classes))
    asked = np.array(np.meshgrid([3e38, -3e38, 0.0], [3e38, -3e38, 0.0], [3e38, 0.0])).reshape(3, -1).T
    expected = model.predict_proba(asked)
    assert np.isnan(expected).any()
    np.testing.assert_array_equal(compiled_answer(model, plain(asked))["probabilities"], expected)


@OLD_BOOSTERS
def test_a_wide_linear_booster_is_refused() -> None:
    x = np.random.default_rng(0).random((30, xgboost_linear.MOST_COLUMNS + 1))
    model = xgboost.XGBRegressor(booster="gblinear", n_estimators=1, n_jobs=1, verbosity=0).fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match=r"booster='gblinear' with 201 columns is not lowered, with 200 it is$"):
        compile_pipeline(model, plain(x).columns)


def test_labels_of_softmax_come_with_probabilities_of_another_library() -> None:
    x = random_numbers(0, 60, 2)
    model = xgboost.XGBClassifier(n_estimators=2, objective="multi:softmax", n_jobs=1).fit(x, random_labels(0, x, 3))
    with pytest.raises(CannotCompile, match=r"multi:softprob gives the same labels and is lowered$"):
        compile_pipeline(model, plain(x).columns)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"missing": -1.0}, r"missing=-1\.0 is not lowered, NaN is"),
        ({"objective": "binary:logitraw"}, "objective='binary:logitraw' with 1 sums is not lowered"),
    ],
)
def test_what_is_not_lowered_is_refused_by_name(options: dict[str, Any], reason: str) -> None:
    x = random_numbers(0, 60, 2)
    model = xgboost.XGBClassifier(n_estimators=4, n_jobs=1, verbosity=0, **options).fit(x, random_labels(0, x, 2))
    with pytest.raises(CannotCompile, match=rf"^xgboost\.sklearn\.XGBClassifier: {reason}$"):
        compile_pipeline(model, plain(x).columns)


def test_the_exponential_of_a_float32_has_the_bits_of_the_c_library() -> None:
    expf = ctypes.CDLL(ctypes.util.find_library("m")).expf
    expf.restype, expf.argtypes = ctypes.c_float, [ctypes.c_float]
    edges = around([0.0, 88.7, -88.7, 87.3, -87.3, -103.9, -104.0, 89.0, 1.0, -1.0])
    x = np.concatenate([edges, np.random.default_rng(0).normal(size=20_000) * 20, [-1e30, 1e30]])
    graph = Graph({})
    raised = float32.exponential(graph, float32.as_single(graph, Block.numbers("x", 1).tensor))
    value = graph.op("Reshape", graph.as_double(raised), graph.constant([-1], np.int64))
    compiled = model_of(graph, {"value": value}, 1, {"value": None}).SerializeToString()
    expected = np.array([expf(one) for one in x.astype(np.float32).tolist()])
    np.testing.assert_array_equal(running(compiled)(x[:, None])["value"], expected)
