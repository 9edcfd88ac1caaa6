"""An instance as a row: every value stands where the signature has its feature."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature, many, signature, signatures
from twinserve.errors import UnsupportedInput
from twinserve.signature import Feature, Path, Signature
from twinserve.signature.request.flatten import flattener, tree_order


def looked_up(instance: Any, path: Path) -> Any:
    """The value at a path; None where the last part was left out."""
    for part in path[:-1]:
        instance = instance[part]
    return instance.get(path[-1]) if isinstance(instance, dict) else instance[path[-1]]


def flattened(contract: Signature, instance: Any) -> list[Any]:
    """The row in the order of the signature."""
    row = list(flattener(contract.tree())(instance))
    return [row[place] for place in tree_order(contract)]


def numbered(contract: Signature, left_out: Collection[str] = ()) -> Any:
    """An instance whose values are the features' names."""

    def build(node: Any) -> Any:
        if isinstance(node, Feature):
            return node.name
        children = {part: build(child) for part, child in node.items() if not _is_left_out(child, left_out)}
        return list(children.values()) if 0 in node else children

    return build(contract.tree())


def _is_left_out(node: Any, left_out: Collection[str]) -> bool:
    return isinstance(node, Feature) and node.name in left_out


@st.composite
def interleaved(draw: st.DrawFn) -> Signature:
    """A signature whose groups are cut into pieces; the places of a list stay in their order."""
    features = list(draw(signatures()).features)
    keys = {feature.path: draw(st.integers(0, 99)) for feature in features}
    lists: dict[Path, list[int]] = {}
    for one in features:
        if isinstance(one.path[-1], int):
            lists.setdefault(one.path[:-1], []).append(keys[one.path])
    for group, children in lists.items():
        keys |= {(*group, place): key for place, key in enumerate(sorted(children))}
    return Signature(features=tuple(sorted(features, key=lambda one: (keys[one.path], str(one.path)))))


@many
@given(interleaved(), st.data())
def test_the_row_of_any_signature_equals_looking_up_each_path(contract: Signature, data: st.DataObject) -> None:
    optional = [f.name for f in contract.features if not f.required and not isinstance(f.path[-1], int)]
    left_out = set(data.draw(st.lists(st.sampled_from(optional)))) if optional else set()
    instance = numbered(contract, left_out)
    expected = [looked_up(instance, f.path) for f in contract.features]
    assert flattened(contract, instance) == expected
    assert expected == [None if f.name in left_out else f.name for f in contract.features]


@pytest.mark.parametrize(
    "contract",
    [
        signature(feature("x")),
        signature(feature("a.b.c.d")),
        signature(feature("a.x"), feature("b"), feature("a.y")),
        signature(feature("b.x"), feature("a"), feature("b.c.y"), feature("d"), feature("b.c.z")),
        signature(feature("p.0"), feature("x"), feature("p.1")),
        signature(feature("p.0.x"), feature("p.0.y"), feature("p.1.x"), feature("p.1.y")),
        signature(feature("x", nullable=True, required=False)),
        signature(feature("g.x", nullable=True, required=False), feature("g.y"), feature("g.h.z")),
    ],
)
def test_shapes_that_have_a_way_of_their_own(contract: Signature) -> None:
    assert flattened(contract, numbered(contract)) == [f.name for f in contract.features]


def test_a_leaf_that_was_left_out_is_none_wherever_it_stands() -> None:
    optional: dict[str, Any] = {"nullable": True, "required": False}
    contract = signature(
        feature("x", **optional), feature("g.x", **optional), feature("g.y"), feature("g.h.z", **optional)
    )
    assert flattened(contract, {"g": {"y": 1, "h": {}}}) == [None, None, 1, None]


@pytest.mark.parametrize("names", [("p.1", "p.0"), ("p.1",), ("p.0", "p.2"), ("p.0", "p.x"), ("p.x", "p.0")])
def test_a_list_whose_places_are_not_in_order_is_refused(names: tuple[str, ...]) -> None:
    """Its values would change places silently."""
    with pytest.raises(UnsupportedInput, match=r"^The places of the list '/p' must be 0, 1, \.\.\. in this order\.$"):
        signature(*map(feature, names)).tree()
