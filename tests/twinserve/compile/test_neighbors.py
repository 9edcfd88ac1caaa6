"""Nearest centroids answer as scikit-learn does; estimators that no graph can follow are refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid

from tests.twinserve.compile.comparing import assert_same, plain, random_labels, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


@pytest.mark.parametrize("priors", ["uniform", "empirical"])
@some
@given(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 6), st.integers(2, 4))
def test_the_nearest_centroid_is_the_same(priors: str, seed: int, rows: int, width: int, classes: int) -> None:
    x = random_numbers(seed, rows, width)
    model = NearestCentroid(priors=priors).fit(x, random_labels(seed, x, classes))
    assert_same(model, plain(np.concatenate([x, x[:5] * 1e3, np.zeros((1, width))])), tolerance=1e-10)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_ has:UserWarning")
def test_a_shrunken_centroid_and_a_column_without_spread() -> None:
    x = np.column_stack([random_numbers(1, 60, 3), np.ones(60)])
    y = random_labels(1, x, 3)
    assert_same(NearestCentroid(shrink_threshold=0.2).fit(x[:, :3], y), plain(x[:, :3]))
    assert_same(NearestCentroid().fit(x, y), plain(x))


def test_a_row_as_near_to_two_centroids_belongs_to_the_first() -> None:
    model = NearestCentroid().fit(np.array([[0.0], [2.0], [4.0], [6.0]]), [0, 0, 1, 1])
    assert_same(model, plain([[3.0], [np.nextafter(3.0, 4.0)], [np.nextafter(3.0, 0.0)]]))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (KNeighborsClassifier(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (KNeighborsRegressor(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (NearestCentroid(metric="manhattan"), "metric='manhattan' is not lowered$"),
        (GaussianProcessClassifier(optimizer=None), "its probabilities need the error function"),
    ],
)
def test_each_is_refused_with_its_reason(model: Any, reason: str) -> None:
    x = random_numbers(0, 40, 2)
    with pytest.raises(CannotCompile, match=rf"^sklearn\.\w+\.{type(model).__name__}: {reason}"):
        compile_pipeline(model.fit(x, random_labels(0, x, 2)), plain(x).columns)
