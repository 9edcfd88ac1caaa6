"""Columns turn back into the instances that validate to them."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, instances, many, same, signature, signatures
from twinserve.signature import Columns, Signature, to_instances
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator


def test_every_type_comes_back_as_it_was_sent() -> None:
    columns = Validator(EVERY_TYPE).validate(json.dumps(VALID).encode()).columns
    assert to_instances(columns, EVERY_TYPE) == [VALID]


@many
@given(signatures(), st.data())
def test_instances_validate_to_the_same_columns(contract: Signature, data: st.DataObject) -> None:
    validator = Validator(contract)
    body = json.dumps([data.draw(instances(contract))]).encode()
    try:
        columns = validator.validate(body).columns
    except InvalidInput:
        return
    again = validator.validate(json.dumps(to_instances(columns, contract)).encode()).columns
    assert same(again, columns)


def test_what_was_left_out_comes_back_as_null() -> None:
    contract = signature(feature("a"), feature("b", nullable=True, required=False))
    columns = Validator(contract).validate(b'{"a":1}').columns
    assert to_instances(columns, contract) == [{"a": 1.0, "b": None}]


def test_integers_and_booleans_have_their_own_types() -> None:
    contract = signature(feature("i", "integer"), feature("b", "boolean"))
    (instance,) = to_instances(Columns(np.array([[3.0, 0.0]])), contract)
    assert json.dumps(instance) == '{"i": 3, "b": false}'


def test_no_rows_are_no_instances() -> None:
    contract = signature(feature("a"))
    assert to_instances(Columns(np.empty((0, 1))), contract) == []
