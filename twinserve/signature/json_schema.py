"""The JSON Schema (2020-12) of a signature.

Its bounds and enumerations are the declared ones and, under the policy `reject`, those that training saw; under `warn`
the latter are annotations (`x-seen-range`, `x-seen-categories`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from twinserve.notations.notation import Notation
from twinserve.notations.patterns import pattern, words
from twinserve.notations.reader import text_of_value
from twinserve.signature.either_name import with_other_names
from twinserve.signature.findings import range_text
from twinserve.signature.left_out import null_groups
from twinserve.signature.signature import (
    TEMPORAL,
    TEXTUAL,
    Feature,
    FeatureTree,
    FeatureType,
    OutOfRange,
    Path,
    Signature,
    is_array,
    pointer,
)
from twinserve.signature.timestamps import DATE_PATTERN, DATETIME_PATTERN, DAY, FIRST, LAST, seen_bounds

Schema = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# JSON Schema's keyword for each constraint.
KEYWORDS: Final[Mapping[str, str]] = {
    "minimum": "minimum",
    "exclusive_minimum": "exclusiveMinimum",
    "maximum": "maximum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "enumeration": "enum",
}
TYPES: Final[Mapping[FeatureType, Schema]] = {
    FeatureType.NUMBER: {"type": "number"},
    FeatureType.INTEGER: {"type": "integer"},
    FeatureType.BOOLEAN: {"type": "boolean"},
    FeatureType.STRING: {"type": "string"},
    FeatureType.CATEGORY: {"type": "string"},
    FeatureType.DATE: {
        "type": ["string", "integer"],
        "pattern": f"^{DATE_PATTERN}$",
        "minimum": FIRST,
        "maximum": LAST,
        "multipleOf": DAY,
    },
    FeatureType.DATETIME: {
        "type": ["string", "integer"],
        "pattern": f"^{DATETIME_PATTERN}$",
        "minimum": FIRST,
        "maximum": LAST,
    },
}

FORMATS: Final[Mapping[FeatureType, str]] = {
    FeatureType.NUMBER: "double",
    FeatureType.INTEGER: "int64",
    FeatureType.DATE: "date",
    FeatureType.DATETIME: "date-time",
}
ANNOTATIONS: Final = frozenset({"description", "examples", "x-unit", "x-seen-range", "x-seen-categories"})
WRITTEN: Final[Mapping[FeatureType, str]] = {
    FeatureType.DATE: "YYYY-MM-DD, or its midnight as a date and time or as milliseconds since 1970 (UTC).",
    FeatureType.DATETIME: "RFC 3339, or milliseconds since 1970; without an offset it is in UTC.",
}


def json_schema(
    signature: Signature, *, out_of_range: OutOfRange = "warn", examples: Sequence[Any] = (), flat: bool = True
) -> Schema:
    """The schema of one instance, with these examples.

    Without `flat` for programs that make clients and requests of a schema, which take conditions and choices badly: of
    nested instances only, each value in one form, without the columns that are ignored."""

    def node(child: FeatureTree | Feature, path: Path) -> Schema:
        if isinstance(child, Feature):
            return _leaf(child, reject=out_of_range == "reject", plain=not flat)
        described = signature.descriptions.get(pointer(path))
        about = {"description": described} if described else {}
        children = {part: node(grandchild, (*path, part)) for part, grandchild in child.items()}
        return about | (
            _array(children, plain=not flat) if is_array(child) else _object(child, children, null=path in may_be_null)
        )

    may_be_null = null_groups(signature)
    schema = {"$schema": DIALECT, "title": "Instance"} | node(signature.tree(), ())
    schema = with_other_names(schema, signature) if flat else schema
    return schema | ({"examples": list(examples)} if examples else {})


def _object(tree: FeatureTree, children: Mapping[Any, Schema], *, null: bool) -> Schema:
    required = [part for part, child in tree.items() if not isinstance(child, Feature) or child.required]
    return {
        "type": ["object", "null"] if null else "object",
        "properties": dict(children),
        "required": required,
        "additionalProperties": False,
    }


def _array(children: Mapping[Any, Schema], *, plain: bool) -> Schema:
    places = list(children.values())
    if not plain:
        return {"type": "array", "prefixItems": places, "items": False, "minItems": len(places)}
    rules = [{key: value for key, value in place.items() if key not in ANNOTATIONS} for place in places]
    shared = {key: value for key, value in rules[0].items() if all(rule.get(key) == value for rule in rules)}
    exact = {} if all(rule == shared for rule in rules) else {"prefixItems": places}
    return {"type": "array", **exact, "items": shared, "minItems": len(places), "maxItems": len(places)}


def _own_type(kind: FeatureType) -> Schema:
    """A feature's own type, where others that are taken are left out."""
    own = {"type": "string", "pattern": TYPES[kind]["pattern"]} if kind in TEMPORAL else TYPES[kind]
    return {**own, **({"format": FORMATS[kind]} if kind in FORMATS else {})}


