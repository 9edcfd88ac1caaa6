"""Where each of some columns of a wide table stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from twinserve.arrays import IntArray

Places = Callable[[IntArray], IntArray]
"""From columns to their places, -1 for each that has none."""
SPARSE: Final = 16
"""Fewer columns than one in so many are searched for: a file of a few bytes must not make a table of gigabytes."""


def places_of(columns: IntArray, places: Sequence[int], width: int) -> Places:
    """A function that gives the places of columns; raises ValueError unless each of these has one."""
    if len(columns) != len(places):
        raise ValueError("The columns of terms have other places.")
    if len(columns) * SPARSE >= width:
        table = np.full(width, -1, dtype=np.int64)
        table[columns] = places
        return table.__getitem__
    order = np.argsort(columns)
    ordered, placed = np.append(columns[order], width), np.append(np.array(places, dtype=np.int64)[order], -1)

    def search(wanted: IntArray) -> IntArray:
        found = np.searchsorted(ordered, wanted)
        held: IntArray = np.where(ordered[found] == wanted, placed[found], -1)
        return held

    return search
