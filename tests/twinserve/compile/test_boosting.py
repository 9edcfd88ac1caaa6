"""Both kinds of gradient boosting answer as scikit-learn's do: thresholds, missing values, categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LinearRegression

from tests.twinserve.compile.comparing import (
    Floats,
    Table,
    assert_same,
    beside,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    some,
    words,
)
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(60, 150), st.integers(1, 5))


def at_thresholds(model: object, x: Floats) -> Floats:
    """The rows, and rows around every numeric threshold of a histogram boosting without categories."""
    nodes = np.concatenate([p.nodes for stage in model._predictors for p in stage])  # type: ignore[attr-defined]
    inner = nodes[(nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0)][:200]
    finite = inner[np.isfinite(inner["num_threshold"])]
    return rows_around(x, finite["feature_idx"].tolist(), finite["num_threshold"])


def gradient_thresholds(model: object, x: Floats) -> Floats:
    """The rows, and rows around the thresholds of a classic boosting."""
    trees = [tree.tree_ for tree in np.ravel(model.estimators_)[:20]]  # type: ignore[attr-defined]
    columns = np.concatenate([t.feature[t.feature >= 0] for t in trees])
    return rows_around(x, columns.tolist(), np.concatenate([t.threshold[t.feature >= 0] for t in trees]))


@some
@given(shapes, st.integers(2, 4), st.sampled_from(["log_loss", "exponential"]), st.sampled_from([None, "zero"]))
def test_gradient_boosting_classifies_the_same_around_its_thresholds(
    shape: tuple[int, int, int], classes: int, loss: str, init: Any
) -> None:
    x = random_numbers(*shape)
    classes = 2 if loss == "exponential" else classes
    model = GradientBoostingClassifier(n_estimators=8, loss=loss, init=init, random_state=0)
    model.fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(gradient_thresholds(model, x)))


@some
@given(shapes, st.sampled_from(["squared_error", "absolute_error", "huber", "quantile"]), st.floats(0.01, 1.0))
def test_gradient_boosting_regresses_to_the_last_bit(shape: tuple[int, int, int], loss: str, rate: float) -> None:
    x = random_numbers(*shape)
    model = GradientBoostingRegressor(n_estimators=8, loss=loss, learning_rate=rate, random_state=0)
    model.fit(x, x.sum(axis=1))
    assert_same(model, plain(gradient_thresholds(model, x)), tolerance=0.0)


def test_a_raw_score_of_zero_is_the_second_class_for_one_boosting_and_the_first_for_the_other() -> None:
    """`>= 0` in GradientBoosting, `> 0` in HistGradientBoosting: rows that say nothing score exactly 0."""
    x, y = np.zeros((40, 1)), np.arange(40) % 2
    for model in (GradientBoostingClassifier(init="zero"), HistGradientBoostingClassifier()):
        assert_same(model.fit(x, y), plain(x))


def test_an_init_that_reads_the_row_is_refused() -> None:
    x = random_numbers(0, 30, 2)
    model = GradientBoostingRegressor(init=LinearRegression(), n_estimators=2).fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match="GradientBoostingRegressor: init=LinearRegression"):
        compile_pipeline(model, plain(x).columns)


@some
@given(shapes, st.integers(2, 4), st.sampled_from([0.0, 0.2]))
def test_histogram_boosting_classifies_the_same_around_its_thresholds(
    shape: tuple[int, int, int], classes: int, share: float
) -> None:
    x = random_numbers(*shape, missing=share)
    model = HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=5, random_state=0)
    model.fit(x, random_labels(shape[0], x, classes))
    rows = at_thresholds(model, x)
    assert_same(model, plain(np.concatenate([rows, np.full((1, x.shape[1]), np.nan), rows[:5] * 0 + 1e300])))


@some
@given(shapes, st.sampled_from(["squared_error", "absolute_error", "poisson", "gamma", "quantile"]))
def test_histogram_boosting_regresses_the_same_through_its_link(shape: tuple[int, int, int], loss: str) -> None:
    x = random_numbers(*shape, missing=0.1)
    model = HistGradientBoostingRegressor(
        max_iter=6,
        min_samples_leaf=5,
        loss=loss,
        quantile=0.3 if loss == "quantile" else None,
        random_state=0,
    )
    model.fit(x, np.abs(np.nan_to_num(x[:, 0])) + 0.5)
    assert_same(model, plain(at_thresholds(model, x)))


@some
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(2, 90), min_size=1, max_size=3),
    st.integers(2, 3),
    st.booleans(),
)
def test_native_categories_known_unseen_and_missing_take_the_same_way(
    seed: int, sizes: list[int], classes: int, from_dtype: bool
) -> None:
    table = beside(random_numbers(seed, 300, 2, missing=0.1), words(seed, 300, sizes))
    probe = beside(random_numbers(seed + 1, 80, 2, missing=0.1), words(seed + 1, 80, sizes, unseen=0.2))
    y = random_labels(seed, table.x[:, 2:] % 5, classes)
    named = [column.name for column in table.columns if column.kind == "category"]
    model = HistGradientBoostingClassifier(
        max_iter=6,
        min_samples_leaf=3,
        random_state=0,
        categorical_features="from_dtype" if from_dtype else named,
    )
    if from_dtype:
        table, probe = as_categories(table), as_categories(probe)
    model.fit(table.frame, y)
    assert_same(model, probe)
    assert_same(model, table)


def as_categories(table: Table) -> Table:
    """The same table with pandas' categories; a word that none of them is becomes unseen, and so missing."""
    frame = table.frame.copy()
    for column in table.columns:
        if column.kind == "category":
            frame[column.name] = pd.Categorical(frame[column.name], categories=[*column.categories, "never seen"])
    return Table(frame, table.x, table.columns)


