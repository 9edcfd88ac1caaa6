"""The choice of the best candidate, and candidates that fail."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.dummy import DummyClassifier

from harness import fruit
from twinserve.errors import CannotTrain
from twinserve.training.candidates import best, cross_validate_all, fit_on_all, reason
from twinserve.training.cross_validation import FoldedRows
from twinserve.training.data import split
from twinserve.training.fit import _folded

SAID: list[str] = []


@pytest.fixture(scope="module")
def folded() -> FoldedRows:
    """The fruit in five folds."""
    return _folded(fruit.FRUIT, split(fruit.FRUIT, fruit.FRUIT.load()), 0)


class Failing(DummyClassifier):  # type: ignore[misc]  # scikit-learn has no types.
    """An estimator that raises in `fit`."""

    def fit(self, _x: Any, _y: Any, sample_weight: Any = None) -> Failing:
        """Raise an error."""
        del sample_weight
        raise ZeroDivisionError("First line.\nSecond line.")


def accept(_: Any) -> None:
    """Accept any candidate."""


def refuse(_: Any) -> None:
    """Refuse any candidate."""
    raise CannotTrain("It is green.")


def test_a_candidate_that_fails_leaves_the_others(folded: FoldedRows) -> None:
    said: list[str] = []
    candidates = cross_validate_all({"bad": Failing(), "prior": DummyClassifier()}, folded, accept, said.append)
    assert list(candidates.evaluated) == ["prior"]
    assert candidates.failed == {"bad": "First line"}
    assert said == ["cross-validating bad", "bad fails: First line", "cross-validating prior"]


def test_without_patience_one_that_is_far_behind_in_two_folds_is_given_up(folded: FoldedRows) -> None:
    said: list[str] = []
    candidates = {"prior": DummyClassifier(), "stubborn": DummyClassifier(strategy="most_frequent")}
    found = cross_validate_all(candidates, folded, accept, said.append, patient=False)
    whole = cross_validate_all(candidates, folded, accept, SAID.append)
    assert list(found.evaluated) == ["prior"]
    assert found.given_up == {"stubborn": whole.evaluated["stubborn"].cv.scores[:2]}
    assert (whole.given_up, found.failed) == ({}, {})
    assert said[-1] == "stubborn is given up after 2 folds"


def test_without_patience_one_that_is_near_or_better_is_compared(folded: FoldedRows) -> None:
    candidates = {"stubborn": DummyClassifier(strategy="most_frequent"), "a": DummyClassifier(), "b": DummyClassifier()}
    assert list(cross_validate_all(candidates, folded, accept, SAID.append, patient=False).evaluated) == list(
        candidates
    )


def test_all_that_fail_are_told_in_one_sentence(folded: FoldedRows) -> None:
    with pytest.raises(
        CannotTrain, match=r"^The candidate 'a' fails: First line; the candidate 'b' fails: First line\.$"
    ):
        cross_validate_all({"a": Failing(), "b": Failing()}, folded, accept, SAID.append)
    with pytest.raises(CannotTrain, match=r"^The candidate 'a' fails: It is green\.$"):
        cross_validate_all({"a": DummyClassifier()}, folded, refuse, SAID.append)


def test_no_candidates_are_told(folded: FoldedRows) -> None:
    with pytest.raises(CannotTrain, match=r"^The recipe has no candidates\.$"):
        cross_validate_all({}, folded, accept, SAID.append)


def test_the_best_is_the_one_with_the_best_figure(folded: FoldedRows) -> None:
    candidates = {"prior": DummyClassifier(), "stubborn": DummyClassifier(strategy="most_frequent")}
    evaluated = cross_validate_all(candidates, folded, accept, SAID.append).evaluated
    assert best(evaluated, "log_loss") == "prior"


def test_a_last_fit_that_fails_is_a_sentence(folded: FoldedRows) -> None:
    with pytest.raises(CannotTrain, match=r"^The best candidate fails on all rows: First line\.$"):
        fit_on_all(Failing(), folded)


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert reason(MemoryError()) == "MemoryError"
