"""Encoders give every category, unseen ones and null included, scikit-learn's columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.twinserve.compile.comparing import Table, assert_same, fitted, plain, random_numbers, some, words
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile

sizes = st.lists(st.integers(1, 12), min_size=1, max_size=4)
missing = st.sampled_from([0.0, 0.2])


def line() -> LinearRegression:
    """A head that shows every column: each has its own weight."""
    return LinearRegression()


def with_random_weights(model: object, seed: int) -> object:
    """Weights that differ for every column, whatever training found."""
    head = model[-1]  # type: ignore[index]
    head.coef_ = np.random.default_rng(seed).normal(size=head.coef_.shape)
    return model


@some
@given(
    st.integers(0, 10**6), sizes, missing, st.sampled_from(["ignore", "infrequent_if_exist"]),
    st.sampled_from([None, "first", "if_binary"]), st.sampled_from([None, 0.2, 12]),
    st.sampled_from([None, 3]),
)  # fmt: skip
def test_one_hot_with_unseen_infrequent_and_dropped_categories(
    seed: int, widths: list[int], share: float, unknown: Any, drop: Any, rare: Any, most: Any
) -> None:
    table = words(seed, 80, widths, missing=share)
    encoder = OneHotEncoder(
        handle_unknown=unknown, drop=drop, min_frequency=rare, max_categories=most, sparse_output=False
    )
    y = np.arange(80.0)
    assume(encoder.fit_transform(table.frame).shape[1] > 0)
    model = fitted(make_pipeline(encoder, line()), table.frame, y)
    model = with_random_weights(model, seed)
    assert_same(model, table)
    assert_same(model, words(seed + 1, 60, widths, missing=0.2, unseen=0.2))


@some
@given(
    st.integers(0, 10**6), sizes, missing, st.sampled_from([-1, -7, 99, np.nan]),
    st.sampled_from([np.nan, -2, 77]), st.sampled_from([None, 0.2]),
)  # fmt: skip
def test_ordinal_codes_of_known_unseen_and_missing(
    seed: int, widths: list[int], share: float, unknown: Any, null: Any, rare: Any
) -> None:
    table = words(seed, 80, widths, missing=share)
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=unknown,
        encoded_missing_value=null,
        min_frequency=rare,
    )
    head = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=1)
    model = make_pipeline(encoder, head).fit(table.frame, np.arange(80.0))
    assert_same(model, table.join(words(seed + 1, 60, widths, missing=0.2, unseen=0.2)))


@some
@given(st.integers(0, 10**6), st.integers(1, 9), missing)
def test_numbers_as_categories(seed: int, size: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.choice(rng.normal(size=size).round(1) * 10, (60, 2))
    x[rng.random(x.shape) < share] = np.nan
    for encoder in (
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-5, encoded_missing_value=-6),
    ):
        model = with_random_weights(make_pipeline(encoder, line()).fit(x, np.arange(60.0)), seed)
        assert_same(model, plain(np.concatenate([x, x + 1.0, np.nextafter(x, 9e9), np.full((1, 2), np.nan)])))


@some
@given(st.integers(0, 10**6), sizes, missing, st.booleans())
def test_target_means_of_known_and_unseen_categories(
    seed: int, widths: list[int], share: float, classify: bool
) -> None:
    table = words(seed, 80, widths, missing=share)
    y = np.random.default_rng(seed).integers(0, 2, 80) if classify else np.arange(80.0) + 0.5
    np.random.seed(seed)  # The encoder shuffles its folds, and how to seed that changed in 1.9.
    model = make_pipeline(TargetEncoder(), DecisionTreeRegressor(random_state=0))
    model.fit(table.frame, y)
    assert_same(model, words(seed + 1, 60, widths, missing=0.2, unseen=0.2))


def test_to_warn_of_unseen_among_infrequent_categories_is_refused() -> None:
    """scikit-learn 1.6 forgets the infrequent column there, later ones do not."""
    table = words(0, 80, [5], missing=0.0)
    encoder = OneHotEncoder(handle_unknown="warn", max_categories=3)
    model = make_pipeline(encoder, line()).fit(table.frame, np.arange(80.0))
    with pytest.raises(CannotCompile, match="OneHotEncoder: handle_unknown='warn' with infrequent categories"):
        compile_pipeline(model, table.columns)
    assert_same(make_pipeline(OneHotEncoder(handle_unknown="warn"), line()).fit(table.frame, np.arange(80.0)), table)


def test_sparse_one_hot_before_a_scaler() -> None:
    table = words(0, 80, [4, 6], missing=0.1)
    model = make_pipeline(OneHotEncoder(), StandardScaler(with_mean=False), line())
    assert_same(with_random_weights(model.fit(table.frame, np.arange(80.0)), 0), table)


def test_pandas_categories_and_a_vocabulary_in_another_order() -> None:
    """Codes are the declared vocabulary's; the encoder sorts its own categories."""
    table = words(0, 60, [5], missing=0.1)
    order = ("w3", "w0", "unused", "w4", "w2", "w1")
    codes = np.array([order.index(w) if isinstance(w, str) else np.nan for w in table.frame["c0"]], dtype=float)
    frame = pd.DataFrame({"c0": pd.Categorical(table.frame["c0"])})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore", sparse_output=False), line())
    model = with_random_weights(model.fit(frame, np.arange(60.0)), 1)
    assert_same(model, Table(frame, codes[:, None], (Column("c0", "category", order),)))


