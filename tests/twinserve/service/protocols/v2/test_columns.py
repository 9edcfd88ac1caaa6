"""Tensors become the columns that the same rows have as native JSON, or are refused with the same findings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tensors import LENGTH, binary_body, cell, inputs_of, json_body
from twinserve.service.http.problem import Problem
from twinserve.service.protocols.v2.columns import ColumnReader
from twinserve.service.protocols.v2.request import read_request
from twinserve.service.protocols.v2.rows import Rows
from twinserve.signature import Columns, Constraints, Feature, FeatureType, Seen, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import OutOfRange
from twinserve.testing.fakes import car, settings_of, signature

POLICIES = ("warn", "reject")


def read(contract: Signature, body: bytes, length: str | None = None, **limits: Any) -> Columns:
    """The columns of a request."""
    return ColumnReader(contract, settings_of(**limits)).read(read_request(body, length, 100)).columns


def natively(contract: Signature, rows: list[Any], policy: OutOfRange = "warn") -> Columns:
    """The columns of these rows as native JSON."""
    return Validator(contract, out_of_range=policy).validate(json.dumps(rows).encode()).columns


def same(found: Columns, expected: Columns) -> None:
    """Are these the same columns, to the last bit?"""
    np.testing.assert_array_equal(found.matrix, expected.matrix)
    np.testing.assert_array_equal(np.signbit(found.matrix), np.signbit(expected.matrix))
    assert dict(found.unseen) == dict(expected.unseen)
    assert {place: list(texts) for place, texts in found.texts.items()} == expected.texts


def outcome(function: Callable[[], Columns]) -> Columns | list[Any]:
    """The columns, or the findings of a refusal."""
    try:
        return function()
    except Problem as problem:
        return [problem.detail, *problem.errors]
    except InvalidInput as error:
        return [str(error), *error.errors]


NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-3, 20),
    st.sampled_from([0.0, -0.0, 1.5, 2000.0, 2000.0000001, 17, 16, 2**53 + 1, 1e308]),
)
TEXTS = st.one_of(
    st.none(), st.text(max_size=25), st.sampled_from(["red", "blue", "Oslo", "diesel", "2020-02-29", "é"])
)
MOMENTS = st.sampled_from(["2016-05-01T12:30:00Z", "2016-05-01 12:30:00+02:00", "2016-05-01", "2016-02-30", "", None])
VALUES: dict[FeatureType, st.SearchStrategy[Any]] = {
    FeatureType.NUMBER: NUMBERS,
    FeatureType.INTEGER: NUMBERS.map(lambda value: value if value is None else float(value)),
    FeatureType.BOOLEAN: st.sampled_from([True, False, None]),
    FeatureType.CATEGORY: TEXTS,
    FeatureType.STRING: TEXTS,
    FeatureType.DATE: MOMENTS,
    FeatureType.DATETIME: MOMENTS,
}


@st.composite
def cars(draw: st.DrawFn) -> list[Any]:
    """Valid cars of which some fields are changed."""
    rows = [json.loads(json.dumps(car())) for _ in range(draw(st.integers(1, 4)))]
    for feature in draw(st.lists(st.sampled_from(signature().features), max_size=4)):
        row, value = draw(st.sampled_from(rows)), draw(VALUES[feature.type])
        cell(row, feature.path[:-1])[feature.path[-1]] = value
    return rows


@pytest.mark.parametrize("policy", POLICIES)
@given(rows=cars())
@settings(deadline=None)
def test_columns_and_findings_are_those_of_the_same_rows_as_native_json(policy: Any, rows: list[Any]) -> None:
    """Whatever the values, in JSON and in binary data."""
    inputs = inputs_of(rows)
    for tensor in inputs:
        if tensor["datatype"] == "INT64":  # Integers that are none come as FP64.
            tensor["datatype"] = "FP64"
    expected = outcome(lambda: natively(signature(), rows, policy))
    body, headers = binary_body(inputs)
    for found in (
        outcome(lambda: read(signature(), json_body(inputs), out_of_range=policy)),
        outcome(lambda: read(signature(), body, *headers.values(), out_of_range=policy)),
    ):
        if isinstance(expected, Columns):
            assert isinstance(found, Columns), found
            same(found, expected)
        else:
            assert found == expected


def table(**limits: Any) -> Signature:
    """Three numbers and an integer."""
    names = [Feature(path=(name,), type=FeatureType.NUMBER, nullable=True) for name in ("a", "b", "c")]
    whole = Feature(path=("n",), type=FeatureType.INTEGER, constraints=Constraints(**limits), seen=Seen(minimum=0.0))
    return Signature(features=(*names, whole))


@given(st.data())
@settings(deadline=None)
def test_one_tensor_may_hold_all_fields(data: st.DataObject) -> None:
    """In the order of the signature; the same as a tensor for each."""
    rows = data.draw(st.integers(1, 5))
    datatype = data.draw(st.sampled_from(["FP64", "FP32", "INT8", "UINT16"]))
    values = st.integers(0, 100) if "INT" in datatype else st.floats(-100, 100, width=32) | st.none()
    cells = data.draw(st.lists(values, min_size=4 * rows, max_size=4 * rows))
    cells[3::4] = [3] * rows
    whole = {"name": "anything", "datatype": datatype, "shape": [rows, 4], "data": cells}
    each = [
        {"name": name, "datatype": datatype, "shape": [rows], "data": cells[place::4]}
        for place, name in enumerate("abcn")
    ]
    nested = whole | {"data": [cells[start : start + 4] for start in range(0, 4 * rows, 4)]}
    expected = read(table(), json_body(each))
    same(read(table(), json_body([whole])), expected)
    same(read(table(), json_body([nested])), expected)
    body, headers = binary_body([whole])
    same(read(table(), body, *headers.values()), expected)
    body, headers = binary_body(data.draw(st.permutations(each)))
    same(read(table(), body, *headers.values()), expected)


def test_doubles_for_each_field_are_held_to_its_rules() -> None:
    """Though they are read as one tensor."""
    columns: dict[str, list[Any]] = {"c": [1.0, None], "n": [3.0, 2.5], "a": [-0.0, 1.0], "b": [2.0, 2.0]}
    inputs = [{"name": name, "datatype": "FP64", "shape": [2], "data": cells} for name, cells in columns.items()]
    body, headers = binary_body(inputs)
    found = outcome(lambda: read(table(), body, *headers.values()))
    rows = [{name: cells[row] for name, cells in columns.items()} for row in range(2)]
    assert isinstance(found, list)
    assert found == outcome(lambda: natively(table(), rows))
    length = int(headers[LENGTH])
    request: Any = json.loads(body[:length])
    for tensor, size in zip(request["inputs"], (24, 8, 16, 16), strict=True):  # As much in all.
        tensor["parameters"]["binary_data_size"] = size
    text = json.dumps(request).encode()
    refused = outcome(lambda: read(table(), text + body[length:], str(len(text))))
    assert isinstance(refused, list)
    assert "/inputs/0: Its binary data must be as long" in refused[0]


@pytest.mark.parametrize(
    "limits", [{"multiple_of": 3}, {"enumeration": (3, 6)}, {"maximum": 6}, {"exclusive_maximum": 7}]
)
def test_every_declared_rule_holds(limits: dict[str, Any]) -> None:
    contract = table(**limits)
    for number in (3, 6, 7):
        cells = {"name": "x", "datatype": "FP64", "shape": [1, 4], "data": [1, 2, 3, number]}
        native = [{"a": 1, "b": 2, "c": 3, "n": number}]
        found = outcome(partial(read, contract, json_body([cells])))
        expected = outcome(partial(natively, contract, native))
        assert isinstance(found, Columns) == isinstance(expected, Columns)
        assert isinstance(found, Columns) or found == expected


def test_a_table_of_numbers_needs_no_look_at_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither if valid values are missing."""
    monkeypatch.setattr(Rows, "validated", lambda *_: pytest.fail("The rows were looked at."))
    cells = {"name": "x", "datatype": "FP64", "shape": [2, 4], "data": [1, None, math.pi, 4, 5, 6, 7, 8]}
    body, headers = binary_body([cells])
    assert read(table(), body, *headers.values()).matrix.shape == (2, 4)


@given(st.binary(max_size=60), st.integers(0, 70))
def test_no_bytes_are_a_fault(body: bytes, length: int) -> None:
    """Whatever comes is a request or refused as one."""
    for text, given_length in ((body, str(length)), (b'{"inputs":[' + body + b"]}", None), (body, None)):
        with pytest.raises(Problem) as raised:
            read(table(), text, given_length)
        assert raised.value.status in (400, 422)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["a", "b", "c", "n", "x"]),
                "datatype": st.sampled_from(["FP64", "BYTES", "BOOL", "INT8", "FP16", "x"]),
                "shape": st.lists(st.integers(-1, 3), max_size=3),
                "data": st.recursive(
                    st.none() | st.integers() | st.floats() | st.booleans() | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=4),
                    max_leaves=8,
                ),
            }
        ),
        max_size=4,
    )
)
@settings(deadline=None)
def test_no_inputs_are_a_fault(inputs: list[Any]) -> None:
    try:
        assert len(read(table(), json_body(inputs)))
    except Problem as problem:
        assert problem.status in (400, 422)  # noqa: PT017  # Most are refused.
