"""The target as a pipeline learns it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from twinserve.errors import CannotTrain
from twinserve.training.target_codes import encode, enough_rows


def test_labels_become_the_places_of_the_sorted_classes() -> None:
    classes, y_true = encode("classification", ["pear", "apple", "pear"])
    assert classes == ("apple", "pear")
    assert y_true.tolist() == [1.0, 0.0, 1.0]


def test_values_stay_what_they_are() -> None:
    classes, y_true = encode("regression", [1, 2.5])
    assert (classes, y_true.tolist()) == (None, [1.0, 2.5])


@pytest.mark.parametrize(
    ("task", "target", "sentence"),
    [
        ("classification", ["a", None], "The target holds a NoneType in 1 rows; labels are texts."),
        ("classification", ["a", "a"], "The target has one class only; there is nothing to learn."),
        ("regression", ["a"], "The target of a regression is not a number in every row."),
        ("regression", [1.0, np.inf], "The target is missing or infinite in 1 rows."),
    ],
)
def test_what_is_no_target_is_told(task: Any, target: list[Any], sentence: str) -> None:
    with pytest.raises(CannotTrain, match=f"^{re.escape(sentence)}$"):
        encode(task, target)


def sides(*rows: tuple[str, int, int]) -> tuple[tuple[str, ...], Any, Any]:
    """Classes with so many rows to learn from and held out."""
    codes = [float(code) for code, (_, learned, held) in enumerate(rows) for _ in range(learned + held)]
    held_out = [side for _, learned, held in rows for side in [False] * learned + [True] * held]
    return tuple(name for name, _, _ in rows), np.array(codes), np.array(held_out)


@pytest.mark.parametrize(("learned", "held"), [(4, 1), (0, 3), (9, 0)])
def test_a_class_that_cannot_be_learned_or_judged_is_left_out_and_said(learned: int, held: int) -> None:
    classes, y_true, held_out = sides(("a", 5, 1), ("rare", learned, held), ("z", 6, 2))
    kept, (note,) = enough_rows(classes, y_true, held_out)
    assert set(y_true[kept].tolist()) == {0.0, 2.0}
    assert note.sentence == (
        f"the class 'rare' has {learned} rows to learn from and {held} held out; at least 5 and 1 are needed: "
        "its rows are left out"
    )


def test_with_enough_rows_nothing_is_left_out() -> None:
    kept, notes = enough_rows(*sides(("a", 5, 1), ("b", 5, 1)))
    assert kept.all()
    assert notes == ()
    assert enough_rows(None, np.zeros(3), np.zeros(3, dtype=bool))[0].tolist() == [True] * 3


def test_one_class_that_is_left_is_nothing_to_learn() -> None:
    with pytest.raises(CannotTrain, match=r"^The class 'b' has 4 rows to learn from .*; give more rows of it\.$"):
        enough_rows(*sides(("a", 50, 10), ("b", 4, 1)))
