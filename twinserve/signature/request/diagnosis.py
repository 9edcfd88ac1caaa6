"""The list of errors of a body that is JSON and not valid, in a fixed order and of limited length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import islice
from typing import Any, Final

from pydantic_core import SchemaValidator, ValidationError

from twinserve.errors import ModelError
from twinserve.signature.findings import Finding, explain, forms_of_tables, render, unknown_key
from twinserve.signature.left_out import column_path, flat_names
from twinserve.signature.request.envelope import encoded_twice, envelope
from twinserve.signature.request.spelling import ABSENT, PLAIN, Row, Spelled, flat_name
from twinserve.signature.signature import (
    Feature,
    FeatureTree,
    FeatureType,
    Path,
    PathPart,
    Signature,
    is_array,
    pointer,
)

MAX_ERRORS: Final = 100
MOST_LOOKED: Final = 2_000
"""The work that counting errors beyond the listed ones may take: 1 for each row, and the number of its errors and `ROW`
for each row in which Pydantic finds any. All of it takes 0.5 ms."""
ROW: Final = 20
Place = list[tuple[int, str]]
"""The sort key of a path in the order of errors."""
CONTAINERS: Final = frozenset((dict, list))


class InvalidInput(ModelError):
    """The body is JSON and is not valid by the signature."""

    def __init__(self, findings: Sequence[Finding], total: int, *, is_exact: bool = True) -> None:
        least = "" if is_exact else "At least "
        super().__init__(f"{least}{total} error{'s' * (total != 1)} in the input.")
        self.findings = findings
        """The first errors in the order of the document and the signature, at most `MAX_ERRORS`."""
        self.total = total
        self.is_exact = is_exact
        """False where there may be more errors than `total`: counting stops after limited work."""

    @property
    def errors(self) -> list[dict[str, str]]:
        """The findings as the `errors` of a 422: pointer, code and detail of each."""
        return [render(finding) for finding in self.findings]


def too_many(most: int) -> InvalidInput:
    """The error for a batch of more instances than that."""
    return InvalidInput([Finding((), "length", f"A batch may hold {most} instances at most.")], 1)


@dataclass(frozen=True)
class _Group:
    """A group of features, and the groups within it by their key."""

    tree: FeatureTree
    groups: Mapping[PathPart, _Group]

    @classmethod
    def of(cls, tree: FeatureTree) -> _Group:
        below = {part: child for part, child in tree.items() if not isinstance(child, Feature)}
        return cls(tree, {part: cls.of(child) for part, child in below.items()})


class Examiner:
    """Lists the errors of bodies; made once from a signature and the schema of one instance."""

    def __init__(self, signature: Signature, rules: SchemaValidator, max_batch: int) -> None:
        self._rules, self._max_batch = rules, max_batch
        self._root = _Group.of(signature.tree())
        self._known: frozenset[Any] = frozenset(() if is_array(self._root.tree) else self._root.tree)
        self._ranks = _ranks(signature.tree())
        self._places = {path: self._find_place(path) for feature in signature.features for path in _upwards(feature)}
        """The sort key of each known path, computed once: each row may lack 500 features."""
        self._names = self._known | flat_names(signature).keys() | signature.left_out.keys()
        self._hints, self._forms = _hints(signature), forms_of_tables(signature)
        self._plain: dict[type, tuple[list[Finding], int]] = {}
        self._integers = {feature.path for feature in signature.features if feature.type is FeatureType.INTEGER}

    def refusal(self, rows: Sequence[Any], *, array: bool, spelled: Spelled | None = None) -> InvalidInput | None:
        """The errors of these rows, if there are any, by the names that were sent. The rows may be changed."""
        if array and not rows:
            return InvalidInput([Finding((), "length", "A batch must hold at least one instance.")], 1)
        if array and len(rows) > self._max_batch:
            return too_many(self._max_batch)
        if not array and (misplaced := envelope(rows[0], self._names)) is not None:
            return InvalidInput([misplaced], 1)
        findings: list[Finding] = []
        total = 0
        written = Spelled() if spelled is None else spelled
        for index, row in enumerate(rows):
            prefix = (index,) if array else ()
            listed, count = self._of_row(row, prefix, MAX_ERRORS - len(findings), written.row(index))
            findings += listed
            total += count
            if len(findings) == MAX_ERRORS:
                rest, is_exact = self._count(rows, index + 1, written)
                return InvalidInput(findings, total + rest, is_exact=is_exact)
        return InvalidInput(findings, total) if total else None

    def _of_row(self, row: object, prefix: Path, most: int, written: Row) -> tuple[list[Finding], int]:
        """The first `most` errors of a row, and the number of all."""
        if not self._is_plain(row):
            return self._findings(row, prefix, most, written)
        listed, count = self._of_plain(type(row))
        if (twice := encoded_twice(row, prefix)) is not None:
            return [twice], 1
        unknown = row if isinstance(row, dict) else ()
        findings = [Finding((*prefix, *finding.path), finding.code, finding.detail) for finding in listed[:most]]
        keys = sorted(islice(unknown, MAX_ERRORS))[: most - len(findings)]
        return findings + [self._hinted(unknown_key((*prefix, key))) for key in keys], count + len(unknown)

    def _is_plain(self, row: object) -> bool:
        """Does the row hold no known key and no item, so that its errors depend on its type only?

        That is so for most rows of a hostile body, and takes a tenth of the time of a validation by Pydantic."""
        if not row or type(row) not in CONTAINERS:
            return True
        return type(row) is dict and bool(self._known) and self._known.isdisjoint(row)

    def _of_plain(self, kind: type) -> tuple[list[Finding], int]:
        """The errors that all plain rows of a type have, and their number; each key of a row is one more error."""
        if kind not in self._plain:
            self._plain[kind] = self._findings(kind(), (), MAX_ERRORS, PLAIN)
        return self._plain[kind]

    def _count(self, rows: Sequence[Any], start: int, spelled: Spelled) -> tuple[int, bool]:
        """The number of errors in the rows from `start`, and whether it is exact; stops when the work exceeds
        `MOST_LOOKED`."""
        total, left = 0, MOST_LOOKED
        for index, row in enumerate(rows[start:], start):
            if left < 0:
                return total, False
            left -= 1
            if self._is_plain(row):
                total += self._of_plain(type(row))[1] + (len(row) if isinstance(row, dict) else 0)
            elif count := self._findings(row, (), 0, spelled.row(index))[1]:
                total += count
                left -= count + ROW
        return total, True

    def _findings(self, instance: object, prefix: Path, most: int, written: Row) -> tuple[list[Finding], int]:
        """The first `most` errors of one instance, and the number of all: those of known fields in signature order, and
        after them those of each object's unknown fields."""
        dropped = _drop_unknown(instance, self._root)
        lines: list[Mapping[str, Any]] = [_twice(path) for path in written.twice]
        lines += _cut_lists(instance, self._root, ())
        try:
            self._rules.validate_python(instance)
        except ValidationError as error:
            if not most:
                return [], dropped + len(lines) + error.error_count()
            lines += error.errors(include_url=False)
        first = nsmallest(most, lines, key=lambda line: self._place(line["loc"]))
        findings = [self._explained(line, prefix, written) for line in first]
        return findings, dropped + len(lines)

    def _explained(self, line: Mapping[str, Any], prefix: Path, written: Row) -> Finding:
        path = line["loc"]
        if line["input"] is ABSENT:
            line = {**line, "type": "missing"}
        is_twice = line["type"] == "spelled_twice"
        sent = (flat_name(path),) if is_twice else written.sent(path)
        line = {**line, "loc": (*prefix, *sent)}
        return self._hinted(explain(line, whole=path in self._integers, form=self._forms.get(path, "")))

    def _hinted(self, finding: Finding) -> Finding:
        """The finding; of a column that training left out, with the places where it may be sent."""
        hint = self._hints.get(finding.path[-1]) if finding.code == "unknown" else None
        return finding if hint is None else replace(finding, detail=hint)

    def _place(self, path: Path) -> Place:
        return self._places.get(path) or self._find_place(path)

    def _find_place(self, path: Path) -> Place:
        node: Any = self._ranks
        place = []
        for part in path:
            rank, node = node.get(part, (len(node), {}))
            place.append((rank, str(part)))
        return place


