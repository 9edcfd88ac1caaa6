"""The changes between two signatures; an instance that was valid stays so under every change that is not breaking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import (
    EVERY_TYPE,
    NOTATIONS,
    feature,
    instances,
    leaves,
    many,
    signature,
    signatures,
)
from twinserve.notations.notation import Notation
from twinserve.signature import Constraints, Feature, FeatureType, Signature, diff
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Validator

DOLLARS = NOTATIONS[FeatureType.NUMBER]


def said(old: Feature, new: Feature) -> list[str]:
    """The changes between two signatures of one feature, as they are printed."""
    return [str(change) for change in diff(signature(old), signature(new))]


def test_the_same_signature_has_no_changes() -> None:
    assert diff(EVERY_TYPE, EVERY_TYPE) == []


def test_what_training_saw_is_no_change_but_for_categories() -> None:
    assert said(feature("x", seen_minimum=0.0), feature("x", seen_minimum=1.0, description="Another.")) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # notations
        (feature("x"), feature("x", notation=DOLLARS), ["x: is now also taken as its table writes it"]),
        (feature("x", notation=DOLLARS), feature("x"), ["x: is no longer taken as its table wrote it (breaking)"]),
        (
            feature("x", notation=DOLLARS),
            feature("x", notation=DOLLARS.model_copy(update={"nulls": ("-", "?")})),
            ["x: is taken as its table writes it, which has changed"],
        ),
        (
            feature("x", notation=DOLLARS),
            feature("x", notation=DOLLARS.model_copy(update={"unit": "€"})),
            ["x: is taken as its table writes it, which has changed (breaking)"],
        ),
        (
            feature("x", notation=DOLLARS),
            feature("x", notation=Notation(form="time or duration")),
            ["x: is no longer taken as its table wrote it (breaking)"],
        ),
        # types
        (feature("x", "integer"), feature("x"), ["x: integer became number"]),
        (feature("x"), feature("x", "integer"), ["x: number became integer (breaking)"]),
        (feature("x", "category"), feature("x", "string"), ["x: category became string"]),
        (feature("x", "string"), feature("x", "category"), ["x: string became category (breaking)"]),
        (feature("x", "boolean"), feature("x"), ["x: boolean became number (breaking)"]),
        (feature("x", "date"), feature("x", "datetime"), ["x: date became datetime (breaking)"]),
        # null and absence
        (feature("x"), feature("x", nullable=True), ["x: null is now allowed"]),
        (feature("x", nullable=True), feature("x"), ["x: null is no longer allowed (breaking)"]),
        (
            feature("x", nullable=True, required=False),
            feature("x", nullable=True),
            ["x: is now required (breaking)"],
        ),
        (feature("x", nullable=True), feature("x", nullable=True, required=False), ["x: is no longer required"]),
        # bounds
        (feature("x"), feature("x", minimum=0), ["x: minimum none became 0.0 (breaking)"]),
        (feature("x", minimum=0), feature("x"), ["x: minimum 0.0 became none"]),
        (feature("x", minimum=0), feature("x", minimum=1), ["x: minimum 0.0 became 1.0 (breaking)"]),
        (feature("x", minimum=1), feature("x", minimum=0), ["x: minimum 1.0 became 0.0"]),
        (feature("x", maximum=1), feature("x", maximum=0), ["x: maximum 1.0 became 0.0 (breaking)"]),
        (feature("x", maximum=0), feature("x", maximum=1), ["x: maximum 0.0 became 1.0"]),
        (
            feature("x", exclusive_maximum=1),
            feature("x", exclusive_maximum=0),
            ["x: exclusive_maximum 1.0 became 0.0 (breaking)"],
        ),
        (
            feature("x", exclusive_minimum=1),
            feature("x", exclusive_minimum=0),
            ["x: exclusive_minimum 1.0 became 0.0"],
        ),
        (feature("x"), feature("x", multiple_of=2), ["x: multiple_of none became 2.0 (breaking)"]),
        (feature("x", multiple_of=2), feature("x"), ["x: multiple_of 2.0 became none"]),
        (
            feature("x", "string", min_length=1),
            feature("x", "string", min_length=2),
            ["x: min_length 1 became 2 (breaking)"],
        ),
        (feature("x", "string", max_length=1), feature("x", "string", max_length=2), ["x: max_length 1 became 2"]),
        (
            feature("x", "string", pattern="a"),
            feature("x", "string", pattern="b"),
            ["x: pattern a became b (breaking)"],
        ),
        (feature("x", "string", pattern="a"), feature("x", "string"), ["x: pattern a became none"]),
        # categories
        (
            feature("x", "category", enumeration=("a", "b")),
            feature("x", "category", enumeration=("b", "c")),
            ["x: the category 'a' is gone (breaking)", "x: the category 'c' is new"],
        ),
        (
            feature("x", "category", seen_categories=("a", "b")),
            feature("x", "category", seen_categories=("b",)),
            ["x: the category 'a' is gone (breaking)"],
        ),
        (
            feature("x", "category", seen_categories=("a",)),
            feature("x", "category", enumeration=("a",)),
            ["x: only 1 values are allowed now (breaking)"],
        ),
        (
            feature("x", "category", enumeration=("a",)),
            feature("x", "category", seen_categories=("a",)),
            ["x: any value is allowed now"],
        ),
        (
            feature("x", "integer", enumeration=(1, 2)),
            feature("x", "integer", enumeration=(2, 3)),
            ["x: the category '1' is gone (breaking)", "x: the category '3' is new"],
        ),
        (feature("x", "integer", enumeration=(1, 2)), feature("x", "integer"), ["x: any value is allowed now"]),
        # several at once
        (
            feature("x", nullable=True, minimum=0),
            feature("x", minimum=1, maximum=2),
            [
                "x: null is no longer allowed (breaking)",
                "x: minimum 0.0 became 1.0 (breaking)",
                "x: maximum none became 2.0 (breaking)",
            ],
        ),
    ],
)
def test_each_change_of_a_field(old: Feature, new: Feature, expected: list[str]) -> None:
    assert said(old, new) == expected


X = feature("x")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (signature(X), signature(X, feature("y")), ["y: a new required field (breaking)"]),
        (signature(X), signature(X, feature("y", nullable=True)), ["y: a new required field (breaking)"]),
        (signature(X), signature(X, feature("y", nullable=True, required=False)), ["y: a new optional field"]),
        (signature(X, feature("y")), signature(X), ["y: removed, so it is refused as unknown (breaking)"]),
        (
            signature(X, feature("g.y")),
            signature(X, feature("g.y"), feature("g.z", nullable=True, required=False)),
            ["g.z: a new optional field"],
        ),
        (
            signature(X),
            signature(X, feature("g.y", nullable=True, required=False)),
            ["g.y: a new field in a group that is new (breaking)"],
        ),
        (
            signature(feature("p.0")),
            signature(feature("p.0"), feature("p.1", nullable=True, required=False)),
            ["p.1: a new field in a list that is new (breaking)"],
        ),
        (signature(X, feature("y")), signature(feature("y"), X), []),
    ],
)
def test_fields_that_come_and_go(old: Signature, new: Signature, expected: list[str]) -> None:
    assert [str(change) for change in diff(old, new)] == expected


def test_changes_are_in_the_order_of_the_new_signature_and_what_is_gone_comes_last() -> None:
    old = signature(feature("gone"), feature("a"), feature("b"))
    new = signature(feature("b", nullable=True), feature("new"), feature("a", nullable=True))
    assert [change.name for change in diff(old, new)] == ["b", "new", "a", "gone"]


# ---- at random ------------------------------------------------------------------------------------------------------


@st.composite
def changed(draw: st.DrawFn, old: Signature) -> Signature:
    """The same signature with a few changes, mostly harmless ones."""
    features = [draw(_changed(feature)) if draw(st.booleans()) else feature for feature in old.features]
    groups = sorted({feature.path[:-1] for feature in old.features}, key=str)
    if draw(st.booleans()):
        group = draw(st.sampled_from([*groups, ("new group",)]))
        lists = [f.path[-1] for f in old.features if f.path[:-1] == group and isinstance(f.path[-1], int)]
        here = (*group, len(lists) if lists else "new")
        features.append(draw(leaves(here, in_list=bool(lists))))
    return Signature(features=tuple(features))


@st.composite
def _changed(draw: st.DrawFn, old: Feature) -> Feature:
    limits = old.constraints
    kind = draw(st.sampled_from(("null", "absence", "type", "loosen", "tighten", "swap", "enumeration", "notation")))
    wider = {FeatureType.INTEGER: FeatureType.NUMBER, FeatureType.CATEGORY: FeatureType.STRING}
    changes: dict[str, Any] = {}
    if kind == "null":
        changes = {"nullable": not old.nullable, "required": True}
    elif kind == "absence":
        changes = {"nullable": True, "required": not old.required}
    elif kind == "type":
        new = draw(st.sampled_from((wider.get(old.type, old.type), *FeatureType)))
        changes = {"type": new, "constraints": limits if new is old.type else Constraints()}
    elif kind == "notation":
        changes = {"notation": NOTATIONS[old.type]}
    elif kind == "enumeration" and old.type is FeatureType.CATEGORY:
        values = draw(st.sampled_from((None, ("red",), ("red", "green", "b:lue", "mauve"))))
        changes = {"constraints": limits.model_copy(update={"enumeration": values})}
    else:
        step = {"loosen": 1, "tighten": -1}.get(kind, 0)
        moved = {
            "minimum": limits.minimum and limits.minimum - step,
            "maximum": limits.maximum and limits.maximum + step,
            "min_length": limits.min_length and max(0, limits.min_length - step),
            "max_length": limits.max_length and limits.max_length + step,
        }
        if kind == "swap":
            moved |= {"minimum": None, "exclusive_minimum": limits.minimum}
        changes = {"constraints": limits.model_copy(update=moved)}
    return old.model_copy(update=changes)


def takes(contract: Signature, body: bytes) -> bool:
    """Is this a valid request?"""
    try:
        Validator(contract).validate(body)
    except (InvalidInput, MalformedJson):
        return False
    return True


@many
@given(st.data())
def test_where_nothing_breaks_every_valid_instance_stays_valid(data: st.DataObject) -> None:
    old = data.draw(signatures())
    new = data.draw(changed(old))
    if any(change.breaking for change in diff(old, new)):
        return
    for row in data.draw(st.lists(instances(old), min_size=3, max_size=8)):
        body = json.dumps(row).encode()
        assert takes(new, body) or not takes(old, body)


@many
@given(st.data())
def test_two_signatures_without_a_change_take_the_same(data: st.DataObject) -> None:
    old = data.draw(signatures())
    new = data.draw(changed(old))
    if diff(old, new):
        return
    body = json.dumps(data.draw(instances(old))).encode()
    assert takes(old, body) == takes(new, body)
