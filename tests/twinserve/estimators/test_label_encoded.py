"""A classifier that takes codes only answers in labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tests.twinserve.compile.comparing import assert_same, plain, random_labels, random_numbers
from twinserve.estimators.label_encoded import Coded

X = random_numbers(0, 90, 3)
CODES = random_labels(0, X, 3)
LABELS = np.array(["blue", "green", "red"], dtype=object)[CODES]


def test_it_answers_as_one_that_takes_the_labels_itself() -> None:
    coded, plain_ = Coded(LogisticRegression(max_iter=500)), LogisticRegression(max_iter=500)
    coded.fit(X, LABELS)
    plain_.fit(X, LABELS)
    assert coded.classes_.tolist() == plain_.classes_.tolist()
    assert coded.predict(X).tolist() == plain_.predict(X).tolist()
    assert coded.predict_proba(X).tobytes() == plain_.predict_proba(X).tobytes()


def test_the_one_inside_sees_codes() -> None:
    assert Coded(LogisticRegression(max_iter=500)).fit(X, LABELS).estimator_.classes_.tolist() == [0, 1, 2]


def test_one_that_is_fitted_already_gets_other_labels_in_the_order_of_its_own() -> None:
    fitted = LogisticRegression(max_iter=500).fit(X, 10 * CODES)
    coded = Coded.of(fitted, np.array(["a", "b", "c"], dtype=object))
    assert coded.predict(X).tolist() == ["abc"[code // 10] for code in fitted.predict(X)]


def test_it_has_probabilities_where_the_one_inside_has() -> None:
    assert not hasattr(Coded(LinearSVC()), "predict_proba")
    with pytest.raises((NotFittedError, AttributeError)):
        Coded(LogisticRegression()).predict(X)


def test_it_can_be_cloned_and_compiled_inside_a_pipeline() -> None:
    pipeline = clone(make_pipeline(StandardScaler(), Coded(LogisticRegression()))).fit(X, LABELS)
    assert_same(pipeline, plain(X))
