"""A column that counts the rows is known by its values."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from twinserve.tables.row_numbers import row_numbers


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (range(30), True),
        (range(1, 31), True),
        (pd.array(range(30), dtype="Int64"), True),
        (range(2, 32), False),
        ([*range(29), 30], False),
        ([1, 0, *range(2, 30)], False),
        ([float(number) for number in range(30)], False),
        (pd.array([*range(29), None], dtype="Int64"), False),
        ([str(number) for number in range(30)], False),
    ],
    ids=str,
)
def test_a_column_that_counts_the_rows(values: Any, *, counts: bool) -> None:
    assert list(row_numbers(pd.DataFrame({"any name": values}))) == (["any name"] if counts else [])


def test_few_rows_may_count_by_chance() -> None:
    assert list(row_numbers(pd.DataFrame({"a": range(5)}))) == []
