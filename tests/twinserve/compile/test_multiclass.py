"""One against the rest, one against one, and codes choose the class that scikit-learn chooses."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, running, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

MEMBERS = [
    make_pipeline(StandardScaler(), LogisticRegression()),
    make_pipeline(StandardScaler(), LinearSVC()),
    DecisionTreeClassifier(max_depth=2, random_state=0),
    RandomForestClassifier(5, max_depth=3, random_state=0),
    GradientBoostingClassifier(n_estimators=3),
]
"""With decisions, with probabilities alone, and with both."""
WITH_DECISIONS = [member for member in MEMBERS if hasattr(member, "decision_function")]
META = [OneVsRestClassifier, OneVsOneClassifier, OutputCodeClassifier]


def made(meta: Any, member: Any) -> Any:
    return meta(member, random_state=0) if meta is OutputCodeClassifier else meta(member)


@pytest.mark.parametrize(
    ("meta", "member"),
    [*product(META[:2], MEMBERS), *product(META[2:], WITH_DECISIONS)],
    ids=lambda one: getattr(one, "__name__", str(one)[:30]),
)
@some
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_the_class_and_the_probabilities(meta: Any, member: Any, seed: int, classes: int) -> None:
    x = random_numbers(seed, 60, 3)
    names = np.array(["a", "b", "c", "d", "e", "f"])[random_labels(seed, x, classes)]
    assert_same(fitted(made(meta, member), x, names), plain(np.concatenate([x, -x, 5 * x])), tolerance=1e-11)


@pytest.mark.parametrize("meta", META[:2])
def test_equal_scores_choose_the_first_class(meta: Any) -> None:
    """Trees of few leaves give many equal scores: the order of each sum decides."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (400, 3)).astype(float)
    model = made(meta, RandomForestClassifier(3, max_depth=2, random_state=0)).fit(x, rng.integers(0, 5, 400))
    assert_same(model, plain(rng.integers(-1, 4, (3000, 3)).astype(float)))


def test_a_class_without_any_probability_keeps_zeros() -> None:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 5)
    model = OneVsRestClassifier(DecisionTreeClassifier(max_depth=1, random_state=0)).fit(x, x @ [2, 1])
    assert_same(model, plain(x))


def test_a_code_that_is_the_same_for_all_classes() -> None:
    x = random_numbers(3, 60, 3)
    model = fitted(OutputCodeClassifier(LinearSVC(), code_size=4.0, random_state=5), x, random_labels(3, x, 3))
    assert "_ConstantPredictor" in {type(part).__name__ for part in model.estimators_}
    assert_same(model, plain(x))


def test_codes_that_are_often_equally_far_are_left_to_scikit_learn() -> None:
    x = random_numbers(3, 60, 3)
    model = OutputCodeClassifier(DecisionTreeClassifier(max_depth=3), random_state=5).fit(x, random_labels(3, x, 3))
    with pytest.raises(CannotCompile, match="which of two codes at the same distance is the nearest"):
        compile_pipeline(model, plain(x).columns)


def test_regressors_against_the_rest() -> None:
    x = random_numbers(4, 60, 3)
    assert_same(OneVsRestClassifier(LinearRegression()).fit(x, random_labels(4, x, 3)), plain(x))


def test_null_and_large_numbers_have_no_answer() -> None:
    x = random_numbers(5, 60, 2)
    rows = np.concatenate([x[:3], [[np.nan, 0.0], [0.0, 1e300], [1e39, 0.0]]])
    for meta in META[:2]:
        answer = compile_pipeline(
            made(meta, DecisionTreeClassifier(max_depth=2)).fit(x, random_labels(5, x, 3)), plain(x).columns
        )
        by_name = running(answer)(rows)
        unanswered = np.isnan(by_name["probabilities"][:, 0]) if "probabilities" in by_name else by_name["label"] == -1
        assert unanswered.tolist() == [False] * 4 + [True] * 2


def test_classes_that_are_all_unlikely_are_divided_by_their_sum_with_all_digits() -> None:
    """`Sigmoid` of ONNX Runtime is 0 below 1e-16, where the sum of what is left still decides."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 2)) + np.repeat([[0.0, 6.0], [5.0, -3.0], [-5.0, -3.0]], 30, axis=0)
    model = OneVsRestClassifier(LogisticRegression()).fit(np.column_stack([x, np.ones(90)]), np.repeat([0, 1, 2], 30))
    for member in model.estimators_:
        member.intercept_ -= 60.0
    rows = np.column_stack([x, np.ones(90)])
    assert max(member.predict_proba(rows)[:, 1].max() for member in model.estimators_) < 1e-16
    assert_same(model, plain(rows))