def _twice(path: Path) -> Mapping[str, Any]:
    return {"type": "spelled_twice", "loc": path, "input": "", "ctx": {"other": pointer(path)}}


def _hints(signature: Signature) -> Mapping[PathPart, str]:
    """By each key of a column that training left out: where it may be sent, for a caller who sent it elsewhere."""
    hints: dict[PathPart, str] = {}
    for name, why in signature.left_out.items():
        path = column_path(name)
        places = " or ".join(dict.fromkeys((pointer((name,)), pointer(path))))
        sentence = f"This field is not part of the input here. At {places} of an instance it is ignored: {why}."
        hints |= {name: sentence, path[-1]: sentence}
    return hints


def _upwards(feature: Feature) -> Iterator[Path]:
    """The path of a feature and those of the groups that contain it."""
    return (feature.path[:length] for length in range(1, len(feature.path) + 1))


def _ranks(tree: FeatureTree) -> dict[Any, tuple[int, Any]]:
    return {
        part: (rank, {} if isinstance(child, Feature) else _ranks(child))
        for rank, (part, child) in enumerate(tree.items())
    }


def _drop_unknown(node: object, group: _Group) -> int:
    """Remove the unknown keys of an instance beyond the first `MAX_ERRORS` of each object; gives their number."""
    if not isinstance(node, dict) or is_array(group.tree):
        return 0
    dropped = 0
    if len(node) > len(group.tree) + MAX_ERRORS:
        unknown = [key for key in node if key not in group.tree]
        for key in unknown[MAX_ERRORS:]:
            del node[key]
        dropped = len(unknown) - MAX_ERRORS
    return dropped + sum(_drop_unknown(node[part], group.groups[part]) for part in group.groups.keys() & node.keys())


def _cut_lists(node: object, group: _Group, path: Path) -> Iterator[Mapping[str, Any]]:
    """Cut the arrays of an instance that are too long, and give an error for each: Pydantic reports nothing else about
    an array that is too long."""
    if not isinstance(node, (dict, list)) or isinstance(node, list) != is_array(group.tree):
        return
    if isinstance(node, list) and len(node) > len(group.tree):
        yield {"type": "too_long", "loc": path, "input": node, "ctx": {"max_length": len(group.tree)}}
        del node[len(group.tree) :]
    if not group.groups:
        return
    below: Mapping[Any, Any] = dict(enumerate(node)) if isinstance(node, list) else node
    for part in group.groups.keys() & below.keys():
        yield from _cut_lists(below[part], group.groups[part], (*path, part))
