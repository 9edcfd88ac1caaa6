"""CatBoost's estimators, compiled, answer as the library does: borders, nulls, extremes, losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import (
    Floats,
    assert_answers,
    assert_same,
    compiled_answer,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    some,
)
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.limits import LARGEST_SINGLE
from twinserve.compile.lowerings.catboost import read_trees
from twinserve.errors import CannotCompile

catboost: Any = pytest.importorskip("catboost", reason="make test-libraries has it")
pytestmark = pytest.mark.environments

QUIET = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
EXTREMES = (0.0, -0.0, 5e-324, LARGEST_SINGLE, np.nextafter(LARGEST_SINGLE, np.inf), -3.5e38, 1e300, -1e300, np.nan)
shapes = st.tuples(st.integers(0, 10**6), st.integers(60, 150), st.integers(1, 5))
missing = st.sampled_from([0.0, 0.2])


def at_borders(model: Any, x: Floats) -> Floats:
    """The rows, rows around the borders, and one row for each extreme in every column."""
    trees = read_trees(model)
    splits = [(c, s) for tree in trees for c, s in zip(tree.column[~tree.leaf], tree.split[~tree.leaf], strict=True)]
    splits = [(c, s) for c, s in dict.fromkeys(splits) if abs(s) < 1e38][:60]  # Beyond these are the extremes.
    extremes = np.repeat(np.array(EXTREMES)[:, None], x.shape[1], axis=1)
    return np.concatenate([rows_around(x, [c for c, _ in splits], [s for _, s in splits]), extremes])


@some
@given(shapes, st.integers(2, 4), missing, st.sampled_from(["Min", "Max"]), st.booleans())
def test_a_classifier_is_the_same_around_its_borders(
    shape: tuple[int, int, int], classes: int, share: float, nan_mode: str, one_vs_all: bool
) -> None:
    x = random_numbers(*shape, missing=share)
    options = {"loss_function": "MultiClassOneVsAll"} if one_vs_all and classes > 2 else {}
    model = catboost.CatBoostClassifier(iterations=12, nan_mode=nan_mode, **options, **QUIET)
    model.fit(x, random_labels(shape[0], x, classes))
    rows = plain(at_borders(model, x))
    assert_same(Flat(model), rows)


class Flat:
    """A classifier whose labels are no column; CatBoost gives one of several classes."""

    def __new__(cls, model: Any) -> Any:
        ask = model.predict
        model.predict = lambda rows: np.ravel(ask(rows))
        return model


@pytest.mark.parametrize(
    "loss", ["RMSE", "MAE", "Quantile:alpha=0.7", "Huber:delta=1", "LogCosh", "MAPE", "Expectile:alpha=0.3", "Lq:q=3"]
)
def test_a_sum_has_the_bits_of_the_library(loss: str) -> None:
    x = random_numbers(1, 150, 4, missing=0.1)
    model = catboost.CatBoostRegressor(iterations=40, loss_function=loss, **QUIET).fit(x, np.nan_to_num(x[:, 0]) + 1.0)
    rows = at_borders(model, x)
    np.testing.assert_array_equal(compiled_answer(model, plain(rows))["value"], model.predict(rows))


@pytest.mark.parametrize(
    "options", [{"depth": 1}, {"depth": 9}, {"loss_function": "Poisson"}, {"boosting_type": "Plain"}]
)
def test_a_regressor_is_the_same(options: dict[str, Any]) -> None:
    x = random_numbers(2, 150, 3, missing=0.1)
    model = catboost.CatBoostRegressor(iterations=10, **options, **QUIET).fit(x, np.abs(np.nan_to_num(x[:, 0])))
    assert_same(model, plain(at_borders(model, x)))


@pytest.mark.parametrize("policy", ["Depthwise", "Lossguide"])
def test_trees_that_are_not_symmetric_are_the_same(policy: str) -> None:
    x = random_numbers(3, 150, 3, missing=0.1)
    model = catboost.CatBoostClassifier(iterations=10, grow_policy=policy, **QUIET).fit(x, random_labels(3, x, 3))
    assert_same(Flat(model), plain(at_borders(model, x)))


def test_labels_follow_a_threshold_of_the_model_or_it_is_refused() -> None:
    x = random_numbers(4, 150, 3)
    model = catboost.CatBoostClassifier(iterations=10, **QUIET).fit(x, random_labels(4, x, 2))
    model.set_probability_threshold(0.3)
    with pytest.raises(CannotCompile, match="probability_threshold"):
        compile_pipeline(model, plain(x).columns)


def test_labels_are_the_texts_it_was_fitted_on() -> None:
    x = random_numbers(5, 150, 3)
    model = catboost.CatBoostClassifier(iterations=10, **QUIET).fit(x, np.array(["no", "yes"])[random_labels(5, x, 2)])
    assert_answers(model, x, compiled_answer(model, plain(x)), 1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_asks_for_its_probabilities(classes: int) -> None:
    x = random_numbers(7, 120, 3, missing=0.2)
    model = CalibratedClassifierCV(catboost.CatBoostClassifier(iterations=6, **QUIET), cv=3)
    assert_same(model.fit(x, random_labels(7, x, classes)), plain(x))


def test_behind_a_scaler_it_is_pushed_to_the_input() -> None:
    x = random_numbers(8, 150, 3, missing=0.1)
    model = make_pipeline(StandardScaler(), catboost.CatBoostRegressor(iterations=10, **QUIET)).fit(x, np.arange(150.0))
    assert_same(model, plain(x))


@pytest.mark.parametrize("loss", ["MultiQuantile:alpha=0.1,0.5", "RMSEWithUncertainty"])
def test_several_values_are_refused(loss: str) -> None:
    x = random_numbers(6, 100, 2)
    model = catboost.CatBoostRegressor(iterations=3, loss_function=loss, **QUIET).fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match="with 2 sums"):
        compile_pipeline(model, plain(x).columns)


def test_categorical_features_are_refused() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.normal(size=100), "c": rng.choice(["u", "v", "w"], 100)})
    model = catboost.CatBoostClassifier(iterations=3, cat_features=["c"], **QUIET).fit(frame, rng.integers(0, 2, 100))
    with pytest.raises(CannotCompile, match="a hash of each text"):
        compile_pipeline(model, [Column("n", "number"), Column("c", "category", ("u", "v", "w"))])
