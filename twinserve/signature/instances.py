"""Conversion of columns back to instances, as a caller would send them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from twinserve.signature.columns import Columns
from twinserve.signature.signature import Feature, FeatureTree, FeatureType, Signature, is_array
from twinserve.signature.timestamps import date_text, datetime_text


def to_instances(columns: Columns, signature: Signature) -> list[Any]:
    """For each row the nested JSON value that validates to this row."""
    return list(each_instance(columns, signature))


def each_instance(columns: Columns, signature: Signature) -> Iterator[Any]:
    """The same, one after another: a million of them take two gigabytes."""
    tree, places = signature.tree(), {feature.path: place for place, feature in enumerate(signature.features)}

    def build(node: FeatureTree | Feature, row: int) -> Any:
        if isinstance(node, Feature):
            return _value(node, columns, row, places[node.path])
        children: Mapping[Any, Any] = {part: build(child, row) for part, child in node.items()}
        return list(children.values()) if is_array(node) else children

    return (build(tree, row) for row in range(len(columns)))


def _value(feature: Feature, columns: Columns, row: int, place: int) -> Any:
    value = float(columns.matrix[row, place])
    if feature.type is FeatureType.STRING:
        return columns.texts[place][row]
    if math.isnan(value):
        return None
    match feature.type:
        case FeatureType.CATEGORY:
            return feature.vocabulary[int(value)] if value >= 0 else columns.unseen[row, place]
        case FeatureType.BOOLEAN:
            return bool(value)
        case FeatureType.INTEGER:
            return int(value)
        case FeatureType.DATE:
            return date_text(value)
        case FeatureType.DATETIME:
            return datetime_text(value)
        case _:
            return value
