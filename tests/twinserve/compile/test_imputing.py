"""Missing values are filled and marked as scikit-learn does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeRegressor

from tests.twinserve.compile.comparing import Table, assert_same, beside, fitted, plain, random_numbers, some, words
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 5))


def tree() -> DecisionTreeRegressor:
    return DecisionTreeRegressor(random_state=0)


@some
@given(shapes, st.sampled_from(["mean", "median", "most_frequent", "constant"]), st.booleans(), st.booleans())
def test_numbers_are_filled_and_marked(shape: tuple[int, int, int], strategy: str, indicator: bool, keep: bool) -> None:
    x = random_numbers(*shape, missing=0.3)
    x[:, 0] = np.nan
    x = np.concatenate([x, np.arange(len(x))[:, None]], axis=1)
    model = make_pipeline(SimpleImputer(strategy=strategy, add_indicator=indicator, keep_empty_features=keep), tree())
    fitted(model, x, np.arange(len(x)) * 1.0)
    assert_same(model, plain(x))


@some
@given(
    st.integers(0, 10**6),
    st.sampled_from(["most_frequent", "constant"]),
    st.booleans(),
    st.sampled_from(["w1", "none"]),
)
def test_words_are_filled_with_known_and_with_new_words(seed: int, strategy: str, indicator: bool, word: str) -> None:
    table = words(seed, 80, [3, 5], missing=0.3)
    imputer = SimpleImputer(strategy=strategy, fill_value=word, add_indicator=indicator)
    encoder = make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    model = make_pipeline(encoder if not indicator else make_pipeline(imputer, tree_safe()), tree())
    model.fit(table.frame, np.arange(80.0))
    assert_same(model, words(seed + 1, 60, [3, 5], missing=0.3, unseen=0.2 if strategy == "constant" else 0.0))


def tree_safe() -> ColumnTransformer:
    """Words to numbers, the indicator's booleans as they are."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer([("words", encoder, [0, 1])], remainder="passthrough")


def test_numbers_and_words_in_one_imputer() -> None:
    table = beside(random_numbers(0, 60, 2, missing=0.2), words(0, 60, [4], missing=0.2))
    parts = ColumnTransformer(
        [("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [2])], remainder="passthrough"
    )
    model = make_pipeline(SimpleImputer(strategy="most_frequent"), parts, tree())
    assert_same(model.fit(table.frame, np.arange(60.0)), table)


@pytest.mark.parametrize("marker", [-999.0, 0.0])
def test_another_marker_than_nan(marker: float) -> None:
    x = random_numbers(4, 50, 3)
    x[::7] = marker
    model = make_pipeline(SimpleImputer(missing_values=marker, add_indicator=True), LinearRegression())
    assert_same(model.fit(x, np.arange(50.0)), plain(x), tolerance=1e-9)


def test_a_word_as_the_marker_of_a_missing_one() -> None:
    table = words(0, 60, [4], missing=0.0)
    imputer = SimpleImputer(missing_values="w2", strategy="most_frequent")
    model = make_pipeline(imputer, OneHotEncoder(sparse_output=False), tree())
    assert_same(model.fit(table.frame, np.arange(60.0)), table)


@some
@given(shapes, st.sampled_from(["missing-only", "all"]))
def test_an_indicator_beside_an_imputer(shape: tuple[int, int, int], features: str) -> None:
    x = random_numbers(*shape, missing=0.2)
    union = make_union(SimpleImputer(), MissingIndicator(features=features, error_on_new=False))
    assert_same(fitted(make_pipeline(union, tree()), x, np.arange(len(x)) * 1.0), plain(x))


def test_dates_and_free_texts_are_refused_by_name() -> None:
    frame = pd.DataFrame({"when": ["a", "b", np.nan] * 5})
    model = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(), tree())
    model.fit(frame, np.arange(15.0))
    for kind in ("date", "text"):
        with pytest.raises(CannotCompile, match=f"SimpleImputer: .* column 'when' are not .* a {kind}"):
            compile_pipeline(model, [Column("when", kind)])


def test_none_as_the_marker_fills_null_too() -> None:
    table = words(0, 60, [4], missing=0.2)
    frame = table.frame.astype(object).where(table.frame.notna(), None)
    imputer = SimpleImputer(missing_values=None, strategy="constant", fill_value="gone")
    model = make_pipeline(imputer, OneHotEncoder(sparse_output=False), tree()).fit(frame, np.arange(60.0))
    assert_same(model, Table(frame, table.x, table.columns))


def test_imputing_from_the_nearest_rows_is_refused_with_its_reason() -> None:
    x = random_numbers(0, 40, 3, missing=0.2)
    model = make_pipeline(KNNImputer(), LinearRegression()).fit(x, np.arange(40.0))
    with pytest.raises(CannotCompile, match=r"KNNImputer: which of the rows at the same distance give their values"):
        compile_pipeline(model, plain(x).columns)