@some
@given(st.integers(0, 10**6), st.integers(2, 60), st.sampled_from([0.0, 0.1]))
def test_numbers_as_native_categories_take_the_same_way(seed: int, size: int, share: float) -> None:
    """Codes from an earlier encoder, gaps between them, numbers that never occurred."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.integers(0, size, 250) * 2.0 - 3.0, rng.normal(size=250)], axis=1)
    x[rng.random(x.shape) < share] = np.nan
    y = (np.nan_to_num(x[:, 0]) % 3 + rng.normal(size=250) > 1).astype(int)
    model = HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=3, categorical_features=[0]).fit(x, y)
    other = rng.integers(-5, 3 * size, 60) + rng.choice([0.0, 0.5], 60)
    assert_same(model, plain(np.concatenate([x, np.stack([other, rng.normal(size=60)], axis=1)])))


def test_a_category_that_the_encoder_knows_but_no_row_can_hold_is_left_out() -> None:
    """A word that the declared vocabulary lacks has no code, so no split may ask for code 0 instead."""
    frame = pd.DataFrame({"c0": pd.Categorical(["a", "b", "c", "d"] * 30)})
    y = np.tile([0, 1, 0, 1], 30)
    model = HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=3).fit(frame, y)
    narrow = (Column("c0", "category", ("d", "b")),)
    rows = pd.DataFrame({"c0": pd.Categorical(["d", "b"], categories=["a", "b", "c", "d"])})
    assert_same(model, Table(rows, np.array([[0.0], [1.0]]), narrow))


def test_an_unknown_link_is_refused_by_name() -> None:
    x = random_numbers(0, 30, 2)
    model = HistGradientBoostingRegressor(max_iter=1).fit(x, x[:, 0])

    class OtherLink:
        pass

    model._loss.link = OtherLink()
    with pytest.raises(CannotCompile, match="HistGradientBoostingRegressor: loss='squared_error' has the link"):
        compile_pipeline(model, plain(x).columns)
