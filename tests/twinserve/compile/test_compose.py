"""Pipelines, column transformers and unions put the right columns in the right places."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import loguniform
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 # Its classes are not there without it.
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RANSACRegressor, Ridge
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.twinserve.compile.comparing import (
    Table,
    assert_same,
    beside,
    fitted,
    plain,
    random_labels,
    random_numbers,
    some,
    words,
)
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.proof.find_trees import find_trees

SELECTIONS = [
    ["n1", "n3"],
    [3, 1],
    slice(1, 3),
    slice("n1", "n3"),
    [False, True, False, True, False],
    [-2],
    lambda frame: [frame.columns[2]],
]


def line() -> LinearRegression:
    return LinearRegression()


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda given: getattr(given, "__name__", str(given)))
@pytest.mark.parametrize("remainder", ["drop", "passthrough", MinMaxScaler()], ids=str)
def test_columns_by_name_position_slice_mask_and_function(selection: Any, remainder: Any) -> None:
    x = random_numbers(0, 50, 5)
    frame = pd.DataFrame(x, columns=[f"n{i}" for i in range(5)])
    parts = ColumnTransformer([("part", StandardScaler(), selection)], remainder=remainder)
    model = make_pipeline(parts, DecisionTreeRegressor(max_depth=4, random_state=0)).fit(frame, x.sum(axis=1))
    assert_same(model, Table(frame, x, tuple(Column(f"n{i}", "number") for i in range(5))))


@some
@given(st.integers(0, 10**6), st.booleans())
def test_weights_drops_empty_parts_and_nesting(seed: int, sparse: bool) -> None:
    table = beside(random_numbers(seed, 60, 4, missing=0.1), words(seed, 60, [3, 5], missing=0.1))
    inner = ColumnTransformer([("last", RobustScaler(), ["n3"])], remainder="passthrough")
    outer = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), inner_by_position(inner)), ["n3", "n0", "n1"]),
            ("nothing", StandardScaler(), []),
            ("gone", "drop", ["n2"]),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=sparse), ["c1", "c0"]),
            ("again", SimpleImputer(add_indicator=True), ["n0"]),
        ],
        transformer_weights={"words": 0.3, "again": -2.0},
    )
    model = make_pipeline(outer, DecisionTreeRegressor(max_depth=5, random_state=0))
    assert_same(model.fit(table.frame, np.arange(60.0)), table)


def inner_by_position(inner: ColumnTransformer) -> ColumnTransformer:
    """The imputer before it gives an array, so the columns are chosen by position."""
    return ColumnTransformer([(name, step, [0]) for name, step, _ in inner.transformers], remainder="passthrough")


def test_pandas_output_inside_a_pipeline_keeps_its_names() -> None:
    table = beside(random_numbers(0, 60, 2), words(0, 60, [3], missing=0.0))
    first = ColumnTransformer(
        [
            ("n", StandardScaler(), make_column_selector(dtype_include=np.number)),
            ("c", OrdinalEncoder(), ["c0"]),
        ]
    ).set_output(transform="pandas")
    second = ColumnTransformer([("m", MinMaxScaler(), ["c__c0", "n__n1"])])
    model = make_pipeline(first, second, DecisionTreeRegressor(random_state=0))
    assert_same(model.fit(table.frame, np.arange(60.0)), table)


def test_words_pass_through_one_transformer_to_the_next() -> None:
    table = beside(random_numbers(0, 60, 2), words(0, 60, [3], missing=0.0))
    first = ColumnTransformer([("n", StandardScaler(), ["n0"])], remainder="passthrough")
    second = ColumnTransformer([("c", OneHotEncoder(sparse_output=False), [2])], remainder="passthrough")
    model = make_pipeline(first, second, DecisionTreeRegressor(random_state=0))
    assert_same(model.fit(table.frame, np.arange(60.0)), table)


def test_a_union_with_weights_passthrough_and_drop() -> None:
    x = random_numbers(0, 50, 3)
    parts = [("a", StandardScaler()), ("b", "passthrough"), ("c", "drop"), ("d", MinMaxScaler())]
    union = FeatureUnion(parts, transformer_weights={"d": 3.0})
    model = make_pipeline(union, DecisionTreeRegressor(random_state=0)).fit(x, x[:, 1])
    assert_same(model, plain(x))


def test_steps_that_do_nothing_are_skipped() -> None:
    x = random_numbers(0, 50, 3)
    model = Pipeline([("a", None), ("b", "passthrough"), ("c", make_pipeline(StandardScaler())), ("d", line())])
    assert_same(model.fit(x, x[:, 0]), plain(x), tolerance=1e-9)


class Doubled(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A sampler as imbalanced-learn has them: it has no `transform`."""

    def fit_resample(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Every row twice."""
        return np.concatenate([x, x]), np.concatenate([y, y])


def sampling_pipeline() -> Any:
    """imbalanced-learn's pipeline, or one of the same name that does the same at predict."""
    if importlib.util.find_spec("imblearn") is not None:
        return importlib.import_module("imblearn.pipeline").Pipeline

    class Sampling(Pipeline):  # type: ignore[misc] # scikit-learn has no types
        def _iter(self, *args: Any, **options: Any) -> Any:
            return (part for part in super()._iter(*args, **options) if not hasattr(part[-1], "fit_resample"))

    Sampling.__module__, Sampling.__qualname__ = "imblearn.pipeline", "Pipeline"
    return Sampling


@pytest.mark.parametrize("last", [LogisticRegression(), DecisionTreeClassifier(max_depth=4)], ids=str)
def test_a_sampler_before_the_last_step_does_nothing_at_predict(last: Any) -> None:
    x = random_numbers(0, 60, 3)
    steps = [("scale", StandardScaler()), ("nothing", None), ("sample", Doubled()), ("last", last)]
    model = sampling_pipeline()(steps[:2] + steps[3:]).fit(x, random_labels(0, x, 3))
    model.steps = steps
    assert_same(model, plain(x))
    assert [len(trees.nodes) > 0 for trees in find_trees(model)] == [True] * hasattr(last, "tree_")


@pytest.mark.parametrize("search", [HalvingGridSearchCV, HalvingRandomSearchCV])
def test_a_halving_search_answers_for_its_best(search: Any) -> None:
    x = random_numbers(0, 200, 3)
    spread = {"ridge__alpha": loguniform(0.1, 9.0) if search is HalvingRandomSearchCV else [0.1, 1.0, 9.0]}
    model = search(make_pipeline(StandardScaler(), Ridge()), spread, random_state=0)
    assert_same(model.fit(x, x[:, 0] + x[:, 1]), plain(x))


def test_a_search_and_a_frozen_estimator_answer_for_their_own() -> None:
    x = random_numbers(0, 60, 3)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=3
    )
    assert_same(fitted(search, x, random_labels(0, x, 3)), plain(x))
    assert_same(FrozenEstimator(search.best_estimator_), plain(x))


