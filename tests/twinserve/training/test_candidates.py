"""Which candidate is the best, and what becomes of those that fail."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.dummy import DummyClassifier

from tests.twinserve import fruit
from twinserve.errors import CannotTrain
from twinserve.training.candidates import best, fit_on_all, judge_all, reason
from twinserve.training.cross_validation import Rounds
from twinserve.training.data import split
from twinserve.training.fit import _rounds

SAID: list[str] = []


@pytest.fixture(scope="module")
def rounds() -> Rounds:
    """The fruit in five folds."""
    return _rounds(fruit.FRUIT, split(fruit.FRUIT, fruit.FRUIT.load()), 0)


class Failing(DummyClassifier):  # type: ignore[misc]  # scikit-learn has no types.
    """Fits nothing."""

    def fit(self, _x: Any, _y: Any, sample_weight: Any = None) -> Failing:
        """Nothing at all."""
        del sample_weight
        raise ZeroDivisionError("First line.\nSecond line.")


def accept(_: Any) -> None:
    """Any candidate will do."""


def refuse(_: Any) -> None:
    """None will."""
    raise CannotTrain("It is green.")


def test_a_candidate_that_fails_leaves_the_others(rounds: Rounds) -> None:
    said: list[str] = []
    judged = judge_all({"bad": Failing(), "prior": DummyClassifier()}, rounds, accept, said.append)
    assert list(judged.found) == ["prior"]
    assert judged.failed == {"bad": "First line"}
    assert said == ["cross-validating bad", "bad fails: First line", "cross-validating prior"]


def test_all_that_fail_are_told_in_one_sentence(rounds: Rounds) -> None:
    with pytest.raises(
        CannotTrain, match=r"^The candidate 'a' fails: First line; the candidate 'b' fails: First line\.$"
    ):
        judge_all({"a": Failing(), "b": Failing()}, rounds, accept, SAID.append)
    with pytest.raises(CannotTrain, match=r"^The candidate 'a' fails: It is green\.$"):
        judge_all({"a": DummyClassifier()}, rounds, refuse, SAID.append)


def test_no_candidates_are_told(rounds: Rounds) -> None:
    with pytest.raises(CannotTrain, match=r"^The recipe has no candidates\.$"):
        judge_all({}, rounds, accept, SAID.append)


def test_the_best_is_the_one_with_the_best_figure(rounds: Rounds) -> None:
    candidates = {"prior": DummyClassifier(), "stubborn": DummyClassifier(strategy="most_frequent")}
    found = judge_all(candidates, rounds, accept, SAID.append).found
    assert best(found, "log_loss") == "prior"


def test_a_last_fit_that_fails_is_a_sentence(rounds: Rounds) -> None:
    with pytest.raises(CannotTrain, match=r"^The best candidate fails on all rows: First line\.$"):
        fit_on_all(Failing(), rounds)


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert reason(MemoryError()) == "MemoryError"
