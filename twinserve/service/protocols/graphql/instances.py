"""The input types of GraphQL for an instance, and how their values become those of the native JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)

from twinserve.service.protocols.graphql.names import free, graphql_names
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.signature import FeatureTree, PathPart, is_array, pointer

INSTANCE: Final = "Instance"
"""The name of the type of an instance."""
SMALL: Final = 2**31
"""GraphQL's own integers are below, in magnitude."""
MOST_LISTED: Final = 20
"""Categories that a description lists."""
SCALARS: Final = {FeatureType.NUMBER: GraphQLFloat, FeatureType.BOOLEAN: GraphQLBoolean}
"""Of the types that are not text; integers have one or the other."""


class Shape(NamedTuple):
    """A field or group of an instance in GraphQL."""

    type: Any
    """Its input type, without whether it is required."""
    native: Callable[[Any], Any]
    """The value for the native JSON of a value of this type. Another value stays as it is, for the native check to
    find."""
    description: str | None = None
    is_required: bool = True


class Instances:
    """Makes the input types of one signature."""

    def __init__(self, signature: Signature) -> None:
        self._descriptions = signature.descriptions
        self._types: set[str] = set()
        self.shape = self._group(signature.tree(), (), INSTANCE)

    def _shape(self, node: FeatureTree | Feature, path: tuple[PathPart, ...], name: str) -> Shape:
        if isinstance(node, Feature):
            return leaf(node)
        return self._list(node, path, name) if is_array(node) else self._group(node, path, name)

    def _list(self, tree: FeatureTree, path: tuple[PathPart, ...], name: str) -> Shape:
        """A list where all places have one scalar type, else an object with a field for each place."""
        shapes = [leaf(node) for node in tree.values() if isinstance(node, Feature)]
        if len(shapes) < len(tree) or len({shape.type for shape in shapes}) > 1:
            group = self._group({str(place): node for place, node in tree.items()}, path, name)
            return group._replace(native=lambda value: in_order(group.native(value), len(tree)))
        element = shapes[0].type if any(not shape.is_required for shape in shapes) else GraphQLNonNull(shapes[0].type)
        description = f"A list of {len(tree)}. {self._descriptions.get(pointer(path), '')}".strip()

        def native(value: Any) -> Any:
            if not isinstance(value, list):
                return value
            known = [shape.native(item) for shape, item in zip(shapes, value, strict=False)]
            return [*known, *value[len(known) :]]

        return Shape(GraphQLList(element), native, description)

    def _group(self, tree: FeatureTree, path: tuple[PathPart, ...], name: str) -> Shape:
        parts = {str(part): node for part, node in tree.items()}
        names = graphql_names(parts)
        type_name = free(name, self._types)
        shapes = {part: self._shape(node, (*path, part), f"{name}_{names[part]}") for part, node in parts.items()}
        fields = {names[part]: field(part, names[part], shape) for part, shape in shapes.items()}
        parts_of = {given: part for part, given in names.items()}

        def native(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            given = ((parts_of.get(key, key), item) for key, item in value.items())
            return {part: shapes[part].native(item) if part in shapes else item for part, item in given}

        description = self._descriptions.get(pointer(path))
        return Shape(GraphQLInputObjectType(type_name, fields, description), native, description)


def field(part: str, name: str, shape: Shape) -> GraphQLInputField:
    """A field of an input object; a name that had to be changed is told."""
    told = [] if part == name else [f"{part!r} in JSON."]
    description = " ".join([*told, *([shape.description] if shape.description else [])])
    kind = GraphQLNonNull(shape.type) if shape.is_required else shape.type
    return GraphQLInputField(kind, description=description or None)


def in_order(value: Any, length: int) -> Any:
    """A list of what an object has at the keys 0, 1, ...; it ends before the first one that is missing."""
    if not isinstance(value, dict):
        return value
    keys = [str(place) for place in range(length)]
    missing = next((place for place, key in enumerate(keys) if key not in value), length)
    return [value[key] for key in keys[:missing]]


def leaf(feature: Feature) -> Shape:
    """A field; null and leaving it out are one in GraphQL."""
    is_required = feature.required and not feature.nullable
    kind = scalar(feature)
    if feature.type is FeatureType.INTEGER and kind is GraphQLFloat:
        return Shape(kind, whole, described(feature), is_required)
    return Shape(kind, lambda value: value, described(feature), is_required)


def scalar(feature: Feature) -> GraphQLScalarType:
    """The scalar of a field: an integer that may be beyond 32 bits is a float."""
    if feature.type is not FeatureType.INTEGER:
        return SCALARS.get(feature.type, GraphQLString)
    declared, seen = feature.constraints, feature.seen
    ends = (declared.minimum, declared.maximum, seen.minimum, seen.maximum)
    return GraphQLInt if all(end is None or -SMALL <= end < SMALL for end in ends) else GraphQLFloat


def whole(value: Any) -> Any:
    """An integer for a float without a fraction, as the native JSON wants it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def described(feature: Feature) -> str | None:
    """What a person should know of a field."""
    told = [feature.description, None if feature.unit is None else f"In {feature.unit}."]
    if feature.nullable and feature.required:
        told.append("May be null, but not left out.")
    if feature.type is FeatureType.INTEGER and scalar(feature) is GraphQLFloat:
        told.append("An integer, as a float because it may have more than 32 bits.")
    if feature.type in (FeatureType.DATE, FeatureType.DATETIME):
        told.append("YYYY-MM-DD." if feature.type is FeatureType.DATE else "A date and time as in RFC 3339.")
    told.extend((listed(feature.vocabulary), seen_range(feature)))
    return " ".join(part for part in told if part) or None


def listed(categories: tuple[str, ...]) -> str | None:
    """The categories, or the first of many."""
    if not categories:
        return None
    more = f" and {len(categories) - MOST_LISTED} more" if len(categories) > MOST_LISTED else ""
    return f"One of {', '.join(map(repr, categories[:MOST_LISTED]))}{more}."


def seen_range(feature: Feature) -> str | None:
    """The range that training saw."""
    low, high = feature.seen.minimum, feature.seen.maximum
    if feature.type not in (FeatureType.NUMBER, FeatureType.INTEGER) or low is None or high is None:
        return None
    return f"Training saw {low:g} to {high:g}."
