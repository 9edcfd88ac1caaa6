"""A row's hash is of its content: not of the types, the order or the emptiness of its columns."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import fruit
from tests.twinserve.signature.made import many
from twinserve.recipes.row_hashes import row_hashes
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.training_profile import observe

ALIKE: dict[str, list[object]] = {
    "an integer and a number": [1, 1.0, "1", Decimal(1), True, "true", "TRUE", np.int64(1)],
    "zero and minus zero": [0, -0.0, "0", "-0.0", False],
    "a date and its midnight": [
        dt.date(2024, 2, 29),
        "2024-02-29",
        "2024-02-29T00:00:00Z",
        "2024-02-29 01:00:00+01:00",
        pd.Timestamp("2024-02-29"),
        pd.Timestamp("2024-02-29", tz="UTC"),
        pd.Period("2024-02-29", "D"),
    ],
    "nulls": [None, float("nan"), pd.NaT, pd.NA, "", float("inf")],
}
DIFFERENT = [1, 2, "x", "X", "x ", "007", "7", "2024-02-29", "2024-02-30", "nan", None, [1], [2], 1e300, "1e", ".", "-"]


def hash_of(value: object, name: str = "a") -> int:
    """Of a row with this cell."""
    return int(row_hashes(pd.DataFrame({name: pd.Series([value], dtype=object), "b": ["more"]}))[0])


@pytest.mark.parametrize("what", ALIKE)
def test_one_content_has_one_hash(what: str) -> None:
    assert len({hash_of(value) for value in ALIKE[what]}) == 1


def test_other_contents_have_other_hashes() -> None:
    assert len({hash_of(value) for value in DIFFERENT}) == len(DIFFERENT)
    assert hash_of(1, "a") != hash_of(1, "c")


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "Float32", "object", "category", "str"])
def test_the_dtype_of_a_column_does_not_matter(dtype: str) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    assert row_hashes(frame.astype({"a": dtype})).tolist() == row_hashes(frame).tolist()


@many
@given(st.permutations(["weight", "skin.colour", "skin.spots"]))
def test_the_order_of_columns_and_null_ones_do_not_matter(names: list[str]) -> None:
    frame = fruit.table(30).features
    assert row_hashes(frame[names].assign(new=None, newer=np.nan)).tolist() == row_hashes(frame).tolist()


def test_values_that_change_columns_are_other_content() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [2, 1]})
    assert len(set(row_hashes(frame).tolist())) == 2


def test_what_a_version_reads_of_a_table_has_the_hashes_of_the_table() -> None:
    """So that the gate knows a row again by the columns of another version."""
    frame = pd.DataFrame(
        {
            "count": [0, 1, None, 3] * 10,
            "day": [f"2024-02-{1 + place % 28:02d}" for place in range(40)],
            "at": [f"2024-02-28T10:30:00.{place:06d}+01:00" for place in range(40)],
            "kind": ["5", "x", None, "true"] * 10,
            "code": ["007", "1", None, "2"] * 10,
            "is": ["True", "false"] * 20,
        }
    )
    table = from_table(frame)
    whole = observe(table.signature, table.frame)
    assert [str(feature.type) for feature in whole.features] == [
        "number", "date", "datetime", "category", "category", "boolean",
    ]  # fmt: skip
    assert row_hashes(to_frame(from_frame(table.frame, whole), whole)).tolist() == row_hashes(frame).tolist()
