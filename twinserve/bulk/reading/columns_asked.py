"""`TableColumns`: which columns of a table are the model's, which come back, and which do not belong there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from twinserve.bulk.options import WrongOption
from twinserve.bulk.version import BulkVersion
from twinserve.signature import Feature, Finding
from twinserve.signature.findings import EXPLANATIONS, ignored, unknown_key
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.signature import FeatureTree, PathPart, is_array


class TableColumns:
    """The columns of one table."""

    def __init__(self, version: BulkVersion, names: Sequence[str], passed: Sequence[str]) -> None:
        """Raises `InvalidInput` where columns are missing, unknown or there twice, and `WrongOption` for a column that
        should come back and is not there."""
        signature = version.signature
        given = Counter(names)
        known = {feature.name: feature for feature in signature.features}
        left_out, common = version.left_out, set(passed)
        code, sentence = EXPLANATIONS["missing"]
        lacking = [one for one in signature.features if one.required and one.name not in given]
        findings = [Finding(feature.path, code, sentence({})) for feature in lacking]
        findings += [unknown_key((name,)) for name in given if name not in (known.keys() | left_out.keys() | common)]
        findings += [
            Finding((name,), "duplicate", "Two columns have this name.") for name, count in given.items() if count > 1
        ]
        if findings:
            raise InvalidInput(findings[:MAX_ERRORS], len(findings))
        if absent := [name for name in passed if name not in given]:
            detail = f"Item {passed.index(absent[0]) + 1} names no column of the body."
            raise WrongOption("pass", f"There is no column {absent[0]!r}.", detail)
        self.places: Mapping[str, int] = {name: place for place, name in enumerate(names) if name in known}
        """The place of each column of the model that is there."""
        self.common = [
            ignored((name,), why)
            for name, why in left_out.items()
            if name in given and name not in known and name not in common
        ]
        """A warning for each column that training left out."""
        self._tree = _named(signature.tree())

    def instance(self, cells: Mapping[str, Any]) -> Any:
        """The instance that the cells of a row make; a column that is not there is omitted."""
        return _nested(self._tree, cells)


def _named(tree: FeatureTree) -> _Tree:
    """The tree with the names of its features, which are made of their paths: 120,000 times for 2,000 rows."""
    parts = {part: child.name if isinstance(child, Feature) else _named(child) for part, child in tree.items()}
    return _Tree(parts, is_array(tree))


class _Tree(NamedTuple):
    """A group of an instance."""

    parts: Mapping[PathPart, str | _Tree]
    """The name of a column, or a group within."""
    is_array: bool


def _nested(tree: _Tree, cells: Mapping[str, Any]) -> Any:
    parts: dict[PathPart, Any] = {}
    for part, child in tree.parts.items():
        if isinstance(child, _Tree):
            parts[part] = _nested(child, cells)
        elif child in cells:
            parts[part] = cells[child]
    return list(parts.values()) if tree.is_array else parts
