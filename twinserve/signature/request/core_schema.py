"""The validation policy as a Pydantic core schema.

Strict JSON: no coercion, no unknown field, finite numbers only. `1.0` is an integer, as in JSON Schema. Each leaf is
converted to the value that a column holds: dates to days, datetimes to seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core import core_schema as cs

from twinserve.notations.reader import reader
from twinserve.signature.findings import range_text
from twinserve.signature.signature import ORDERED, Feature, FeatureTree, FeatureType, is_array, outside
from twinserve.signature.timestamps import days_of, seconds_of, seen_bounds

WRITTEN: Final = frozenset((str, int, float))
"""The types in which a date may be written; a boolean is none."""


def schema(tree: FeatureTree, *, reject: bool, lenient: bool = False) -> CoreSchema:
    """The schema of a group of features; with `reject` a value that training never saw is an error.

    With `lenient`, fields may be missing or unknown, and of an array only the first error is reported."""
    children = {part: _node(child, reject=reject, lenient=lenient) for part, child in tree.items()}
    if is_array(tree):  # Strict would accept tuples only; JSON's arrays are lists.
        return cs.tuple_schema(list(children.values()), strict=False, fail_fast=lenient)
    fields = {
        str(part): cs.typed_dict_field(child, required=_required(tree[part]) and not lenient)
        for part, child in children.items()
    }
    return cs.typed_dict_schema(fields, extra_behavior="ignore" if lenient else "forbid", strict=True)


def _required(node: FeatureTree | Feature) -> bool:
    return node.required if isinstance(node, Feature) else True


def _node(node: FeatureTree | Feature, *, reject: bool, lenient: bool) -> CoreSchema:
    if not isinstance(node, Feature):
        return schema(node, reject=reject, lenient=lenient)
    rules = LEAVES[node.type](node)
    if reject and node.type in ORDERED:
        rules = cs.no_info_after_validator_function(_in_range(node), rules)
    if reject and node.seen.categories is not None:
        rules = cs.no_info_after_validator_function(_in_categories(node.seen.categories), rules)
    rules = cs.nullable_schema(rules) if node.nullable else rules
    if node.notation is None:
        return rules
    read = reader(node.notation)
    return cs.no_info_before_validator_function(_timed(read) if node.type is FeatureType.DATETIME else read, rules)


def _timed(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same reader for datetimes, where a date without a time is its midnight."""

    def with_time(value: Any) -> Any:
        known = read(value)
        return f"{known}T00:00:00Z" if type(known) is str and len(known) == len("2012-01-31") else known

    return with_time


def _number(feature: Feature) -> CoreSchema:
    limits = feature.constraints
    return cs.float_schema(
        strict=True,
        allow_inf_nan=False,
        ge=limits.minimum,
        gt=limits.exclusive_minimum,
        le=limits.maximum,
        lt=limits.exclusive_maximum,
        multiple_of=limits.multiple_of,
    )


def _integer(feature: Feature) -> CoreSchema:
    rules = cs.no_info_after_validator_function(_whole, _number(feature))
    values = feature.constraints.enumeration
    return cs.no_info_after_validator_function(_one_of(values), rules) if values else rules


def _whole(value: float) -> float:
    if not value.is_integer():
        raise PydanticCustomError("integer", "not an integer")
    return value


def _one_of(values: tuple[Any, ...]) -> Callable[[Any], Any]:
    allowed, expected = (
        frozenset(values),
        ", ".join(json.dumps(value, ensure_ascii=False) for value in values),
    )

    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError("enumeration", "not in the enumeration", {"expected": expected})
        return value

    return check


def _boolean(_: Feature) -> CoreSchema:
    return cs.bool_schema(strict=True)


def _string(feature: Feature) -> CoreSchema:
    limits = feature.constraints
    return cs.str_schema(
        strict=True, min_length=limits.min_length, max_length=limits.max_length, pattern=limits.pattern
    )


def _category(feature: Feature) -> CoreSchema:
    values, text = feature.constraints.enumeration, cs.str_schema(strict=True)
    return cs.no_info_after_validator_function(_one_of(values), text) if values else text


def _date(_: Feature) -> CoreSchema:
    return cs.no_info_plain_validator_function(_reading(days_of, "date"))


def _datetime(_: Feature) -> CoreSchema:
    return cs.no_info_plain_validator_function(_reading(seconds_of, "datetime"))


def _reading(read: Callable[[Any], float], kind: Literal["date", "datetime"]) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if type(value) not in WRITTEN:
            raise PydanticCustomError("date_type" if kind == "date" else "datetime_type", "not a text or an integer")
        try:
            return read(value)
        except ValueError:
            raise PydanticCustomError(kind, "not a date or datetime") from None

    return check


def _in_range(feature: Feature) -> Callable[[float], float]:
    context = {"range": range_text(*seen_bounds(feature))}

    def check(value: float) -> float:
        if outside(value, feature.seen):
            raise PydanticCustomError("unseen_range", "outside the range of training", context)
        return value

    return check


def _in_categories(categories: tuple[str, ...]) -> Callable[[str], str]:
    known = frozenset(categories)

    def check(value: str) -> str:
        if value not in known:
            raise PydanticCustomError("unseen_category", "not a category of training")
        return value

    return check


LEAVES: Final[dict[FeatureType, Callable[[Feature], CoreSchema]]] = {
    FeatureType.NUMBER: _number,
    FeatureType.INTEGER: _integer,
    FeatureType.BOOLEAN: _boolean,
    FeatureType.STRING: _string,
    FeatureType.CATEGORY: _category,
    FeatureType.DATE: _date,
    FeatureType.DATETIME: _datetime,
}
