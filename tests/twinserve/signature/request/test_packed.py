"""Numbers by way of MessagePack are those that listing each value gives, to the bit."""

from __future__ import annotations

import json
import struct
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature, instances, many, signature, signatures
from twinserve.signature import Columns, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.fast_path import Acceptor
from twinserve.signature.request.packed import FEWEST, ONES
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import MANY, Validator

REQUIRED: Final = signature(feature("b.x"), feature("a.ø", "integer"), feature("b.n" * 40), feature("one"))
OPTIONAL: Final = signature(
    feature("a.x"), feature("b.y", "integer", nullable=True), feature("b.z", nullable=True, required=False)
)
WIDE: Final = signature(*(feature(f"n{place}" * (1 + 3 * place)) for place in range(1, 20)))
DOUBLES: Final = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from((0.0, -0.0, 5e-324, 1.7e308))


def listed(one: Signature) -> Validator:
    """A validator that lists each value."""
    validator = Validator(one)
    assert isinstance(validator._acceptor, Acceptor)
    validator._acceptor._packed = None
    return validator


def outcome(validator: Validator, body: bytes) -> Any:
    """Everything that a body becomes, as values that can be compared to the bit."""
    try:
        batch = validator.validate(body)
    except (InvalidInput, MalformedJson) as error:
        return type(error), str(error), getattr(error, "findings", None)
    matrix = batch.columns.matrix
    return matrix.shape, matrix.tobytes(), matrix.flags.c_contiguous, matrix.flags.writeable, batch[1:]


def rows(one: Signature, values: list[Any]) -> list[Any]:
    """Instances of numbers, taken in turns from these values; None leaves an optional field out."""
    instances = []
    for row in range(FEWEST + 3):
        instance: dict[str, Any] = {}
        for place, each in enumerate(one.features):
            *groups, name = map(str, each.path)
            node = instance
            for group in groups:
                node = node.setdefault(group, {})
            value = values[(row * len(one.features) + place) % len(values)]
            if each.type == "integer" and value is not None:
                value = int(value) if abs(value) < 2**53 else 0
            if value is not None or each.required:
                node[name] = 1.5 if value is None and not each.nullable else value
        instances.append(instance)
    return instances


@settings(max_examples=30, deadline=None)
@given(st.lists(DOUBLES, min_size=1, max_size=50))
def test_numbers_are_the_same_to_the_bit(values: list[float]) -> None:
    """In whatever order the signature has them, at whatever depth and under names of any length."""
    for one in (REQUIRED, OPTIONAL, WIDE):
        body = json.dumps(rows(one, values)).encode()
        assert outcome(Validator(one), body) == outcome(listed(one), body)


@settings(max_examples=30, deadline=None)
@given(st.lists(DOUBLES | st.none(), min_size=3, max_size=3 * FEWEST))
def test_nulls_and_omitted_fields_are_the_same(values: list[float | None]) -> None:
    """Wherever the first of them is."""
    body = json.dumps(rows(OPTIONAL, values)).encode()
    assert outcome(Validator(OPTIONAL), body) == outcome(listed(OPTIONAL), body)


@pytest.mark.parametrize("change", ['"x":0', '"x":null', '"other":1', '"x":1e999', '"x":"1"', '"x":NaN', '"x":true'])
@pytest.mark.parametrize("place", [0, FEWEST])
def test_errors_are_the_same(change: str, place: int) -> None:
    """A key twice, an unknown key, a value of another type, beside the number that is there: in any row."""
    instances = [json.dumps(each) for each in rows(OPTIONAL, [1.0, 2.0])]
    instances[place] = instances[place].replace('"x"', f'{change}, "x"', 1)
    body = f"[{','.join(instances)}]".encode()
    assert outcome(Validator(OPTIONAL), body) == outcome(listed(OPTIONAL), body)
    assert outcome(Validator(OPTIONAL), body)[0] in (InvalidInput, MalformedJson)


def test_only_numbers_are_packed() -> None:
    """A boolean takes one byte, a text any number of them."""
    for kind in ("boolean", "string", "category"):
        acceptor = Validator(signature(feature("a"), feature("b", kind)))._acceptor
        assert isinstance(acceptor, Acceptor)
        assert acceptor._packed is None


def test_many_numbers_are_packed() -> None:
    """The tests above compare two ways; so they do from this number of rows on, with and without a null at the end."""
    acceptor = Validator(OPTIONAL)._acceptor
    assert isinstance(acceptor, Acceptor)
    assert acceptor._packed is not None
    instances: list[Any] = acceptor._many.decode(json.dumps(rows(OPTIONAL, [1.0, 2.0, 3.0])))
    matrix = acceptor._packed.matrix(instances)
    assert matrix is not None
    np.testing.assert_array_equal(matrix, [[1.0, 2.0, 3.0]] * len(instances))
    instances[-1].f1.f0 = None
    assert acceptor._packed.matrix(instances) is None


def test_the_double_of_ones_differs_in_each_byte_from_zero() -> None:
    """Of both byte orders: the layout is read off the bytes that differ."""
    assert struct.pack(">d", ONES) == b"\xff" * 8


@many
@given(st.data())
def test_many_rows_are_read_as_each_by_itself(data: st.DataObject) -> None:
    """Of any signature, nulls and unseen categories among them, in their columns."""
    one = data.draw(signatures())
    few = data.draw(st.lists(instances(one), min_size=1, max_size=4))
    validator = Validator(one)
    parts = []
    for instance in few:
        try:
            parts.append(validator.validate(json.dumps(instance).encode()).columns)
        except InvalidInput:
            return  # What cannot be sent as JSON's own.
    number = max(FEWEST, -(-MANY // (len(one.features) * len(few)))) + 1
    alone = Columns.concatenate(parts * number)
    together = validator.validate(json.dumps(few * number).encode()).columns
    assert together.matrix.tobytes() == alone.matrix.tobytes()
    assert (together.unseen, together.texts) == (alone.unseen, alone.texts)
