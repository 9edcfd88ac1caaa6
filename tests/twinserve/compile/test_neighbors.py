"""Estimators that no graph can follow are refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid

from tests.twinserve.compile.comparing import plain, random_labels, random_numbers
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (KNeighborsClassifier(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (KNeighborsRegressor(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (NearestCentroid(), "far from its centroids the last digits of a distance decide"),
        (GaussianProcessClassifier(optimizer=None), "its probabilities need the error function"),
    ],
)
def test_each_is_refused_with_its_reason(model: Any, reason: str) -> None:
    x = random_numbers(0, 40, 2)
    with pytest.raises(CannotCompile, match=rf"^sklearn\.\w+\.{type(model).__name__}: {reason}"):
        compile_pipeline(model.fit(x, random_labels(0, x, 2)), plain(x).columns)
