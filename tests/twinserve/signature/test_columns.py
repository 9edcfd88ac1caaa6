"""Columns, and the table that pipelines are fitted on: one tells the other everything."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, instances, many, same, signature, signatures
from twinserve.signature import UNSEEN, Columns, Signature
from twinserve.signature.columns import code_table, encode
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Validator
from twinserve.signature.timestamps import seconds_of

NAN = math.nan


def columns_of(*values: Any) -> Columns:
    """The columns of instances of `EVERY_TYPE`."""
    return Validator(EVERY_TYPE).validate(json.dumps(values).encode()).columns


def read(values: Any, kind: str, **facts: Any) -> list[float]:
    """One table column as numbers."""
    contract = signature(feature("x", kind, **facts))
    return [float(value) for value in from_frame(pd.DataFrame({"x": values}), contract).matrix[:, 0]]


def equal(actual: list[float], expected: list[float]) -> bool:
    """Equal, NaN included."""
    return np.array_equal(actual, expected, equal_nan=True)


def test_the_table_has_one_named_column_for_each_feature_with_its_type() -> None:
    frame = to_frame(columns_of(VALID), EVERY_TYPE)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "group.number": "float64",
        "group.integer": "float64",
        "group.deep.boolean": "float64",
        "note": "object",
        "size": "object",
        "town": "object",
        "day": "datetime64[us]",
        "at": "datetime64[us]",
        "place.0": "float64",
        "place.1": "float64",
    }
    assert frame.loc[0, ["note", "size", "town"]].tolist() == ['a "colon": here', "large", "Ålesund"]  # type: ignore[operator]  # Stubs.
    assert frame.loc[0, "day"] == pd.Timestamp("2024-02-29")
    assert frame.loc[0, "at"] == pd.Timestamp("2024-02-29T12:30:00.25")


def test_null_is_nan_in_text_and_nat_in_dates() -> None:
    row = VALID | {"note": None, "town": None, "day": None}
    frame = to_frame(columns_of(row), EVERY_TYPE)
    assert frame.loc[0, ["note", "town", "day", "place.1"]].isna().all()
    assert isinstance(frame.loc[0, "note"], float)


@many
@given(signatures(), st.data())
def test_table_and_columns_round_trip(contract: Signature, data: st.DataObject) -> None:
    columns = _columns(contract, data)
    assert same(from_frame(to_frame(columns, contract), contract), columns)


@pytest.mark.parametrize(
    "instant", ["1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"]
)
def test_an_instant_is_the_same_number_in_a_table_and_in_a_request(instant: str) -> None:
    contract = signature(feature("sold", "datetime"))
    frame = pd.DataFrame({"sold": pd.to_datetime(pd.Series([instant]), utc=True)})
    assert from_frame(frame, contract).matrix[0, 0] == seconds_of(instant)


@many
@given(signatures(), st.data())
def test_the_order_of_the_table_does_not_matter(contract: Signature, data: st.DataObject) -> None:
    columns = _columns(contract, data)
    frame = to_frame(columns, contract)
    names = data.draw(st.permutations(list(frame.columns)))
    assert same(from_frame(frame[names].assign(extra="unused"), contract), columns)


def _columns(contract: Signature, data: st.DataObject) -> Columns:
    """Columns of those of four instances at random that are valid."""
    validator = Validator(contract)
    valid = []
    for row in data.draw(st.lists(instances(contract), min_size=4, max_size=4)):
        with contextlib.suppress(InvalidInput, MalformedJson):
            validator.validate(json.dumps([row]).encode())
            valid.append(row)
    if valid:
        return validator.validate(json.dumps(valid).encode()).columns
    texts = [place for place, one in enumerate(contract.features) if one.type == "string"]
    return Columns(np.empty((0, len(contract.features))), texts={place: [] for place in texts})


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.5, None, -2]),
        pd.Series([1.5, None, -2], dtype="Float64"),
        pd.Series([1.5, None, -2], dtype="float64"),
        pd.Series([1.5, None, -2], dtype=object),
    ],
)
def test_numbers_of_every_dtype(values: Any) -> None:
    assert equal(read(values, "number"), [1.5, NAN, -2])


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint8", "float32", "Float32", "object"])
def test_integers_of_every_dtype(dtype: str) -> None:
    assert read(pd.Series([1, 200], dtype=dtype), "integer") == [1, 200]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "object"])
def test_missing_integers(dtype: str) -> None:
    assert equal(read(pd.Series([1, None], dtype=dtype), "integer"), [1, NAN])


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object", "int64"])
def test_booleans_of_every_dtype(dtype: str) -> None:
    assert read(pd.Series([True, False], dtype=dtype), "boolean") == [1, 0]


def test_missing_booleans() -> None:
    assert equal(read(pd.Series([True, None], dtype="boolean"), "boolean"), [1, NAN])


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
@pytest.mark.parametrize("null", [None, NAN, pd.NA])
def test_categories_of_every_dtype(dtype: str, null: Any) -> None:
    values = pd.Series(["b", "a", null, "z"], dtype=dtype)
    assert equal(read(values, "category", seen_categories=("a", "b")), [1, 0, NAN, UNSEEN])


@pytest.mark.parametrize("dtype", ["object", "str", "string"])
def test_texts_of_every_dtype(dtype: str) -> None:
    contract = signature(feature("x", "string"))
    columns = from_frame(pd.DataFrame({"x": pd.Series(["a", None, ""], dtype=dtype)}), contract)
    assert columns.texts == {0: ["a", None, ""]}
    assert np.isnan(columns.matrix).all()


def test_integers_as_categories_are_their_text() -> None:
    assert read([10, 9], "category", seen_categories=("10", "9")) == [0, 1]


@pytest.mark.parametrize(
    "values",
    [
        ["1970-01-02", None],
        pd.to_datetime(pd.Series(["1970-01-02", None])),
        pd.to_datetime(pd.Series(["1970-01-02", None])).astype("datetime64[ns]"),
        pd.to_datetime(pd.Series(["1970-01-02", None])).astype("datetime64[s]"),
        pd.to_datetime(pd.Series(["1970-01-02", None])).dt.tz_localize("UTC"),
    ],
)
def test_dates_however_they_are_stored(values: Any) -> None:
    assert equal(read(values, "date"), [1, NAN])


def test_instants_are_taken_in_their_zone() -> None:
    local = pd.Series(pd.to_datetime(["1970-01-01T02:00:00.25"])).dt.tz_localize("Europe/Berlin")
    assert read(local, "datetime") == [3600.25]
    assert read(["1970-01-01T02:00:00+01:00"], "datetime") == [3600]
    assert read(["1970-01-01T02:00:00"], "datetime") == [7200]


@pytest.mark.parametrize("kind", ["number", "integer", "date", "datetime"])
def test_a_value_that_does_not_fit_is_refused_with_the_name_of_its_column(kind: str) -> None:
    with pytest.raises(ValueError, match="'x'"):
        read(["a word"], kind)


def test_rows_are_taken_in_the_order_asked_for() -> None:
    other = VALID | {"town": "Oslo", "note": None}
    columns = columns_of(VALID, other, VALID | {"town": "Moss", "note": "m"})
    taken = columns.take([2, 0])
    assert len(taken) == 2
    assert taken.texts == {3: ["m", 'a "colon": here']}
    assert taken.unseen == {(0, 5): "Moss", (1, 5): "Ålesund"}
    np.testing.assert_array_equal(taken.matrix, columns.matrix[[2, 0]])


def test_the_same_row_twice_keeps_its_texts_twice() -> None:
    taken = columns_of(VALID).take([0, 0])
    assert to_frame(taken, EVERY_TYPE)["town"].tolist() == ["Ålesund", "Ålesund"]


def test_a_slice_is_its_rows() -> None:
    columns = columns_of(VALID, VALID | {"town": "Oslo"}, VALID | {"town": "Moss"})
    assert same(columns[1:], columns.take([1, 2]))
    assert len(columns[3:]) == 0


def test_cells_are_replaced_in_a_copy_with_the_texts_of_unseen_categories() -> None:
    columns = columns_of(VALID, VALID)
    before = columns[:]
    changed = columns.with_cells({(0, 0): 7.0, (0, 5): 0.0, (1, 5): "Oslo", (1, 4): "huge"})
    assert changed.matrix[0, [0, 5]].tolist() == [7.0, 0.0]
    assert changed.matrix[1, [4, 5]].tolist() == [UNSEEN, UNSEEN]
    assert changed.unseen == {(1, 5): "Oslo", (1, 4): "huge"}
    assert same(columns, before)


@many
@given(signatures(), st.data())
def test_a_column_of_other_rows_is_what_the_table_has(contract: Signature, data: st.DataObject) -> None:
    columns = _columns(contract, data)
    place = data.draw(st.integers(0, len(contract.features) - 1))
    order = data.draw(st.permutations(range(len(columns))))
    frame, name = to_frame(columns, contract), contract.features[place].name
    frame[name] = frame[name].to_numpy()[list(order)]
    assert same(columns.with_column(place, columns.take(order)), from_frame(frame, contract))


@pytest.mark.parametrize("place", range(len(EVERY_TYPE.features)))
def test_null_in_a_column_of_any_type(place: int) -> None:
    columns = columns_of(VALID, VALID | {"town": "Oslo"})
    nulls = to_frame(columns.with_null(place), EVERY_TYPE).isna().to_numpy()
    expected = to_frame(columns, EVERY_TYPE).isna().to_numpy()
    expected[:, place] = True
    assert nulls.tolist() == expected.tolist()


def test_codes_follow_the_vocabulary() -> None:
    codes, unseen = encode(["b", None, "c", "a"], code_table(("a", "b")))
    assert equal(codes, [1, NAN, UNSEEN, 0])
    assert unseen == {2: "c"}


def test_a_row_lies_together_whatever_the_order_of_the_columns() -> None:
    """A product of numbers that lie apart has other bits, so that a row's answer would depend on its batch."""
    mixed = signature(*(feature(path, "number") for path in ("a.c", "b.c", "a.d", "b.d")))
    rows = [{"a": {"c": n, "d": n + 2}, "b": {"c": n + 1, "d": n + 3}} for n in range(3)]
    matrix = Validator(mixed).validate(json.dumps(rows).encode()).columns.matrix
    assert matrix.flags.c_contiguous
    assert matrix.tolist() == [[n, n + 1, n + 2, n + 3] for n in range(3)]
