"""The input of a model, read from the JSON Schema that it publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from twinserve.client.errors import Finding, UnexpectedAnswer
from twinserve.client.errors import InvalidInput as Refused
from twinserve.client.findings import refused_here
from twinserve.signature import Constraints, Feature, FeatureType, Path, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.timestamps import DATE_PATTERN, DATETIME_PATTERN

Schema = Mapping[str, Any]
IGNORED = "Ignored: "


@lru_cache(maxsize=16)
def signature_of(schema: bytes) -> Signature:
    """The features with their paths and types, whether they must be sent, what is enumerated, and which columns are
    ignored; raises `UnexpectedAnswer` for a schema that is not one of this service."""
    try:
        document = json.loads(schema)
        features = tuple(_features(document, _inside(document), ()))
        return Signature(features=features, left_out=dict(_left_out(document)))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnexpectedAnswer("The service's /schema is not one that this client can read.") from None


def _inside(document: Schema) -> Schema:
    """Which fields a group must have, where the schema says so in a condition as they may be sent flat, too."""
    then = document.get("then", {})
    return {"required": [*document.get("required", ()), *then.get("required", ())], **_groups(then)}


def _groups(rules: Schema) -> dict[str, Any]:
    return {"properties": rules["properties"]} if "properties" in rules else {}


def _features(node: Schema, rules: Schema, path: Path, *, required: bool = True) -> Iterator[Feature]:
    if "prefixItems" in node:
        for place, item in enumerate(node["prefixItems"]):
            yield from _features(item, {}, (*path, place))
    elif "properties" in node:
        needed = {*node.get("required", ()), *rules.get("required", ())}
        for name, child in node["properties"].items():
            if "$ref" not in child and not child.get("x-ignored"):
                below = rules.get("properties", {}).get(name, {})
                yield from _features(child, below, (*path, name), required=name in needed)
    else:
        yield _leaf(node, path, required=required)


def _leaf(node: Schema, path: Path, *, required: bool) -> Feature:
    given = node["type"]
    kinds = set(given) if isinstance(given, list) else {given}
    kind, is_nullable = _type(node, kinds - {"null"}), "null" in kinds
    values = tuple(value for value in node.get("enum", ()) if value is not None)
    texts = tuple(value for value in values if isinstance(value, str))
    return Feature(
        path=path,
        type=kind,
        nullable=is_nullable,
        required=required or not is_nullable,
        description=node.get("description"),
        constraints=Constraints(enumeration=texts if kind is FeatureType.CATEGORY and texts else None),
    )


def _type(node: Schema, kinds: set[str]) -> FeatureType:
    """The type of a leaf. A field that may be written as in its table has further types beside its own."""
    pattern = node.get("pattern", "")
    if "integer" in kinds and "string" in kinds and pattern:
        for kind, own in ((FeatureType.DATE, DATE_PATTERN), (FeatureType.DATETIME, DATETIME_PATTERN)):
            if pattern.startswith(f"^{own}$"):
                return kind
    if {"string", "number", "boolean"} <= kinds or kinds == {"string"}:
        is_category = "enum" in node or "x-seen-categories" in node
        return FeatureType.CATEGORY if is_category else FeatureType.STRING
    for kind in (FeatureType.BOOLEAN, FeatureType.INTEGER, FeatureType.NUMBER):
        if kind.value in kinds:
            return kind
    return FeatureType.STRING


def _left_out(document: Schema) -> Iterator[tuple[str, str]]:
    for name, child in document.get("properties", {}).items():
        if child.get("x-ignored"):
            yield name, str(child.get("description", "")).removeprefix(IGNORED).removesuffix(".")


def refused(error: InvalidInput) -> Refused:
    """What this process found of a table's columns, as the error of a call."""
    named = [(finding, ".".join(map(str, finding.path))) for finding in error.findings]
    return refused_here([Finding(one.pointer, one.code, one.detail, name) for one, name in named], error.total)
