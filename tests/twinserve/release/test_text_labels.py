"""A classifier's labels become texts, however it is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.release.fitted_elsewhere.text_labels import is_computed, labels_of, with_text_labels

SCALED = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
SEARCH = GridSearchCV(SCALED, {"logisticregression__C": [1.0]}, cv=2)


@pytest.mark.parametrize(
    "classifier",
    [
        LogisticRegression(max_iter=1000),
        SCALED,
        SEARCH,
        make_pipeline(StandardScaler(), SEARCH),
        AdaBoostClassifier(n_estimators=3, random_state=0),
        VotingClassifier([("a", SCALED), ("b", SEARCH)]),
        make_pipeline(StandardScaler(), VotingClassifier([("a", SCALED), ("b", SEARCH)])),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_some_copy_answers_with_texts_and_the_classifier_stays_as_it_was(classifier: Any) -> None:
    table, target = load_iris(return_X_y=True)
    fitted = clone(classifier).fit(table, target)
    before = fitted.predict(table)
    expected = [str(label) for label in before.tolist()]
    copies = [list(copy.predict(table)) for copy in with_text_labels(fitted, labels_of(fitted))]
    assert expected in copies
    assert copies[-1] == expected
    np.testing.assert_array_equal(fitted.predict(table), before)


def test_what_a_class_computes_cannot_be_written() -> None:
    assert is_computed(SCALED, "classes_")
    assert not is_computed(LogisticRegression(), "classes_")
