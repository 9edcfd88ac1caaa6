"""The published JSON Schema says all that a table's rows need to become instances."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from tests.twinserve.signature.made import EVERY_TYPE, NOTATIONS, feature, many, signature, signatures
from twinserve.client import UnexpectedAnswer
from twinserve.client.schema import signature_of
from twinserve.signature import FeatureType, Signature, json_schema
from twinserve.signature.left_out import flat_names


def published(contract: Signature, out_of_range: str = "warn") -> Signature:
    """What a client reads of this contract."""
    return signature_of(json.dumps(json_schema(contract, out_of_range=out_of_range)).encode())  # type: ignore[arg-type]


def essence(contract: Signature) -> list[tuple[object, ...]]:
    """What rows depend on."""
    return [(one.path, one.type, one.nullable, one.required) for one in contract.features]


@many
@given(signatures())
def test_paths_types_and_what_must_be_sent_are_read_back(contract: Signature) -> None:
    """In whatever order objects have them: a group's fields stand together."""
    for policy in ("warn", "reject"):
        assert sorted(essence(published(contract, policy)), key=repr) == sorted(essence(contract), key=repr)


def test_every_type_is_read_back_in_the_order_of_the_fields() -> None:
    assert essence(published(EVERY_TYPE)) == essence(EVERY_TYPE)
    assert flat_names(published(EVERY_TYPE)) == flat_names(EVERY_TYPE)


@pytest.mark.parametrize("kind", NOTATIONS)
@pytest.mark.parametrize("nullable", [True, False])
def test_a_type_is_read_back_whose_values_may_be_written_as_in_the_table(kind: FeatureType, nullable: bool) -> None:
    facts = {"seen_categories": ("a", "b")} if kind is FeatureType.CATEGORY else {}
    contract = signature(feature("x", kind, notation=NOTATIONS[kind], nullable=nullable, **facts))
    assert essence(published(contract)) == essence(contract)


def test_columns_that_training_left_out_are_read_back() -> None:
    contract = Signature(features=(feature("a.x"), feature("b")), left_out={"id": "an identifier", "a.y": "a copy"})
    assert dict(published(contract).left_out).items() >= contract.left_out.items()


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"type": "string"}', b'{"properties": {"x": {}}}', b"null"])
def test_what_is_no_such_schema_is_refused(text: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="/schema"):
        signature_of(text)
