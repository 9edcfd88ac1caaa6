"""What a caller may write beside the nested instance: flat names, null groups, and columns that training left out.

`{"mean.radius": 1}` is `{"mean": {"radius": 1}}`. A column that the training table had and training left out is taken
and ignored, its value unread. Only a body that is no instance as it stands is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from twinserve.signature.findings import Finding, ignored
from twinserve.signature.left_out import Unused, flat_names, null_groups, unused
from twinserve.signature.signature import Feature, FeatureTree, Path, Signature, is_array

ABSENT: Final = object()
"""Stands in a list for an item that was not sent, while others were sent by their flat names."""


class Row(NamedTuple):
    """How one instance was written."""

    flat: frozenset[Path] = frozenset()
    """The fields that were sent by their flat names."""
    made: frozenset[Path] = frozenset()
    """The groups that were not sent, only fields of theirs."""
    twice: tuple[Path, ...] = ()
    """The fields that were sent by both names."""
    ignored: tuple[Finding, ...] = ()
    """A warning for each column that training left out."""
    null: tuple[Path, ...] = ()
    """The groups that were sent as null, all of whose fields are."""

    def sent(self, path: Path) -> Path:
        """The path of a field as the caller wrote it, or would have."""
        is_flat = path in self.flat or any(path[:end] in self.made for end in range(1, len(path)))
        return (flat_name(path),) if is_flat else path


PLAIN: Final = Row()


@dataclass
class Spelled:
    """How the instances of one body were written, for those that use a flat name or have a column left out."""

    rows: dict[int, Row] = field(default_factory=dict)

    @property
    def is_twice(self) -> bool:
        """Is there a field that was sent by both names?"""
        return any(row.twice for row in self.rows.values())

    def row(self, index: int) -> Row:
        """How this instance was written."""
        return self.rows.get(index, PLAIN)

    def warnings(self, found: Mapping[int, Sequence[Finding]]) -> Mapping[int, Sequence[Finding]]:
        """These warnings with the names that were sent, and after them those of the columns that are ignored."""
        told: dict[int, Sequence[Finding]] = {**found}
        for index, row in self.rows.items():
            here = [Finding(row.sent(one.path), one.code, one.detail) for one in found.get(index, ())]
            if here or row.ignored:
                told[index] = [*here, *row.ignored]
        return told


class Speller:
    """Turns such instances into nested ones; made once from a signature."""

    def __init__(self, signature: Signature) -> None:
        self._tree = signature.tree()
        self._flat = flat_names(signature)
        self._unused = unused(signature)
        self._null = null_groups(signature)
        self.names = frozenset((*self._flat, *self._unused, *(path[0] for path in self._null)))
        self.left_out = frozenset(_paths(self._unused, ()))
        """The places in an instance of what is ignored."""

    def read(self, rows: Sequence[Any]) -> Spelled | None:
        """How these rows are written, which become nested instances; None where all are as they should be."""
        spelled, shared = Spelled(), dict[Row, Row]()
        for index, row in enumerate(rows):
            if type(row) is dict and not self.names.isdisjoint(row) and (read := self._read(row)) != PLAIN:
                spelled.rows[index] = shared.setdefault(read, read)  # Most rows of a body are written alike.
        return spelled if spelled.rows else None

    def _read(self, row: dict[str, Any]) -> Row:
        null = tuple(path for path, group in self._null.items() if _fill(row, path, group))
        findings = tuple(_drop(row, self._unused, ()))
        flat: list[Path] = []
        twice: list[Path] = []
        made: dict[Path, Any] = {}
        for name in self._flat.keys() & row.keys():
            path, value = self._flat[name], row.pop(name)
            group = self._group(row, path, made)
            if group is None:
                continue
            (twice if _is_there(group, path, made) else flat).append(path)
            if flat and flat[-1] is path:
                group[path[-1]] = value
        return Row(frozenset(flat), frozenset(made), tuple(twice), findings, null)

    def _group(self, row: dict[str, Any], path: Path, made: dict[Path, Any]) -> Any:
        """The group that holds a field, made where it was not sent; None where something else is in its place."""
        node: Any = row
        tree: Any = self._tree
        for end, part in enumerate(path[:-1], 1):
            tree, here = tree[part], path[:end]
            if isinstance(node, list) and path[: end - 1] not in made:
                return node  # A list is written by one name or the other, as a whole.
            child = node.get(part, ABSENT) if isinstance(node, dict) else node[part]
            if child is ABSENT:
                child = node[part] = made[here] = _empty(tree)
            if not isinstance(child, list if is_array(tree) else dict):
                return None
            node = child
        return node


def flat_name(path: Path) -> str:
    """The dotted name of a field."""
    return ".".join(map(str, path))


def _fill(node: Any, path: Path, group: FeatureTree) -> bool:
    """Was this group sent as null? Then it becomes one of nulls."""
    for part in path[:-1]:
        node = node.get(part) if type(node) is dict else None
    if type(node) is not dict or node.get(path[-1], ABSENT) is not None:
        return False
    node[path[-1]] = _nulls(group)
    return True


def _nulls(group: FeatureTree) -> dict[Any, Any]:
    return {part: None if isinstance(node, Feature) else _nulls(node) for part, node in group.items()}


def _paths(columns: Unused, path: Path) -> Iterator[Path]:
    for key, column in columns.items():
        yield from ((*path, key),) if isinstance(column, str) else _paths(column.columns, (*path, key))


def _empty(tree: FeatureTree) -> Any:
    return [ABSENT] * len(tree) if is_array(tree) else {}


def _is_there(group: Any, path: Path, made: Mapping[Path, Any]) -> bool:
    """Was the field sent by its nested name, too?"""
    if isinstance(group, list):
        return not any(made.get(path[:end]) is group for end in range(1, len(path)))
    return path[-1] in group


def _drop(node: dict[str, Any], columns: Unused, path: Path) -> Iterator[Finding]:
    """Remove the columns that training left out, with a warning for each in the order of the table."""
    for key, column in columns.items():
        if key not in node:
            continue
        value, here = node[key], (*path, key)
        if isinstance(column, str):
            del node[key]
            yield ignored(here, column)
        elif type(value) is dict:
            inside = column.columns
            if column.is_group:
                yield from _drop(value, inside, here)
            elif value and value.keys() <= inside.keys():
                yield from _drop(value, inside, here)
                if not node[key]:
                    del node[key]
