"""Predictors that do not look: the same answer for every row, null or not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from tests.twinserve.compile.comparing import assert_same, plain, random_labels, random_numbers
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


@pytest.mark.parametrize("strategy", ["prior", "most_frequent", "constant"])
@pytest.mark.parametrize("classes", [1, 2, 3])
def test_a_classifier_answers_with_its_constant(strategy: str, classes: int) -> None:
    x = random_numbers(0, 31, 2, missing=0.3)
    model = DummyClassifier(strategy=strategy, constant=classes - 1 if strategy == "constant" else None)
    assert_same(model.fit(x, random_labels(0, x, classes)), plain(x), tolerance=0.0)


@pytest.mark.parametrize("strategy", ["mean", "median", "quantile", "constant"])
def test_a_regressor_answers_with_its_constant(strategy: str) -> None:
    x = random_numbers(0, 31, 2, missing=0.3)
    model = DummyRegressor(strategy=strategy, quantile=0.7, constant=5.25)
    assert_same(model.fit(x, np.arange(31) / 7), plain(x), tolerance=0.0)


@pytest.mark.parametrize("strategy", ["uniform", "stratified"])
def test_an_answer_at_random_is_refused(strategy: str) -> None:
    x = random_numbers(0, 31, 2)
    model = DummyClassifier(strategy=strategy).fit(x, random_labels(0, x, 2))
    with pytest.raises(CannotCompile, match=f"DummyClassifier: strategy='{strategy}' answers at random"):
        compile_pipeline(model, plain(x).columns)
