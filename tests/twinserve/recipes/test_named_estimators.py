"""Candidates by class name: each is made, seeded and preceded by the preprocessing that suits it."""

from __future__ import annotations

import pytest
from sklearn.ensemble import ExtraTreesClassifier

from tests.twinserve.signature.made import feature, signature
from twinserve.estimators.label_encoded import Coded
from twinserve.metric import Task
from twinserve.recipes.named_estimators import NoSuchEstimator, candidates, names_of, require_estimators

CONTRACT = signature(feature("size"), feature("kind", "category"))


def test_names_take_the_place_of_the_usual_candidates() -> None:
    made = candidates(["ExtraTreesClassifier", "KNeighborsClassifier"], CONTRACT, "classification", 7)
    assert list(made) == ["ExtraTreesClassifier", "KNeighborsClassifier"]
    model = made["ExtraTreesClassifier"]["model"]
    assert isinstance(model, ExtraTreesClassifier)
    assert model.random_state == 7


def test_default_is_the_usual_ones() -> None:
    usual = candidates([], CONTRACT, "regression", 0)
    assert list(candidates(["default", "SVR"], CONTRACT, "regression", 0)) == [*usual, "SVR"]


@pytest.mark.parametrize(
    ("name", "task", "categories"),
    [
        ("LGBMRegressor", "regression", "OrdinalEncoder"),
        ("XGBClassifier", "classification", "OrdinalEncoder"),
        ("HistGradientBoostingClassifier", "classification", "OrdinalEncoder"),
        ("DecisionTreeRegressor", "regression", "OrdinalEncoder"),
        ("RidgeClassifier", "classification", "OneHotEncoder"),
    ],
)
def test_the_preprocessing_suits_the_class(name: str, task: Task, categories: str) -> None:
    pytest.importorskip("xgboost")
    pytest.importorskip("lightgbm")
    pipeline = candidates([name], CONTRACT, task, 0)[name]
    assert type(pipeline["prepare"].transformers[0][1]).__name__ == categories
    assert isinstance(pipeline["model"], Coded) is (name == "XGBClassifier")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ExtraTreeClassifer", "There is no estimator 'ExtraTreeClassifer' for a classification; did you mean Extra"),
        ("randomforest", "'randomforest' for a classification; did you mean RandomForestClassifier"),
        ("lightgbm", "There is no estimator 'lightgbm' for a classification; did you mean LGBMClassifier? "),
        ("Foo", "There is no estimator 'Foo' for a classification; twinserve train --estimator list lists the names."),
        ("Ridge", "There is no estimator 'Ridge' for a classification"),
        ("VotingClassifier", "VotingClassifier cannot be made without arguments; name it in a recipe of your own."),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(NoSuchEstimator) as refused:
        require_estimators([name], "classification")
    assert sentence in str(refused.value)


def test_the_names_that_may_be_given_are_listed() -> None:
    """Without those that cannot be made alone."""
    names = names_of("classification")
    assert names[0] == "default"
    assert {"RandomForestClassifier", "LogisticRegression"} <= {*names}
    assert not {"VotingClassifier", "Ridge"} & {*names}
