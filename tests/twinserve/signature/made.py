"""Signatures and instances made by hand or at random, for the tests of `twinserve/signature`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from twinserve.notations.notation import Notation
from twinserve.signature import Columns, Constraints, Feature, FeatureType, Seen, Signature
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import NUMERIC, TEMPORAL
from twinserve.signature.timestamps import DAY, FIRST, LAST

Json = Any

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Enough examples to meet the odd ones; the time of one varies too much for a deadline."""


def feature(name: str, kind: str = "number", **facts: Any) -> Feature:
    """A feature at a dotted path; facts of `Constraints` and `Seen` may be given beside those of `Feature`."""
    declared = {key: facts.pop(key) for key in tuple(facts) if key in Constraints.model_fields}
    seen = {key[5:]: facts.pop(key) for key in tuple(facts) if key.startswith("seen_")}
    path = tuple(int(part) if part.isdigit() else part for part in name.split("."))
    return Feature(path=path, type=FeatureType(kind), constraints=Constraints(**declared), seen=Seen(**seen), **facts)


def signature(*features: Feature) -> Signature:
    """A signature of these features."""
    return Signature(features=features)


def rows(values: Sequence[float]) -> Columns:
    """Instances of one number each."""
    return Columns(np.array(values, dtype=np.float64).reshape(-1, 1))


def one(kind: str = "number", **facts: Any) -> Validator:
    """The validator of instances with one field, `x`."""
    return Validator(signature(feature("x", kind, **facts)))


EVERY_TYPE = signature(
    feature("group.number", minimum=-5, maximum=5, seen_minimum=-1.0, seen_maximum=1.0),
    feature("group.integer", "integer", nullable=True),
    feature("group.deep.boolean", "boolean"),
    feature("note", "string", nullable=True),
    feature("size", "category", enumeration=("small", "large"), seen_categories=("small",)),
    feature("town", "category", nullable=True, required=False, seen_categories=("Oslo", "Bergen: Nord")),
    feature("day", "date", nullable=True),
    feature("at", "datetime"),
    feature("place.0"),
    feature("place.1", nullable=True),
)
VALID: Json = {
    "group": {"number": 0.5, "integer": 3, "deep": {"boolean": True}},
    "note": 'a "colon": here',
    "size": "large",
    "town": "Ålesund",
    "day": "2024-02-29",
    "at": "2024-02-29T12:30:00.250000+00:00",
    "place": [59.9, None],
}

# ---- at random ------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "d e", "f/g", "h~i", "ø", "0"])
NUMBERS = st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 3))
WHOLE = st.integers(-50, 50)
TEXTS = st.text(st.sampled_from('ab:é\U0001f600"\\\n'), max_size=6)
INSTANTS = st.integers(FIRST - 9, LAST + 9)
LEFT_OUT = ("a", "a.b", "a.z", "x", "y.z", "y.q", "d e.q.r")
COLOURS = ("red", "green", "b:lue")


NOTATIONS: dict[FeatureType, Notation] = {
    FeatureType.NUMBER: Notation(form="amount", unit="$", nulls=("-",)),
    FeatureType.INTEGER: Notation(form="amount"),
    FeatureType.BOOLEAN: Notation(form="boolean"),
    FeatureType.STRING: Notation(form="as it is"),
    FeatureType.CATEGORY: Notation(form="text of a value"),
    FeatureType.DATE: Notation(form="date with the day first"),
    FeatureType.DATETIME: Notation(form="date with the year first"),
}
"""A notation that suits each type."""


@st.composite
def leaves(draw: st.DrawFn, path: tuple[str | int, ...], *, in_list: bool = False) -> Feature:
    """One feature with constraints and with what training saw."""
    kinds = (FeatureType.NUMBER, FeatureType.INTEGER) if in_list else tuple(FeatureType)
    kind = draw(st.sampled_from(kinds))
    nullable = draw(st.booleans())
    limits: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    if kind in NUMERIC:
        low, high = sorted((draw(WHOLE), draw(WHOLE)))
        limits = draw(st.sampled_from(({}, {"minimum": low}, {"exclusive_minimum": low, "maximum": high})))
        if draw(st.booleans()):
            seen = {"minimum": float(low), "maximum": float(high)}
    if kind is FeatureType.INTEGER and draw(st.booleans()):
        limits = {"enumeration": (1, 2, 30)}
    if kind is FeatureType.STRING:
        limits = draw(st.sampled_from(({}, {"min_length": 1, "max_length": 3}, {"pattern": "^[ab]*"})))
    if kind in TEMPORAL and draw(st.booleans()):
        seen = {"minimum": -1e5, "maximum": 1e5}
    if kind is FeatureType.CATEGORY:
        limits = draw(st.sampled_from(({}, {"enumeration": COLOURS})))
        seen = {"categories": COLOURS[:2]}
    return Feature(
        path=path,
        type=kind,
        nullable=nullable,
        required=in_list or not nullable or draw(st.booleans()),
        constraints=Constraints(**limits),
        seen=Seen(**seen),
    )


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    """A signature of up to twelve features, nested up to three deep, with lists."""

    def walk(path: tuple[str | int, ...], depth: int) -> list[Feature]:
        features: list[Feature] = []
        for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
            here = (*path, name)
            shape = draw(st.sampled_from(("leaf", "leaf", "group", "list"))) if depth else "leaf"
            if shape == "leaf":
                features.append(draw(leaves(here)))
            elif shape == "list":
                features += [draw(leaves((*here, place), in_list=True)) for place in range(draw(st.integers(1, 3)))]
            else:
                features += walk(here, depth - 1)
        return features

    left_out = draw(st.lists(st.sampled_from(LEFT_OUT), max_size=3, unique=True))
    return Signature(features=tuple(walk((), 2)), left_out=dict.fromkeys(left_out, "it is of no use"))


