"""How labels are decided: a threshold or costs, for two classes."""

from __future__ import annotations

from typing import Any

import pytest

from twinserve.errors import AskedWrongly
from twinserve.recipes import Costs, Decision

TWICE = "FN=1,FN=5,FP=1"


def test_costs_are_read() -> None:
    assert Costs.parse("FN=10, FP=0.5") == Costs(10.0, 0.5)
    assert Costs.of({"FN": 10, "FP": 0.5}) == Costs(10.0, 0.5)


@pytest.mark.parametrize(
    "text", ["FN=10", "FN=a,FP=1", "fn=1,fp=2", "FN=0,FP=1", "FN=nan,FP=1", "", "FN=1,FP=1,TP=1", "FN=1,FN=5,FP=1"]
)
def test_other_costs_are_refused(text: str) -> None:
    with pytest.raises(AskedWrongly, match=r"^--costs "):
        Costs.parse(text)


def test_costs_of_python_may_be_written_as_at_the_command_and_are_repeated_as_they_were_given() -> None:
    assert Costs.of("FN=10,FP=1") == Costs(10.0, 1.0)
    with pytest.raises(AskedWrongly, match=r"such as FN=10,FP=1, not 10,1\.$"):
        Costs.of("10,1")


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"threshold": 0.5, "costs": Costs(1, 1)}, "--threshold and --costs exclude each other; give one."),
        ({"threshold": 1.5}, "--threshold is a probability from 0 to 1, not 1.5."),
    ],
)
def test_a_contradiction_is_one_sentence(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AskedWrongly) as refused:
        Decision(**choices)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (None, "this is a regression."),
        (("a", "b", "c"), "this is a classification into 3 classes."),
        (("no", "yess"), "There is no class 'yes' (--positive); did you mean yess?"),
    ],
)
def test_it_needs_two_classes_and_one_of_them(classes: tuple[str, ...] | None, sentence: str) -> None:
    with pytest.raises(AskedWrongly) as refused:
        Decision("yes", 0.5).require_for(classes)
    assert str(refused.value).endswith(sentence)


def test_a_positive_class_alone_needs_two_classes_as_well() -> None:
    with pytest.raises(AskedWrongly, match=r"^--positive belongs to a classification into two classes; this is a reg"):
        Decision("yes").require_for(None)


def test_the_positive_class_is_the_second_unless_it_is_named() -> None:
    assert Decision(threshold=0.5).positive_of(("no", "yes")) == "yes"
    assert Decision("no", 0.5).positive_of(("no", "yes")) == "no"
