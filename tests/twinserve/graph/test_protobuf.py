"""Messages are read as protobuf writes them; other encodings are refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, helper

from twinserve.graph.protobuf import BYTES, FIXED32, FIXED64, VARINT, Field, Malformed, count, fields, numbers, varint

INTS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300), min_size=1)


def listed(values: Sequence[int]) -> tuple[bytes, list[Field]]:
    """An attribute with a list: its bytes and its fields."""
    data = AttributeProto(name="a", ints=values, type=AttributeProto.INTS).SerializeToString()
    return data, list(fields(data, 0, len(data)))


@given(INTS)
def test_a_list_of_numbers_is_one_field(values: list[int]) -> None:
    data, read = listed(values)
    assert [(field.number, field.kind) for field in read] == [(1, BYTES), (8, VARINT), (20, VARINT)]
    assert numbers(data, read[1]).tolist() == values
    assert count(data, read[1]) == len(values)


def test_each_kind_of_field_is_found_where_it_lies() -> None:
    data = helper.make_attribute("name", 1.5).SerializeToString() + b"\x11" + bytes(8)
    read = list(fields(data, 0, len(data)))
    assert [(field.number, field.kind) for field in read] == [
        (1, BYTES), (2, FIXED32), (20, VARINT), (2, FIXED64),
    ]  # fmt: skip
    assert data[read[0].start : read[0].stop] == b"name"


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",
        b"\x08\xff",
        b"\x0a\x05abc",
        b"\x0a",
        b"\x0d\x00",
        b"\x0b",
        b"\x0f",
        b"\xff" * 20,
        b"\x08" + b"\xff" * 11,
        b"\x08\x80\x00",
        b"\x08\x01\x08\x81\x00",
        b"\x88\x00\x01",
        b"\x08" + b"\xff" * 9 + b"\x03",
        b"\xa0\x01" + b"\xff" * 9 + b"\x03",
        b"\xa0\x01\x80\x00",
        b"\x0a\x81\x00a",
    ],
    ids=str,
)
def test_what_is_cut_off_too_long_or_of_no_kind_is_no_message(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(fields(data, 0, len(data)))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    """Any bytes are parsed or refused."""
    try:
        read = list(fields(data, 0, len(data)))
    except Malformed:
        return
    assert all(field.start <= field.stop <= len(data) for field in read)
    assert all(
        len(numbers(data, field)) == count(data, field)
        for field in read
        if field.kind == VARINT and data[field.start - 1] < 0x80 and field.number < 16
    )


def test_a_number_ends_where_its_message_does() -> None:
    assert varint(b"\x96\x01", 0, 2) == (150, 2)
    with pytest.raises(Malformed):
        varint(b"\x96\x01", 0, 1)