def test_unused_dates_and_texts_do_no_harm_and_used_ones_are_refused() -> None:
    frame = pd.DataFrame({"n": np.arange(20.0), "t": ["some text"] * 20, "d": pd.date_range("2020-01-01", periods=20)})
    columns = (Column("n", "number"), Column("t", "text"), Column("d", "date"))
    x = np.stack([np.arange(20.0), np.full(20, np.nan), np.arange(20.0)], axis=1)
    model = make_pipeline(ColumnTransformer([("n", StandardScaler(), ["n"])]), DecisionTreeRegressor())
    assert_same(model.fit(frame, np.arange(20.0)), Table(frame, x, columns))
    used = make_pipeline(ColumnTransformer([("n", "passthrough", ["n", "d"])]), line())
    used.fit(pd.DataFrame({"n": frame["n"], "t": frame["t"], "d": np.arange(20.0)}), np.arange(20.0))
    with pytest.raises(CannotCompile, match="LinearRegression: it computes with column 'd', a date and not a number"):
        compile_pipeline(used, columns)


def test_a_pipeline_that_only_transforms_is_refused() -> None:
    x = random_numbers(0, 20, 2)
    with pytest.raises(CannotCompile, match="Pipeline: it transforms and does not predict"):
        compile_pipeline(make_pipeline(StandardScaler()).fit(x), plain(x).columns)


@pytest.mark.parametrize("classes", [2, 3])
def test_what_learned_from_rows_without_labels(classes: int) -> None:
    x = random_numbers(4, 90, 3)
    labels = random_labels(4, x, classes)
    labels[60:] = -1
    for member in (LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0)):
        model = fitted(SelfTrainingClassifier(make_pipeline(StandardScaler(), member)), x, labels)
        assert_same(model, plain(np.concatenate([x, -x])))


def test_what_learned_without_outliers() -> None:
    x = random_numbers(5, 90, 3)
    model = RANSACRegressor(make_pipeline(StandardScaler(), Ridge()), min_samples=10, random_state=0)
    assert_same(model.fit(x, x @ [1.0, 2.0, 3.0]), plain(np.concatenate([x, -x])))
