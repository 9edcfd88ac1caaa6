"""The JSON Schema of what may be sent beside a nested instance: flat names, and columns that training left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from twinserve.signature.left_out import Unused, flat_names, unused
from twinserve.signature.signature import Feature, FeatureTree, Path, Signature, is_array, pointer

Schema = dict[str, Any]
COMMENT: Final = "A field of a group is sent in its group, or by its dotted name in the instance itself; never by both."


def with_other_names(schema: Schema, signature: Signature) -> Schema:
    """The schema of nested instances, changed so that it takes everything that a service takes."""
    tree = signature.tree()
    _add_unused(schema, unused(signature))
    names = flat_names(signature)
    if not names or is_array(tree):
        return schema
    for name, path in names.items():
        schema["properties"][name] = {"$ref": "#" + quote(_place(tree, path))}
    groups = {part: child for part, child in tree.items() if not isinstance(child, Feature)}
    nested = [part for part in schema["required"] if part in groups]
    schema["required"] = [part for part in schema["required"] if part not in groups]
    inside = {part: rules for part in nested if (rules := _take_required(schema["properties"][part], groups[part]))}
    return schema | {
        "$comment": COMMENT,
        "if": {"propertyNames": _none_of([*names])},
        "then": {"required": nested} | ({"properties": inside} if inside else {}),
        "else": {"allOf": [rule for part, child in groups.items() for rule in _rules(child, (part,), names)]},
    }


def _add_unused(schema: Schema, columns: Unused) -> None:
    for key, column in columns.items():
        if isinstance(column, str):
            schema["properties"][key] = {"description": f"Ignored: {column}.", "x-ignored": True}
            continue
        if not column.is_group:
            empty = {"type": "object", "properties": {}, "additionalProperties": False, "minProperties": 1}
            schema["properties"][key] = empty
        _add_unused(schema["properties"][key], column.columns)


def _place(tree: FeatureTree, path: Path) -> str:
    """The pointer to the schema of a field."""
    node: Any = tree
    parts: list[str | int] = []
    for part in path:
        parts += ["prefixItems" if is_array(node) else "properties", part]
        node = node[part]
    return pointer(parts)


def _take_required(schema: Schema, tree: FeatureTree) -> Schema:
    """Remove from the schema of a group, and of the groups in it, which fields it must have; gives that as a schema."""
    if is_array(tree):
        return {}
    taken: Schema = {"required": schema.pop("required")} if schema["required"] else {}
    inside = {
        part: rules
        for part, child in tree.items()
        if not isinstance(child, Feature) and (rules := _take_required(schema["properties"][part], child))
    }
    return taken | ({"properties": inside} if inside else {})


def _rules(node: FeatureTree | Feature, path: Path, flat: Mapping[str, Path]) -> Iterator[Schema]:
    """How each field below may be sent, where some are sent by flat names."""
    if isinstance(node, Feature):
        yield from _rules_of_field(node, path, [*_names(node, path, flat)])
    elif is_array(node):
        names = [*_names(node, path, flat)]
        as_list = {**_has(path), "propertyNames": _none_of(names)}
        yield {"oneOf": [as_list, {"required": names, "not": _has(path)}]}
    else:
        if not any(isinstance(child, Feature) and child.required for child in node.values()):
            yield {"anyOf": [_has(path), *({"required": [name]} for name in _names(node, path, flat))]}
        for part, child in node.items():
            yield from _rules(child, (*path, part), flat)


def _names(node: FeatureTree | Feature, path: Path, flat: Mapping[str, Path]) -> Iterator[str]:
    """The flat names of the fields below."""
    if not isinstance(node, Feature):
        for part, child in node.items():
            yield from _names(child, (*path, part), flat)
    elif flat.get(name := ".".join(map(str, path))) == path:
        yield name


def _rules_of_field(feature: Feature, path: Path, names: Sequence[str]) -> Iterator[Schema]:
    ways = [_has(path), *({"required": [name]} for name in names)]
    if feature.required:
        yield {"oneOf": ways}
    elif names:
        yield {"not": {"allOf": ways}}


def _has(path: Path) -> Schema:
    """The schema of the instances that hold something at a path of objects."""
    first, *rest = path
    return {"required": [first]} | ({"properties": {first: _has(tuple(rest))}} if rest else {})


def _none_of(names: Sequence[str]) -> Schema:
    return {"not": {"enum": list(names)}}
