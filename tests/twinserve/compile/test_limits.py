"""What each class takes is what scikit-learn says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from twinserve.compile.limits import FINITE, LARGEST_SINGLE, Limit, limit_of

SINGLE = Limit(-LARGEST_SINGLE, LARGEST_SINGLE, null=False)

FINITE_OR_NULL = Limit(FINITE.low, FINITE.high, null=True)


@pytest.mark.parametrize(
    ("estimator", "limit"),
    [
        (LogisticRegression(), FINITE),
        (StandardScaler(), FINITE_OR_NULL),
        (SimpleImputer(), FINITE_OR_NULL),
        (SimpleImputer(missing_values=0), FINITE),
        (GradientBoostingClassifier(), SINGLE),
        (RandomForestClassifier(), Limit(-LARGEST_SINGLE, LARGEST_SINGLE, null=True)),
        (SelectKBest(), FINITE),
        (FunctionTransformer(np.log, validate=True), FINITE),
        (FunctionTransformer(np.log), None),
        (VarianceThreshold(), None),
        (HistGradientBoostingClassifier(), None),
        (make_pipeline(LogisticRegression()), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_limits_of_a_class(estimator: Any, limit: Limit | None) -> None:
    assert limit_of(estimator) == limit


def test_the_largest_number_that_rounds_to_single_precision() -> None:
    with np.errstate(over="ignore"):
        assert np.isfinite(np.float64(LARGEST_SINGLE).astype(np.float32))
        assert np.isinf(np.nextafter(LARGEST_SINGLE, np.inf).astype(np.float32))


def test_what_two_take_is_what_each_takes() -> None:
    assert Limit(-1.0, 5.0, null=True).within(Limit(-3.0, 2.0, null=False)) == Limit(-1.0, 2.0, null=False)
