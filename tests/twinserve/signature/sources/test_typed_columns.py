"""Columns of a DataFrame, a Parquet or an Excel file that JSON has no type for: their own rows are requests."""

from __future__ import annotations

import datetime
import decimal
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from twinserve.inprocess.frames import instances
from twinserve.signature.frames import from_frame
from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.from_table import FeatureTable, Known, from_table
from twinserve.signature.sources.training_profile import observe
from twinserve.tables.cells import TYPED, Cells
from twinserve.tables.files import read
from twinserve.tables.formats import Reading
from twinserve.tables.values import read_values

ROWS: Final = 24
DECIMALS = [decimal.Decimal("1.10"), decimal.Decimal(3), None]
TIMES = [datetime.time(13, 5), datetime.time(0, 0, 30), None]
VALUES: Final[list[tuple[Any, str]]] = [
    (pd.Categorical([1, 2, 3] * 8), "category"),
    (pd.Categorical([1.5, 2.0, None] * 8), "category"),
    (pd.Categorical([True, False] * 12), "category"),
    (pd.Series([1, "two", 3.5, None] * 6, dtype=object), "category"),
    (pd.Series([True, "False", 2] * 8, dtype=object), "category"),
    (pd.Series(DECIMALS * 8, dtype=object), "number"),
    (pd.Series(DECIMALS * 8, dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "number"),
    (pd.Series([decimal.Decimal("1.5"), 2.5, 3] * 8, dtype=object), "number"),
    (pd.Series(TIMES * 8, dtype=object), "number"),
    (pd.Series(TIMES * 8, dtype=pd.ArrowDtype(pa.time64("us"))), "number"),
]
HOURS = [pd.Timedelta(hours=30), pd.Timedelta(seconds=5), None]


def column(values: Any) -> FeatureTable:
    """The features of a table of this column and another one."""
    return features(pd.DataFrame({"other": np.arange(ROWS) / 7, "it": values}))


def features(frame: pd.DataFrame, cells: Cells = TYPED) -> FeatureTable:
    """The features of a table."""
    read = read_values(frame, cells)
    return from_table(read.frame, known=Known(read.units, read.troubles, read.notations))


def accepted(table: FeatureTable, rows: pd.DataFrame, **how: Any) -> None:
    """These rows mean at the door what they meant to training."""
    signature = observe(table.signature, table.frame)
    batch = Validator(signature).validate(rows.to_json(orient="records", **how).encode())
    expected = from_frame(table.frame, signature)
    np.testing.assert_allclose(batch.columns.matrix, expected.matrix, rtol=1e-9)
    assert batch.columns.unseen == expected.unseen == {}


@pytest.mark.parametrize(("values", "became"), VALUES, ids=str)
def test_its_own_rows_are_requests(values: Any, became: str) -> None:
    table = column(values)
    assert table.signature.features[1].type == became
    accepted(table, pd.DataFrame({"other": table.frame["other"], "it": values}))


@pytest.mark.parametrize("values", [value for value, _ in VALUES], ids=str)
def test_its_own_rows_are_instances_without_json(values: Any) -> None:
    """As `Model.predict` of a DataFrame makes them."""
    table = column(values)
    rows = pd.DataFrame({"other": table.frame["other"], "it": values})
    signature = observe(table.signature, table.frame)
    batch = Validator(signature).validate_value(instances(rows, signature))
    expected = from_frame(table.frame, signature)
    np.testing.assert_allclose(batch.columns.matrix, expected.matrix)
    assert batch.columns.unseen == {}


@pytest.mark.parametrize("dtype", [None, object, pd.ArrowDtype(pa.duration("us"))])
def test_durations_are_requests_as_iso_has_them(dtype: Any) -> None:
    """As pandas writes them with `date_format="iso"`, and Polars always."""
    table = column(pd.Series(HOURS * 8, dtype=dtype))
    rows = pd.DataFrame({"other": table.frame["other"], "it": pd.Series(HOURS * 8)})
    assert table.signature.features[1].type == "number"
    accepted(table, rows, date_format="iso")


def test_digits_of_an_excel_file_are_texts_that_a_number_stands_for(tmp_path: Path) -> None:
    """As pandas reads them as numbers."""
    codes = pd.DataFrame({"other": np.arange(ROWS) / 7, "it": ["01", "02", "10"] * 8})
    codes.to_excel(tmp_path / "t.xlsx", index=False)
    table = features(*read([str(tmp_path / "t.xlsx")], Reading(), io.BytesIO()))
    assert table.signature.features[1].type == "category"
    accepted(table, pd.read_excel(tmp_path / "t.xlsx"))


def test_a_null_among_booleans_is_told_as_of_a_boolean() -> None:
    cells = read_values(pd.DataFrame({"it": pd.Series([True, False, "n/a"] * 8, dtype=object)}), TYPED)
    assert cells.notations["it"].form == "boolean"


def test_lists_are_called_lists() -> None:
    table = column(pd.Series([np.array([1]), np.array([2, 3])] * 12, dtype=object))
    assert [note.sentence for note in table.notes] == ["it holds list values"]
