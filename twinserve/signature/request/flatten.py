"""Functions, composed once from a signature's tree, that turn a valid instance into a row of values.

A row of 30 numbers in three groups takes 1.5 us; reading each leaf by its path took 28 us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from twinserve.signature.signature import Feature, FeatureTree, Path, PathPart, Signature, is_array

Flatten = Callable[[Any], Sequence[Any]]


def flattener(tree: FeatureTree) -> Flatten:
    """A function that gives the values of an instance in tree order, None for an omitted leaf."""
    if all(isinstance(child, Feature) for child in tree.values()):
        return _leaves(tree)
    parts = [_part(key, child) for key, child in tree.items()]

    def flatten(node: Any) -> list[Any]:
        row: list[Any] = []
        for part in parts:
            row += part(node)
        return row

    return flatten


def tree_order(signature: Signature) -> list[int]:
    """The position of each column of the signature in a flattened row."""
    places = {path: place for place, path in enumerate(_paths(signature.tree()))}
    return [places[feature.path] for feature in signature.features]


def _leaves(tree: FeatureTree) -> Flatten:
    if is_array(tree):
        return tuple
    keys = list(tree)
    if not all(isinstance(child, Feature) and child.required for child in tree.values()):
        return lambda node: [node.get(key) for key in keys]
    if len(keys) == 1:
        return lambda node: (node[keys[0]],)
    return itemgetter(*keys)


def _part(key: PathPart, child: FeatureTree | Feature) -> Flatten:
    if not isinstance(child, Feature):
        inner = flattener(child)
        return lambda node: inner(node[key])
    if child.required:
        return lambda node: (node[key],)
    return lambda node: (node.get(key),)


def _paths(tree: FeatureTree, path: Path = ()) -> Iterator[Path]:
    for key, child in tree.items():
        if isinstance(child, Feature):
            yield (*path, key)
        else:
            yield from _paths(child, (*path, key))
