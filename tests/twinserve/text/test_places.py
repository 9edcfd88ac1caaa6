"""Columns are found in their places, whether they are many or few of a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.text.places import places_of


@given(st.lists(st.integers(0, 39), unique=True, max_size=40), st.sampled_from([40, 1000, 2**31 - 1]))
def test_each_column_has_its_place_and_no_other_has_one(columns: list[int], width: int) -> None:
    places = places_of(np.array(columns, dtype=np.int64), range(100, 100 + len(columns)), width)
    wanted = np.array([*range(40), width - 1])
    expected = [100 + columns.index(column) if column in columns else -1 for column in wanted.tolist()]
    assert places(wanted).tolist() == expected


def test_columns_and_places_are_as_many() -> None:
    with pytest.raises(ValueError, match="other places"):
        places_of(np.array([1, 2]), [7], 3)
