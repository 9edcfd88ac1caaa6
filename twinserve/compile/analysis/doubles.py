"""Bisection over all finite doubles: at most 64 steps to the double at which a condition turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray

if TYPE_CHECKING:
    from twinserve.arrays import IntArray

_LARGEST: Final = int(np.array(np.finfo(np.float64).max).view(np.int64))
"""The number of the largest double when all finite doubles are numbered from 0.0, negative ones downwards."""
STEPS: Final = (*range(1, 9), *(2**power for power in range(4, 52)))
"""How far from a turn, in doubles, the condition is tried again."""


def largest_doubles(is_yes: Callable[[FloatArray], BoolArray], count: int) -> FloatArray:
    """`[count]`: for each of `count` conditions the largest double for which it holds; -inf where it holds for none and
    inf where for all. Each must hold up to some double and for none above."""
    low, high = np.full(count, -_LARGEST), np.full(count, _LARGEST)
    never, always = ~is_yes(_doubles(low)), is_yes(_doubles(high))
    while (high - 1 > low).any():
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        yes = is_yes(_doubles(middle))
        low, high = np.where(yes, middle, low), np.where(yes, high, middle)
    turns: FloatArray = np.where(never, -np.inf, np.where(always, np.inf, _doubles(low)))
    return turns


def turns_once(is_yes: Callable[[FloatArray], BoolArray], turns: FloatArray) -> bool:
    """Whether each condition holds for doubles below its turn and for none above, as far as STEPS reach."""
    inside = np.isfinite(turns)
    numbers = _numbers(np.where(inside, turns, 0.0))
    for step in STEPS:
        below = is_yes(_doubles(np.maximum(numbers - step, -_LARGEST)))
        above = is_yes(_doubles(np.minimum(numbers + step, _LARGEST)))
        if (inside & (~below | above)).any():
            return False
    return True


def _doubles(numbers: IntArray) -> FloatArray:
    """The doubles with these numbers."""
    sizes = np.abs(numbers).view(np.float64)
    doubles: FloatArray = np.where(numbers < 0, -sizes, sizes)
    return doubles


def _numbers(doubles: FloatArray) -> IntArray:
    """The numbers of these doubles."""
    sizes = np.abs(doubles).view(np.int64)
    numbers: IntArray = np.where(doubles < 0, -sizes, sizes)
    return numbers
