"""Estimators that were fitted on pandas' `category` columns: known and unknown texts, nulls, numbers as categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from tests.twinserve.compile.comparing import Table, assert_same, beside, random_labels, random_numbers, some, words
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.estimators.categories import Categories

lightgbm = pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")
xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")

MODELS = {
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=6, verbose=-1, min_child_samples=5, min_data_per_group=5),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=6, enable_categorical=True),
    "one category against the others": lambda: xgboost.XGBClassifier(
        n_estimators=6, enable_categorical=True, max_cat_to_onehot=100
    ),
    "scikit-learn": lambda: HistGradientBoostingClassifier(max_iter=6),
}


@pytest.mark.parametrize("name", MODELS)
@some
@given(st.integers(0, 10**6), st.integers(2, 4), st.lists(st.integers(2, 40), min_size=1, max_size=3))
def test_known_unknown_and_missing_categories_go_the_same_way(
    name: str, seed: int, classes: int, sizes: list[int]
) -> None:
    numbers = random_numbers(seed, 200, 2, missing=0.1)
    table = beside(numbers, words(seed, 200, sizes))
    model = make_pipeline(Categories(), MODELS[name]()).fit(table.frame, random_labels(seed, table.x, classes))
    asked = beside(numbers, words(seed + 1, 200, sizes, unseen=0.2))
    assert_same(model, asked)


def test_null_keeps_its_side_where_one_category_after_the_other_is_split_off() -> None:
    """ONNX Runtime loses it where a set that null belongs to follows another: in one table of 150 drawn ones, this."""
    numbers, sizes = random_numbers(119, 200, 2, missing=0.1), [24, 29, 27]
    table = beside(numbers, words(119, 200, sizes))
    one_by_one = xgboost.XGBClassifier(n_estimators=6, enable_categorical=True, max_cat_to_onehot=30, n_jobs=1)
    model = make_pipeline(Categories(), one_by_one).fit(table.frame, random_labels(119, table.x, 3))
    assert_same(model, beside(numbers, words(120, 200, sizes, unseen=0.2)))


def test_one_of_very_many_categories_against_the_others_is_not_lowered() -> None:
    """The set of all others would be large."""
    table = beside(random_numbers(0, 400, 2), words(0, 400, [70]))
    one_by_one = xgboost.XGBClassifier(n_estimators=6, enable_categorical=True, max_cat_to_onehot=100)
    model = make_pipeline(Categories(), one_by_one).fit(table.frame, random_labels(0, table.x, 2))
    with pytest.raises(CannotCompile, match="max_cat_to_onehot=100 on over 64 categories"):
        compile_pipeline(model, table.columns)


@pytest.mark.parametrize("name", MODELS)
def test_categories_in_another_order_than_the_vocabulary(name: str) -> None:
    """Some of them are in no vocabulary, and a category of the vocabulary is unknown to the model."""
    table = beside(random_numbers(1, 300, 2), words(1, 300, [6]))
    own = Categories.of({"c0": pd.Index(["w4", "w1", "never seen", "w0", "w3"])}, list(table.frame.columns))
    model = MODELS[name]().fit(own.transform(table.frame), random_labels(1, table.x, 2))
    steps = make_pipeline(own, model)
    assert_same(steps, table)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_numbers_that_are_categories(name: str) -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.choice([10.0, 20.0, 30.0, np.nan], 300), rng.normal(size=300)])
    frame = pd.DataFrame({"size": x[:, 0], "number": x[:, 1]})
    own = Categories.of({"size": pd.Index([30, 10, 20])}, ["size", "number"])
    model = make_pipeline(own, MODELS[name]().fit(own.transform(frame), random_labels(0, x[:, 1:], 2)))
    asked = np.array([[15.0, 0.0], [10.0, 0.0], [np.nan, 1.0], [-0.0, 1.0]])
    columns = (Column("size", "number"), Column("number", "number"))
    for rows in (x, asked):
        assert_same(model, Table(pd.DataFrame(rows, columns=["size", "number"]), rows, columns))
