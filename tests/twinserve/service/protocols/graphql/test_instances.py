"""Input types from a signature, and back to the native JSON."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    print_schema,
)
from graphql.utilities import coerce_input_value

from twinserve.service.protocols.graphql.instances import Instances, Shape
from twinserve.signature import Constraints, Feature, FeatureType, Seen, Signature
from twinserve.testing.fakes import car, signature


def shape_of(*features: Feature) -> Shape:
    """The input type of an instance with these fields."""
    return Instances(Signature(features=features)).shape


def feature(*path: str | int, kind: FeatureType = FeatureType.NUMBER, **facts: Any) -> Feature:
    """A field."""
    return Feature(path=path, type=kind, **facts)


def printed(shape: Shape) -> str:
    """The schema language of an input type."""
    query = GraphQLField(GraphQLString, {"instance": GraphQLArgument(shape.type)})
    return print_schema(GraphQLSchema(GraphQLObjectType("Query", {"ask": query})))


def test_an_instance_comes_back_as_it_was_sent() -> None:
    """Groups, lists, dates and all: coerced by GraphQL, then made native again."""
    shape = Instances(signature()).shape
    assert shape.native(coerce_input_value(car(), shape.type)) == car()


def test_names_that_graphql_does_not_take_are_mapped_and_told() -> None:
    shape = shape_of(feature("a b"), feature("größe", "2"), feature("größe", "_2"))
    text = printed(shape)
    assert "'a b' in JSON." in text
    assert "'größe' in JSON." in text
    given = {"a_b": 1.5, "gr__e": {"_2": 3.0, "_2_2": 2.0}}
    assert shape.native(coerce_input_value(given, shape.type)) == {"a b": 1.5, "größe": {"2": 2.0, "_2": 3.0}}


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({}, "Int!"),
        ({"nullable": True}, "Int"),
        ({"nullable": True, "required": False}, "Int"),
        ({"seen": Seen(minimum=0, maximum=2.0**31)}, "Float!"),
        ({"seen": Seen(minimum=-(2.0**31), maximum=2.0**31 - 1)}, "Int!"),
        ({"constraints": Constraints(maximum=1e12)}, "Float!"),
    ],
)
def test_an_integer_that_may_be_large_is_a_float(facts: dict[str, Any], kind: str) -> None:
    """And its description says so; a value goes on as an integer."""
    shape = shape_of(feature("id", kind=FeatureType.INTEGER, **facts))
    text = printed(shape)
    assert f"id: {kind}\n" in text
    assert ("more than 32 bits" in text) == kind.startswith("Float")
    assert repr(shape.native(coerce_input_value({"id": 7}, shape.type))) == "{'id': 7}"


def test_a_list_of_one_scalar_is_a_list_and_another_an_object() -> None:
    """Of which the native JSON is a list, as long as nothing is missing in between."""
    shape = shape_of(
        *(feature("v", place) for place in range(2)),
        *(feature("w", 0), feature("w", 1, kind=FeatureType.BOOLEAN), feature("w", 2, "x")),
    )
    text = printed(shape)
    assert "v: [Float!]!" in text
    assert "w: Instance_w!" in text
    given = {"v": [1, 2.5], "w": {"_0": 1, "_1": True, "_2": {"x": 3}}}
    assert shape.native(given) == {"v": [1, 2.5], "w": [1, True, {"x": 3}]}
    assert shape.native({"v": [1, 2, 3], "w": {"_0": 1, "_2": {}}}) == {"v": [1, 2, 3], "w": [1]}


@pytest.mark.parametrize("value", [None, 5, "x", [], {"unknown": 1}, {"v": 5}, {"v": {"a": 1}}, {"w": 5}])
def test_what_is_wrong_stays_for_the_native_check(value: Any) -> None:
    shape = shape_of(*(feature("v", place) for place in range(2)), feature("w", "x"))
    assert shape.native(value) == value


def test_types_have_names_of_their_own() -> None:
    """Whatever groups are called, also like the type that another group's name makes."""
    shape = shape_of(feature("a", "b_c", "x"), feature("a_b", "c", "x"), feature("a b", "c", "x"))
    names = [line.split()[1] for line in printed(shape).splitlines() if line.startswith("input ")]
    assert len(names) == len(set(names)) == 7
    assert isinstance(shape.type, GraphQLInputObjectType)


def test_a_description_says_what_training_saw() -> None:
    shape = shape_of(
        feature("x", unit="kg", description="The weight.", seen=Seen(minimum=1, maximum=2.5)),
        feature("c", kind=FeatureType.CATEGORY, seen=Seen(categories=tuple(f"c{i}" for i in range(22)))),
        feature("d", kind=FeatureType.DATE),
    )
    text = printed(shape)
    assert "The weight. In kg. Training saw 1 to 2.5." in text
    assert "'c19' and 2 more." in text
    assert "YYYY-MM-DD." in text


def test_a_field_that_may_be_null_but_not_left_out_says_so() -> None:
    """GraphQL has no type for it; the native check tells it missing."""
    shape = shape_of(feature("must", nullable=True), feature("may", nullable=True, required=False), feature("x"))
    fields = shape.type.fields
    assert [name for name, field in fields.items() if field.description] == ["must"]
    assert fields["must"].description == "May be null, but not left out."
    assert shape.native({"x": 1.0}) == {"x": 1.0}
