"""Property: CSV that is read a column at a time has the values, bit for bit, and the errors of each cell by itself."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature as made
from tests.twinserve.signature.made import many, signature
from twinserve.bulk.reading import csv_rows
from twinserve.bulk.reading.csv_numbers import may_be_odd
from twinserve.bulk.reading.csv_rows import CsvReader
from twinserve.bulk.version import BulkVersion
from twinserve.notations.json_numbers import JSON_NUMBER
from twinserve.testing.fakes import FakePredictor, opened

CONTRACT: Final = signature(
    made("plain"),
    made("whole", "integer", nullable=True),
    made("bounded", minimum=-5, exclusive_maximum=1000),
    made("steps", multiple_of=0.5),
    made("one.of", "integer", enumeration=(0, 1, 2)),
    made("note", "string", nullable=True),
    made("size", "category", seen_categories=("small", "large")),
)
NAMES: Final = [feature.name for feature in CONTRACT.features]
ODD: Final = (
    "+1",
    ".5",
    "-.5",
    "1.",
    "1.e5",
    "007",
    "-01",
    "0x1",
    " 1",
    "1\t",
    "1_0",
    "nan",
    "-inf",
    "1e999",
    "1,5",
    "",
)
CELLS: Final = (
    st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers(-(10**20), 10**20).map(str)
    | st.sampled_from(("0", "-0", "0.0", "-0.0", "1", "2.5", "1e+05", "1E-07", "0.1e-5", "5e-324", "1e-400"))
)
WILD: Final = CELLS | st.sampled_from(ODD) | st.text('019.-+eE \t"x', max_size=5)
TEXTS: Final = st.sampled_from(("small", "large", "none", ".5 l", "a, b", '"quoted"', "é", "", "+1", "null"))


def block(cells: list[list[str]]) -> bytes:
    """Records of these cells."""
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\n").writerows(cells)
    return sink.getvalue().encode()


def facts(version: BulkVersion, records: bytes, passed: tuple[str, ...], least: int) -> tuple[Any, ...]:
    """All that is known of some rows, which are read a column at a time from so many bytes on."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_rows, "LONG", least)
        patched.setattr(csv_rows, "BLOCK", least)
        reader = CsvReader(version, passed)
        reader.begin(block([NAMES]))
        checked = reader(records)
    columns, places = checked.columns, checked.places
    values = None if columns is None else (columns.matrix.tobytes(), columns.unseen, {**columns.texts})
    kept = [values if isinstance(values, list) else values.to_pylist() for values in checked.passed.values()]
    return checked.rows, values, None if places is None else places.tolist(), checked.errors, kept


@many
@given(data=st.data(), cells=st.sampled_from((CELLS, WILD)), passed=st.sampled_from(((), ("plain", "note"))))
def test_columns_are_as_their_cells(
    data: st.DataObject, cells: st.SearchStrategy[str], passed: tuple[str, ...]
) -> None:
    """Numbers as JSON writes them or not, nulls, bounds, texts, and columns that come back."""
    row = st.tuples(*(TEXTS if name in ("note", "size") else cells for name in NAMES)).map(list)
    records = block(data.draw(st.lists(row, min_size=1, max_size=6)))
    version = BulkVersion(opened(FakePredictor(), contract=CONTRACT), "7")
    assert facts(version, records, passed, 0) == facts(version, records, passed, 1 << 30)


@many
@given(st.text('0159.-+eE \t"', max_size=7))
def test_what_only_another_parser_takes_is_found(cell: str) -> None:
    """And no number of JSON is taken for such a cell, wherever it stands."""
    is_number = re.fullmatch(JSON_NUMBER, cell) is not None
    for record in (f"{cell},1\n", f"1,{cell},1\r\n", f'1,"{cell}"'):
        if is_number:
            assert not may_be_odd(record.encode())
        elif is_float(cell):
            assert may_be_odd(record.encode())


def is_float(cell: str) -> bool:
    """Does Python read it as a number?"""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_plain_numbers_become_doubles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is looked at, unless a cell is none of JSON's numbers."""
    looked: list[Any] = []
    looks = pc.match_substring_regex

    def look(*given: Any) -> Any:
        looked.append(given)
        return looks(*given)

    monkeypatch.setattr(pc, "match_substring_regex", look)
    version = BulkVersion(opened(FakePredictor(), contract=CONTRACT), "7")
    plain = block([["1.5", "2", "3", "0.5", "1", "a", "small"], ["-0", "", "1e-05", "1", "2.5", "", "large"]])
    rows, values, *_ = facts(version, plain, (), 0)
    assert not looked
    assert rows == 2
    assert np.frombuffer(values[0])[0] == 1.5
    facts(version, plain.replace(b"1.5", b"01.5"), (), 0)
    assert looked