def _values(feature: Feature) -> st.SearchStrategy[Json]:
    """Values that often fit a feature, and sometimes do not."""
    fitting: dict[FeatureType, st.SearchStrategy[Json]] = {
        FeatureType.NUMBER: NUMBERS | WHOLE,
        FeatureType.INTEGER: WHOLE | WHOLE.map(float) | st.sampled_from((1, 2, 30)),
        FeatureType.BOOLEAN: st.booleans(),
        FeatureType.STRING: TEXTS,
        FeatureType.CATEGORY: st.sampled_from((*COLOURS, "mauve")),
        FeatureType.DATE: st.dates().map(lambda day: day.isoformat()) | INSTANTS.map(lambda day: day // DAY * DAY),
        FeatureType.DATETIME: st.datetimes().map(lambda instant: instant.isoformat() + "Z") | INSTANTS,
    }
    odd: st.SearchStrategy[Json] = st.none() | st.booleans() | NUMBERS | WHOLE | TEXTS | st.just([]) | st.just({})
    usual = fitting[feature.type]
    return st.integers(0, 11).flatmap(lambda number: odd if number == 0 else usual)


@st.composite
def instances(draw: st.DrawFn, contract: Signature) -> Json:
    """A value that is an instance of the signature, or nearly one."""

    def build(node: Any) -> Json:
        if isinstance(node, Feature):
            return draw(_values(node))
        if draw(st.integers(0, 30)) == 0:
            return draw(st.sampled_from((None, [], {}, 1, "x")))
        if 0 in node:
            values = [build(child) for child in node.values()]
            return values + [1.0] * (draw(st.integers(0, 15)) == 0)
        fields = {part: build(child) for part, child in node.items() if _kept(draw, child)}
        return fields | ({"unknown": 1} if draw(st.integers(0, 25)) == 0 else {})

    return build(contract.tree())


@st.composite
def spelled_instances(draw: st.DrawFn, contract: Signature) -> Json:
    """The same, with flat names and columns that training left out."""
    instance = draw(instances(contract))
    if not isinstance(instance, dict):
        return instance
    for feature in contract.features:
        if draw(st.integers(0, 5)) == 0:
            _move(instance, feature, draw)
    for name in contract.left_out:
        instance |= draw(st.sampled_from(({}, {}, {name: 1}, {name.split(".")[0]: {name.split(".")[-1]: []}})))
    return instance


def _move(instance: Json, feature: Feature, draw: st.DrawFn) -> None:
    """Write a field by its flat name, too, or instead."""
    node: Any = instance
    for part in feature.path[:-1]:
        key: Any = part
        node = node[key] if isinstance(node, list if isinstance(part, int) else dict) and _holds(node, part) else None
    last: Any = feature.path[-1]
    if not isinstance(node, (dict, list)) or not _holds(node, last):
        instance[feature.name] = draw(_values(feature))
        return
    instance[feature.name] = node[last]
    if draw(st.integers(0, 9)) and isinstance(node, dict) and len(feature.path) > 1:
        del node[last]
    if draw(st.booleans()) and isinstance(node, list):
        del instance[feature.path[0]]


def _holds(node: Json, part: str | int) -> bool:
    return part in node if isinstance(node, dict) else isinstance(part, int) and part < len(node)


def _kept(draw: st.DrawFn, child: Any) -> bool:
    optional = isinstance(child, Feature) and not child.required
    return draw(st.integers(0, 2 if optional else 30)) != 0


def same(one: Columns, other: Columns) -> bool:
    """Do these hold the same values, null where null?"""
    return (
        np.array_equal(one.matrix, other.matrix, equal_nan=True)
        and dict(one.unseen) == dict(other.unseen)
        and {place: list(texts) for place, texts in one.texts.items()}
        == {place: list(texts) for place, texts in other.texts.items()}
    )
