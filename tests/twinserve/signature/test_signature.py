"""The signature as a value: order, names, pointers, storage."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.twinserve.signature.made import feature, many, signature, signatures
from twinserve.errors import UnsupportedInput
from twinserve.signature import Constraints, Feature, FeatureType, Seen, Signature, pointer
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import is_array, outside


@many
@given(signatures())
def test_a_signature_survives_its_file(contract: Signature) -> None:
    again = Signature.model_validate_json(contract.model_dump_json())
    assert again == contract
    assert again.model_dump_json() == contract.model_dump_json()


def test_an_integer_example_survives_its_file_as_an_integer() -> None:
    again = Signature.model_validate_json(signature(feature("x", "integer", example=3)).model_dump_json())
    assert repr(again.features[0].example) == "3"


def test_integers_and_strings_of_an_enumeration_stay_what_they_are() -> None:
    contract = signature(feature("i", "integer", enumeration=(1, 2)), feature("c", "category", enumeration=("1", "2")))
    again = Signature.model_validate_json(contract.model_dump_json())
    assert [one.constraints.enumeration for one in again.features] == [(1, 2), ("1", "2")]


def test_a_feature_lies_no_deeper_than_a_body_nests() -> None:
    parts = [f"part{place}" for place in range(100)]
    deepest = Feature(path=tuple(parts[:99]), type=FeatureType.NUMBER)
    one = {parts[98]: 1}
    for part in reversed(parts[:98]):
        one = {part: one}  # type: ignore[dict-item]  # Nested.
    assert len(Validator(signature(deepest)).validate(json.dumps([one]).encode()).columns) == 1
    with pytest.raises(UnsupportedInput, match="below 'part0' has 100 parts"):
        signature(Feature(path=tuple(parts), type=FeatureType.NUMBER))


def test_a_signature_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        signature(feature("x")).features[0].nullable = True  # type: ignore[misc]  # What must fail.


def test_a_signature_has_a_feature() -> None:
    with pytest.raises(ValidationError):
        Signature(features=())


def test_two_features_cannot_share_a_column_name() -> None:
    with pytest.raises(
        UnsupportedInput, match=r"^Two features would share the column name 'a\.b'; rename one of them\.$"
    ):
        signature(feature("a.b"), Feature(path=("a.b",), type=FeatureType.NUMBER))


@pytest.mark.parametrize("names", [("a", "a.b"), ("a.b", "a"), ("a.b.c", "a.b")])
def test_a_feature_cannot_lie_below_another(names: tuple[str, str]) -> None:
    contract = signature(*(feature(name) for name in names))
    with pytest.raises(UnsupportedInput):
        contract.tree()


def test_the_tree_nests_as_an_instance_does() -> None:
    a, b, c = feature("g.a"), feature("g.v.0"), feature("x")
    tree = signature(a, b, c).tree()
    assert tree == {"g": {"a": a, "v": {0: b}}, "x": c}
    assert not is_array(tree)
    assert is_array({0: b})
    assert not is_array({"0": b})


@pytest.mark.parametrize(
    ("path", "expected"),
    [((), ""), (("a", 0), "/a/0"), (("a/b", "m~n"), "/a~1b/m~0n"), (("~1",), "/~01"), (("",), "/")],
)
def test_pointers_are_those_of_rfc_6901(path: tuple[str | int, ...], expected: str) -> None:
    assert pointer(path) == expected


def test_the_vocabulary_is_what_was_declared_before_what_was_seen() -> None:
    assert feature("c", "category", enumeration=("b", "a"), seen_categories=("a",)).vocabulary == ("b", "a")
    assert feature("c", "category", seen_categories=("a",)).vocabulary == ("a",)
    assert feature("c", "category").vocabulary == ()
    assert feature("i", "integer", enumeration=(1, 2)).vocabulary == ()


@pytest.mark.parametrize(
    ("value", "seen", "expected"),
    [
        (1.0, Seen(minimum=1, maximum=2), False),
        (0.9, Seen(minimum=1, maximum=2), True),
        (2.1, Seen(minimum=1, maximum=2), True),
        (-1e308, Seen(maximum=2), False),
        (1e308, Seen(minimum=1), False),
        (1e308, Seen(), False),
        (math.nan, Seen(minimum=1, maximum=2), False),
    ],
)
def test_null_is_never_outside_what_training_saw(value: float, seen: Seen, expected: bool) -> None:
    assert outside(value, seen) is expected


def test_observations_come_in_the_order_of_the_features() -> None:
    first, second = Seen(minimum=1), Seen(minimum=2)
    observed = signature(feature("a"), feature("b")).observed([first, second])
    assert [one.seen for one in observed.features] == [first, second]
    with pytest.raises(ValueError, match="shorter"):
        observed.observed([first])


def test_constraints_know_no_others() -> None:
    with pytest.raises(ValidationError):
        Constraints.model_validate({"minimun": 1})
