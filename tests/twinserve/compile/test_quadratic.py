"""Quadratic discriminant analysis: labels, probabilities and the difference of two classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, some


@some
@given(st.integers(0, 10**6), st.integers(2, 5), st.sampled_from([0.01, 0.3]))
def test_the_class_and_the_probabilities(seed: int, classes: int, regularised: float) -> None:
    x = random_numbers(seed, 120, 3)
    model = fitted(
        make_pipeline(StandardScaler(), QuadraticDiscriminantAnalysis(reg_param=regularised)),
        x,
        random_labels(seed, x, classes),
    )
    assert_same(model, plain(np.concatenate([x, -x, 1.7 * x])), tolerance=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_its_decisions_can_be_calibrated(classes: int) -> None:
    x = random_numbers(1, 120, 3)
    head = make_pipeline(StandardScaler(), CalibratedClassifierCV(QuadraticDiscriminantAnalysis(), cv=3))
    assert_same(fitted(head, x, random_labels(1, x, classes)), plain(x), tolerance=1e-9)


def test_a_covariance_of_lower_rank() -> None:
    x = random_numbers(2, 90, 3)
    x[:, 2] = x[:, 0]
    model = fitted(QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.1), x, random_labels(2, x, 2))
    assert_same(model, plain(x), tolerance=1e-9)