def test_named_categories_dropped() -> None:
    table = words(0, 60, [3, 4], missing=0.0)
    model = make_pipeline(OneHotEncoder(drop=["w1", "w3"], sparse_output=False), line())
    assert_same(with_random_weights(model.fit(table.frame, np.arange(60.0)), 2), table)


def test_null_is_a_category_of_its_own_where_training_had_it() -> None:
    table = words(0, 60, [3], missing=0.3)
    none = table.frame.astype(object).where(table.frame.notna(), None)
    for frame in (table.frame, none):
        model = make_pipeline(OneHotEncoder(sparse_output=False), line()).fit(frame, np.arange(60.0))
        assert_same(with_random_weights(model, 3), Table(frame, table.x, table.columns))


def test_categories_of_the_wrong_kind_are_refused_by_name() -> None:
    table = words(0, 30, [3], missing=0.0)
    model = make_pipeline(OneHotEncoder(), line()).fit(table.frame, np.arange(30.0))
    for kind in ("number", "text", "date"):
        cure = "; declare the field as a Category of twinserve.recipes" if kind == "text" else ""
        reason = f"OneHotEncoder: the categories of column 'c0' are not those of a {kind}{cure}$"
        with pytest.raises(CannotCompile, match=reason):
            compile_pipeline(model, [Column("c0", kind)])


def test_none_and_nan_as_two_categories_are_refused() -> None:
    frame = pd.DataFrame({"c0": pd.Series(["a", None, np.nan, "b"] * 5, dtype=object)})
    model = make_pipeline(OneHotEncoder(), line()).fit(frame, np.arange(20.0))
    with pytest.raises(CannotCompile, match="column 'c0' tells None and NaN apart"):
        compile_pipeline(model, [Column("c0", "category", ("a", "b"))])


@some
@given(st.integers(0, 10**6), sizes, missing, st.integers(3, 4))
def test_target_means_of_several_classes(seed: int, widths: list[int], share: float, classes: int) -> None:
    """One column for each category column and class, before a tree that may split on any of them."""
    table = words(seed, 80, widths, missing=share)
    labels = np.array(["a", "b", "c", "d"])[np.arange(80) % classes]
    np.random.seed(seed)
    model = make_pipeline(TargetEncoder(), DecisionTreeClassifier(random_state=0)).fit(table.frame, labels)
    assert_same(model, words(seed + 1, 60, widths, missing=0.2, unseen=0.2))


def test_thousands_of_categories_cost_no_square_matrix() -> None:
    """Four thousand words: the graph stays far below what 4,000 x 4,000 doubles would take (128 MB)."""
    names = np.array([f"w{i}" for i in range(4000)], dtype=object)
    frame = pd.DataFrame({"c0": names})
    model = make_pipeline(OneHotEncoder(), line())
    model.fit(frame, random_numbers(0, 4000, 1)[:, 0])
    compiled = compile_pipeline(model, [Column("c0", "category", tuple(names))])
    assert len(compiled) < 1_000_000
