"""Calibrated classifiers: both methods, folds together or apart, over decisions and over probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import calibration
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.comparing import (
    around,
    assert_same,
    compiled_answer,
    evaluated,
    fitted,
    plain,
    random_labels,
    random_numbers,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.compile.graph import Graph
from twinserve.compile.lowerings.isotonic import calibrators
from twinserve.errors import CannotCompile

NEW = pytest.mark.skipif(not hasattr(calibration, "_TemperatureScaling"), reason="scikit-learn has it since 1.8")
BASES = [LinearSVC(), LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0), GaussianNB()]


@some
@given(
    st.integers(0, 10**6), st.sampled_from(BASES), st.sampled_from(["sigmoid", "isotonic"]), st.booleans(),
    st.integers(2, 4),
)  # fmt: skip
def test_calibrated_probabilities_are_the_same(seed: int, base: Any, method: str, apart: bool, classes: int) -> None:
    x = random_numbers(seed, 90, 3)
    head = CalibratedClassifierCV(base, method=method, ensemble=apart, cv=3)
    model = fitted(make_pipeline(StandardScaler(), head), x, random_labels(seed, x, classes))
    # Two steps of an isotonic curve may lie 1e-9 apart: then a decision's last bit shows in the ninth digit, and of two
    # classes that are equally likely it chooses one.
    tolerance = 1e-9 if method == "isotonic" else 1e-12
    rows = np.concatenate([x, 3 * x])
    likely = np.sort(model.predict_proba(rows), axis=1)
    decided = likely[:, -1] - likely[:, -2] > (tolerance if method == "isotonic" else -1.0)
    assert_same(model, plain(rows[decided]), tolerance)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_bag_is_calibrated_by_its_decisions_where_it_has_some(classes: int) -> None:
    x = random_numbers(0, 90, 3)
    for base in (LogisticRegression(), DecisionTreeClassifier(max_depth=3)):
        head = CalibratedClassifierCV(BaggingClassifier(base, 3, random_state=0), cv=3)
        model = fitted(make_pipeline(StandardScaler(), head), x, random_labels(0, x, classes))
        assert_same(model, plain(x))


@some
@given(st.integers(0, 10**6), st.integers(2, 40))
def test_a_curve_is_followed_exactly_at_and_beside_its_corners(seed: int, rows: Any) -> None:
    """Slope, start and value of the segment that holds a number, as NumPy's `interp` finds them."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=rows))
    curve = IsotonicRegression(out_of_bounds="clip").fit(x, np.arange(rows) + 9 * rng.normal(size=rows))
    probes = np.concatenate([around(x), rng.normal(size=50), [1e300, -1e300]])
    graph = Graph({})
    followed = evaluated(graph, calibrators(graph, "x", [curve]), probes[:, None])
    np.testing.assert_array_equal(followed, curve.predict(probes))


@NEW
@pytest.mark.parametrize("base", [*BASES[:3], BaggingClassifier(LinearSVC(), 3), RandomForestClassifier(9)])
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
def test_one_temperature_for_all_classes(base: Any, classes: int, *, apart: bool) -> None:
    x = random_numbers(0, 90, 3)
    head = CalibratedClassifierCV(base, method="temperature", ensemble=apart, cv=3)
    model = fitted(make_pipeline(StandardScaler(), head), x, random_labels(0, x, classes))
    assert_same(model, plain(np.concatenate([x, 30 * x])))


@NEW
def test_decisions_that_look_like_probabilities_are_taken_for_such_by_the_row() -> None:
    x = np.array([[0.1, 0.0], [0.3, 0.0], [0.2, -0.5], [9.0, 0.0], [0.1, 1e-5], [0.1, 1.1e-5]])
    linear = LogisticRegression().fit(x[[0, 1, 3]], [0, 1, 2])
    head = CalibratedClassifierCV(FrozenEstimator(linear), method="temperature", cv=2)
    head.fit(np.concatenate([x[[0, 1, 3]]] * 2), [0, 1, 2] * 2)
    linear.coef_ = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 1.0]])
    linear.intercept_ = np.array([0.25, 0.25, 0.5])
    answer = compiled_answer(head, plain(x))["probabilities"]
    alone = np.concatenate([head.predict_proba(row[None, :]) for row in x])
    np.testing.assert_allclose(answer, alone, rtol=0.0, atol=1e-12)


@NEW
def test_probabilities_whose_last_bit_may_differ_get_no_temperature() -> None:
    """`log(p + 1e-12)` of a probability that is 0 or 1e-16 differs in the fourth digit."""
    x = random_numbers(0, 60, 2)
    model = fitted(CalibratedClassifierCV(GaussianNB(), method="temperature", cv=3), x, random_labels(0, x, 2))
    with pytest.raises(CannotCompile, match="method='temperature' on probabilities of GaussianNB is not lowered"):
        compile_pipeline(model, plain(x).columns)


def test_another_method_is_refused_by_name() -> None:
    x = random_numbers(0, 60, 2)
    model = fitted(CalibratedClassifierCV(LogisticRegression(), cv=3), x, random_labels(0, x, 2))
    for part in model.calibrated_classifiers_:
        part.method = "spline"
    with pytest.raises(CannotCompile, match="CalibratedClassifierCV: method='spline' is not lowered"):
        compile_pipeline(model, plain(x).columns)
