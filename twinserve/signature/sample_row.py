"""A made-up instance to try a service with: of each field what training saw most, never a row of the table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import Feature, FeatureTree, FeatureType, Signature, is_array
from twinserve.signature.timestamps import date_text, datetime_text

Value = bool | int | float | str | None


def sample_row(signature: Signature) -> Any | None:
    """An instance of the medians and the most frequent categories; None where some field has no value that is valid."""
    chosen = {}
    for feature in signature.features:
        alone = feature.model_copy(update={"path": ("field",)})
        validator = Validator(Signature(features=(alone,)), out_of_range="reject")
        found = [value for value in _candidates(feature) if _is_valid(validator, value)]
        if not found:
            return None
        chosen[feature.path] = found[0]

    def build(node: FeatureTree | Feature) -> Any:
        if isinstance(node, Feature):
            return chosen[node.path]
        children = {part: build(child) for part, child in node.items()}
        return list(children.values()) if is_array(node) else children

    return build(signature.tree())


def _is_valid(validator: Validator, value: Value) -> bool:
    try:
        validator.validate(json.dumps({"field": value}).encode())
    except InvalidInput:
        return False
    return True


def _candidates(feature: Feature) -> Iterator[Value]:
    """Values for a feature, the best one first."""
    seen, limits = feature.seen, feature.constraints
    if seen.most_frequent is not None:
        yield seen.most_frequent
    if seen.quantiles:
        yield from _written(feature, seen.quantiles[len(seen.quantiles) // 2])
    if feature.example is not None:
        yield feature.example
    yield from limits.enumeration or ()
    yield from seen.categories or ()
    for bound in (seen.minimum, seen.maximum):
        if bound is not None:
            yield from _written(feature, bound)
    if feature.nullable:
        yield None
    yield from _made_up(feature)


def _made_up(feature: Feature) -> Iterator[Value]:
    """Values for a feature of which training saw nothing."""
    limits = feature.constraints
    match feature.type:
        case FeatureType.BOOLEAN:
            yield False
        case FeatureType.STRING | FeatureType.CATEGORY:
            yield from ("text", "x" * (limits.min_length or 0))
        case FeatureType.DATE | FeatureType.DATETIME:
            yield from _written(feature, 0.0)
        case _:
            step = limits.multiple_of or 1
            bounds = (limits.minimum, limits.exclusive_minimum, limits.maximum, limits.exclusive_maximum)
            near = [0.0, *(bound for bound in bounds if bound is not None)]
            low, high = max(near), min(near)
            for number in (*near, (low + high) / 2, *(near[-1] + step * offset for offset in (1, -1))):
                yield from _written(feature, number)


def _written(feature: Feature, number: float) -> Iterator[Value]:
    """A column's number as a caller writes it: with few digits, if that is valid, or else with all."""
    step = feature.constraints.multiple_of
    match feature.type:
        case FeatureType.DATE:
            yield date_text(math.floor(number))
        case FeatureType.DATETIME:
            yield datetime_text(math.floor(number))
        case FeatureType.INTEGER:
            yield from (round(number / step) * int(step) if step else round(number), math.floor(number))
        case FeatureType.NUMBER:
            yield from ((round(number / step) * step,) if step else ())
            yield from (float(f"{number:.4g}"), number)
        case _:
            return
