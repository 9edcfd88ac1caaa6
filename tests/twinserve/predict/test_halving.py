"""A batch is predicted as far as it can be, by few calls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import many
from twinserve.predict.halving import by_halves


class Negative(Exception):
    """One of the numbers is below zero."""


def doubled(numbers: Sequence[int]) -> list[int]:
    """Twice each number."""
    if min(numbers) < 0:
        raise Negative
    return [2 * number for number in numbers]


@many
@given(st.lists(st.integers(-3, 9)))
def test_every_element_has_its_own_result_or_error_in_order(numbers: list[int]) -> None:
    results: list[int | None] = []
    for part, outcome in by_halves(doubled, numbers, Negative):
        results += [None] * len(part) if isinstance(outcome, Negative) else outcome
    assert results == [2 * number if number >= 0 else None for number in numbers]


def test_a_batch_without_failures_takes_one_call() -> None:
    assert [(part, outcome) for part, outcome in by_halves(doubled, [1, 2, 3], Negative)] == [([1, 2, 3], [2, 4, 6])]


def test_an_empty_batch_takes_no_call() -> None:
    assert list(by_halves(doubled, [], Negative)) == []


def test_another_exception_is_raised() -> None:
    with pytest.raises(Negative):
        list(by_halves(doubled, [1, -1], KeyError))
