"""Trees behind a library's function split where that function turns, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tests.twinserve.compile.comparing import Floats, assert_same, compiled_answer, plain, running
from twinserve.compile import compile_pipeline
from twinserve.compile.analysis.doubles import largest_doubles
from twinserve.compile.arithmetic.elementwise import RISING
from twinserve.compile.lowerings.trees import double_splits

FUNCTIONS = sorted(RISING, key=lambda function: str(function.__name__))
TREES = {
    "forest": lambda: RandomForestRegressor(5, max_depth=6, random_state=0),
    "boosting": lambda: HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=1, max_bins=255),
}


def numbers(seed: int, rows: int = 80, width: int = 3) -> Floats:
    """Positive numbers of very different sizes."""
    rng = np.random.default_rng(seed)
    return rng.random((rows, width)) * 10.0 ** rng.integers(-3, 2, width)


def splits(last: Any) -> Iterator[tuple[int, float]]:
    """The column and the largest double that goes left of each split."""
    if hasattr(last, "_predictors"):
        for nodes in (tree.nodes for trees in last._predictors for tree in trees):
            inner = nodes[nodes["is_leaf"] == 0]
            yield from zip(inner["feature_idx"].tolist(), inner["num_threshold"].tolist(), strict=True)
        return
    for tree in (tree.tree_ for tree in getattr(last, "estimators_", [last])):
        inner = tree.feature >= 0
        yield from zip(tree.feature[inner].tolist(), double_splits(tree.threshold[inner]).tolist(), strict=True)


def rows_at_turns(model: Any, x: Floats, most: int = 150) -> Floats:
    """Rows with one number on a turn of a split, and with the four doubles on each side of that."""
    steps = model[:-1]
    chosen = sorted(set(splits(model[-1])))[:most]
    columns, limits = np.array([c for c, _ in chosen]), np.array([t for _, t in chosen])

    def is_left(values: Floats) -> Any:
        rows = np.repeat(x[:1], len(values), axis=0)
        rows[np.arange(len(values)), columns] = np.clip(values, 1e-9, 2 * x[:, columns].max(axis=0))
        return ~(np.asarray(steps.transform(rows))[np.arange(len(values)), columns] > limits)

    with np.errstate(all="ignore"):
        turns = largest_doubles(is_left, len(chosen))
    rows = []
    for k, (column, turn) in enumerate(zip(columns, np.clip(turns, 1e-9, 20.0), strict=True)):
        number = np.array(turn).view(np.int64)
        moved = np.repeat(x[k % len(x)][None], 9, axis=0)
        moved[:, column] = (number + np.arange(-4, 5)).view(np.float64)
        rows.append(moved)
    return np.concatenate([x, *rows])


def is_pushed(model: Any, x: Floats) -> bool:
    """Whether the graph has none of the functions, only trees of the input."""
    graph = onnx.load_model_from_string(compile_pipeline(model, plain(x).columns)).graph
    return not {node.op_type for node in graph.node} & {"Log", "Exp", "Tanh", "Sqrt"}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.__name__))
@pytest.mark.parametrize(
    ("scaled", "trees"),
    [
        *(pytest.param(False, trees, id=f"alone-{trees}") for trees in TREES),
        *(
            pytest.param(  # A scaler before a boosting is as one before a forest.
                True,
                trees,
                marks=pytest.mark.extended if trees == "boosting" else [],
                id=f"between scalers-{trees}",
            )
            for trees in TREES
        ),
    ],
)
@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10**6))
def test_both_sides_of_every_split(function: Any, trees: str, scaled: bool, seed: int) -> None:
    x = numbers(seed)
    around = [StandardScaler(with_mean=False)] if scaled else []
    model = make_pipeline(*around, FunctionTransformer(function), *around, TREES[trees]())
    model.fit(x, np.random.default_rng(seed).random(len(x)))
    assert is_pushed(model, x)
    assert_same(model, plain(rows_at_turns(model, x)), tolerance=0.0)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: str(function.__name__))
def test_numbers_without_a_value_null_and_extremes_before_a_boosting(function: Any) -> None:
    """Where a logarithm has no value, the trees take their way for null, which may not be that for small numbers."""
    x = numbers(0)
    rng = np.random.default_rng(0)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.1] *= -9.0
    with np.errstate(all="ignore"):
        model = make_pipeline(FunctionTransformer(function), TREES["boosting"]())
        known = np.isfinite(function(x)) | np.isnan(function(x))
        model.fit(np.where(known, x, 0.5), rng.random(len(x)))
        ends = [-1e308, -1.0, np.nextafter(-1, -2), np.nextafter(-1, 0), -0.0, 0.0, 5e-324, -5e-324, 1e308, np.nan]
        rows = np.concatenate([x, np.repeat(np.array(ends)[:, None], 3, axis=1)])
        assert_same(model, plain(rows), tolerance=0.0)


@pytest.mark.parametrize("function", [np.log, np.log1p, np.sqrt], ids=lambda function: str(function.__name__))
@pytest.mark.parametrize("first", [True, False], ids=["imputed after", "imputed before"])
def test_beside_an_imputer(function: Any, first: bool) -> None:
    """Behind the function null and a number without a value are imputed alike; before it only null is."""
    x = numbers(1)
    x[::7, 0] = np.nan
    steps = [FunctionTransformer(function), SimpleImputer()]
    model = make_pipeline(*(steps if first else steps[::-1]), TREES["boosting"]()).fit(x, np.arange(len(x)) * 1.0)
    assert is_pushed(model, x) == first
    if first:
        rows = np.concatenate([x, -x, [[np.nan] * 3, [-5.0] * 3]])
        with np.errstate(all="ignore"):
            assert_same(model, plain(rows), tolerance=0.0)


@pytest.mark.parametrize(
    "last", [RandomForestClassifier(5, random_state=0), GradientBoostingClassifier(n_estimators=3)]
)
def test_numbers_without_a_value_have_no_answer_where_the_trees_refuse_null(last: Any) -> None:
    """A forest takes null, gradient boosting does not; both refuse the infinite logarithm of 0."""
    x = numbers(2)
    model = make_pipeline(FunctionTransformer(np.log), last).fit(x, np.arange(len(x)) % 2)
    rows = np.array([[0.5] * 3, [-1.0, 0.5, 0.5], [0.0, 0.5, 0.5], [-0.0, 0.5, 0.5], [np.nan, 0.5, 0.5], [5e-324] * 3])
    answer = running(compile_pipeline(model, plain(x).columns))(rows)["probabilities"]
    takes_null = isinstance(last, RandomForestClassifier)
    answered = np.array([True, takes_null, False, False, takes_null, True])
    assert np.isnan(answer[:, 0]).tolist() == (~answered).tolist()
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(answer[answered], model.predict_proba(rows[answered]), atol=1e-15)
    assert is_pushed(model, x)


def test_a_column_that_is_also_there_as_it_is() -> None:
    """The logarithm has no value where the column itself has one: they cannot ask the same table."""
    x = numbers(3)
    both = FeatureUnion([("log", FunctionTransformer(np.log1p)), ("same", FunctionTransformer())])
    forest = make_pipeline(both, RandomForestRegressor(9, max_features=1, random_state=0)).fit(x, x.sum(axis=1))
    assert not is_pushed(forest, x)
    boosting = make_pipeline(both, GradientBoostingRegressor(max_features=1, random_state=0)).fit(x, x.sum(axis=1))
    assert is_pushed(boosting, x)  # It refuses null, so a row without a logarithm has no answer at all.
    np.testing.assert_array_equal(compiled_answer(boosting, plain(x))["value"], boosting.predict(x))


def test_one_function_behind_another() -> None:
    x = numbers(4)
    model = make_pipeline(FunctionTransformer(np.log1p), FunctionTransformer(np.tanh), TREES["forest"]())
    model.fit(x, np.arange(len(x)) * 1.0)
    assert is_pushed(model, x)
    assert_same(model, plain(rows_at_turns(model, x)), tolerance=0.0)