def _leaf(feature: Feature, *, reject: bool, plain: bool) -> Schema:
    given = {name: value for name, value in feature.constraints if value is not None}
    leaf = _own_type(feature.type) if plain else dict(TYPES[feature.type])
    leaf |= {KEYWORDS[name]: _plain(value) for name, value in given.items()}
    leaf |= {"description": about} if (about := _about(feature)) else {}
    leaf |= {"x-unit": feature.unit} if feature.unit else {}
    leaf |= {"examples": [feature.example]} if feature.example is not None else {}
    leaf |= (_seen_as_rules if reject else _seen_as_notes)(feature, leaf)
    leaf = leaf if plain else _written(leaf, feature)
    if feature.nullable and plain and "enum" in leaf:  # A type for null among others doubles the enumeration.
        rule = {"type": leaf.pop("type"), "enum": leaf.pop("enum")}
        return {"anyOf": [rule, {"type": "null"}]} | leaf
    if feature.nullable:
        kind = leaf["type"]
        leaf["type"] = [*(kind if isinstance(kind, list) else [kind]), "null"]
        leaf |= {"enum": [*leaf["enum"], None]} if "enum" in leaf else {}
    return leaf


def _about(feature: Feature) -> str:
    """What is known of a field, in words: documents show no annotations of ours."""
    low, high = seen_bounds(feature)
    sentences = [
        feature.description,
        f"Unit: {feature.unit}." if feature.unit else None,
        WRITTEN.get(feature.type),
        f"Or {told}, as in the table." if (told := _told(feature.notation)) else None,
        f"Training saw {range_text(*map(_short, (low, high)))}." if low is not None and high is not None else None,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _told(notation: Notation | None) -> str | None:
    return None if notation is None else words(notation)


def _written(leaf: Schema, feature: Feature) -> Schema:
    """The leaf with the further types, and the texts, of a feature that may be written as in its table."""
    if feature.notation is None or (feature.type in TEXTUAL and feature.notation.form != "text of a value"):
        return leaf
    if feature.type in TEXTUAL:
        values = {"enum": [*leaf["enum"], *_values(leaf["enum"])]} if "enum" in leaf else {}
        return leaf | {"type": ["string", "number", "boolean"]} | values
    kinds = leaf["type"] if isinstance(leaf["type"], list) else [leaf["type"]]
    if feature.notation.form == "date in digits":
        leaf.pop("multipleOf", None)  # A number may be other than a midnight in milliseconds.
    own, rule = leaf.pop("pattern", None), pattern(feature.notation)
    texts = {} if rule is None else {"pattern": rule if own is None else f"{own}|{rule}"}
    return leaf | {"type": list(dict.fromkeys([*kinds, "string"]))} | texts


def _values(texts: Sequence[Any]) -> Iterator[Any]:
    """The numbers and booleans that stand for these texts."""
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if text_of_value(value) == text:
            yield value


def _short(bound: float | str | None) -> str:
    return str(bound).removesuffix(".0")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _seen_as_notes(feature: Feature, _: Schema) -> Schema:
    notes, seen = _range_note(feature), feature.seen
    if seen.categories is not None:
        notes["x-seen-categories"] = list(seen.categories)
    return notes


def _range_note(feature: Feature) -> Schema:
    return {} if feature.seen.minimum is None else {"x-seen-range": list(seen_bounds(feature))}


def _seen_as_rules(feature: Feature, declared: Schema) -> Schema:
    rules: Schema = {}
    seen = feature.seen
    if feature.type in TEMPORAL:
        rules = _range_note(feature)  # Still an annotation: JSON Schema has no bounds for strings.
    elif seen.minimum is not None and seen.maximum is not None:
        rules["minimum"] = max(seen.minimum, declared.get("minimum", seen.minimum))
        rules["maximum"] = min(seen.maximum, declared.get("maximum", seen.maximum))
    if seen.categories is not None:
        known = set(seen.categories)
        rules["enum"] = [value for value in declared.get("enum", seen.categories) if value in known]
    return rules
