"""Where an instance may hold a column that training left out, and the fields that may be sent by flat names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from twinserve.signature.signature import Feature, FeatureTree, Path, Signature, is_array

Unused = Mapping[str, "str | Inside"]
"""By key of an object: why training left this column out, or the columns that it left out of this group."""

NAMELESS: Final = re.compile(r"Unnamed: \d+")


class Inside(NamedTuple):
    """The columns that training left out of a group."""

    columns: Unused
    is_group: bool
    """Is it a group of the instance, too? One that is not holds nothing else."""


def flat_names(signature: Signature) -> dict[str, Path]:
    """The dotted name of each nested field; without those that an instance has as keys already."""
    known = signature.tree()
    nested = (feature for feature in signature.features if len(feature.path) > 1)
    return {feature.name: feature.path for feature in nested if feature.name not in known}


def column_path(name: str) -> tuple[str, ...]:
    """The path of a column: its name split at the dots, or the whole name if a part would be empty (`Dr. No.`)."""
    parts = tuple(name.split("."))
    return parts if all(part.strip() for part in parts) else (name,)


def column_paths(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The path of each column. A name stays whole where a part of it is a column, too (`heating` and `heating.kind`),
    as no instance can hold both a value and a group."""
    paths = {name: column_path(name) for name in names}
    taken = set(paths.values())
    return {
        name: (name,) if any(path[:end] in taken for end in range(1, len(path))) else path
        for name, path in paths.items()
    }


def with_nameless(left_out: Mapping[str, str]) -> dict[str, str]:
    """With the name that a column without one has to Polars, which is none; pandas calls it `Unnamed: 0`."""
    nameless = [name for name in left_out if NAMELESS.fullmatch(name)]
    return {**left_out, **({"": left_out[nameless[0]]} if len(nameless) == 1 and "" not in left_out else {})}


def null_groups(signature: Signature) -> dict[Path, FeatureTree]:
    """The groups that an instance may have as null, by path: those that were null in rows of the table, which has a
    column of nulls for each, and of which every field may be null."""
    root = signature.tree()
    groups: dict[Path, FeatureTree] = {}
    for path in map(column_path, signature.left_out):
        node: FeatureTree | Feature | None = root
        for part in path:
            node = None if node is None or isinstance(node, Feature) or is_array(node) else node.get(part)
        if node is not None and not isinstance(node, Feature) and _may_be_null(node):
            groups[path] = node
    return groups


def _may_be_null(node: FeatureTree | Feature) -> bool:
    if isinstance(node, Feature):
        return node.nullable
    return not is_array(node) and all(map(_may_be_null, node.values()))


def unused(signature: Signature) -> Unused:
    """The columns that training left out, each by its own name and nested; where a field has this name, it has it."""
    tree = signature.tree()
    names = {feature.name for feature in signature.features}
    if is_array(tree):
        return {}
    given = signature.left_out.items()
    root: dict[str, str | Inside] = {name: why for name, why in given if name not in tree and name not in names}
    for name, why in signature.left_out.items():
        if name not in names:
            _nest(root, tree, column_path(name), why)
    return root


def _nest(columns: dict[str, str | Inside], tree: FeatureTree | None, path: tuple[str, ...], why: str) -> None:
    key, *rest = path
    below = None if tree is None else tree.get(key)
    if isinstance(below, Feature) or (below is not None and (not rest or is_array(below))):
        return
    if not rest:
        columns.setdefault(key, why)
        return
    inside = columns.setdefault(key, Inside({}, is_group=below is not None))
    if isinstance(inside, Inside) and isinstance(inside.columns, dict):
        _nest(inside.columns, below, tuple(rest), why)
