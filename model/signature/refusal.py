"""Everything that is wrong with JSON that is no instance, in a fixed order and at most so much of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, Final

from pydantic_core import SchemaValidator, ValidationError

from model.errors import ModelError
from model.signature.feature import Feature, FeatureType, Path, Signature, Tree, is_array
from model.signature.findings import Finding, explain

MAX_ERRORS: Final = 100


class InvalidInput(ModelError):
    """Well-formed JSON that is no instance of the signature."""

    def __init__(self, findings: Sequence[Finding], total: int) -> None:
        super().__init__(f"{total} error{'s' * (total != 1)} in the input.")
        self.findings = findings
        """The first errors in the order of the document and the signature, at most `MAX_ERRORS`."""
        self.total = total


class Examiner:
    """Looks closely at what was refused; made once from a signature and the rules for one instance."""

    def __init__(self, signature: Signature, rules: SchemaValidator, max_batch: int) -> None:
        self._tree, self._rules, self._max_batch = signature.tree(), rules, max_batch
        self._ranks = _ranks(self._tree)
        self._integers = {feature.path for feature in signature.features if feature.type is FeatureType.INTEGER}

    def refusal(self, value: Any, *, array: bool) -> InvalidInput | None:
        """Everything that is wrong with well-formed JSON."""
        if array and not value:
            return InvalidInput([Finding((), "length", "A batch must hold at least one instance.")], 1)
        if array and len(value) > self._max_batch:
            return InvalidInput([Finding((), "length", f"A batch may hold {self._max_batch} instances at most.")], 1)
        findings: list[Finding] = []
        total = 0
        for index, instance in enumerate(value if array else [value]):
            found, count = self._findings(instance, (index,) if array else (), MAX_ERRORS - len(findings))
            findings += found
            total += count
        return InvalidInput(findings, total) if total else None

    def _findings(self, instance: object, prefix: Path, most: int) -> tuple[list[Finding], int]:
        """What is wrong with one instance, at most so much of it, and how much there is: known fields in signature
        order, each object's unknown ones after them."""
        dropped = _drop_strangers(instance, self._tree)
        lines: list[Mapping[str, Any]] = list(_cut_lists(instance, self._tree, ()))
        try:
            self._rules.validate_python(instance)
        except ValidationError as error:
            if not most:
                return [], dropped + len(lines) + error.error_count()
            lines += error.errors(include_url=False)
        first = nsmallest(most, lines, key=lambda line: self._place(line["loc"]))
        findings = [
            explain({**line, "loc": (*prefix, *line["loc"])}, whole=line["loc"] in self._integers) for line in first
        ]
        return findings, dropped + len(lines)

    def _place(self, path: Path) -> list[tuple[int, str]]:
        node: Any = self._ranks
        place = []
        for part in path:
            rank, node = node.get(part, (len(node), {}))
            place.append((rank, str(part)))
        return place


def _ranks(tree: Tree) -> dict[Any, tuple[int, Any]]:
    return {
        part: (rank, {} if isinstance(child, Feature) else _ranks(child))
        for rank, (part, child) in enumerate(tree.items())
    }


def _drop_strangers(node: object, tree: Tree) -> int:
    """Take from an instance the unknown keys that no list of errors has room for; gives how many that were."""
    if not isinstance(node, dict) or is_array(tree):
        return 0
    strangers = node.keys() - tree.keys()
    kept = set(nsmallest(MAX_ERRORS, strangers))
    for key in strangers - kept:
        del node[key]
    below = (_drop_strangers(node.get(key), child) for key, child in tree.items() if not isinstance(child, Feature))
    return len(strangers) - len(kept) + sum(below)


def _cut_lists(node: object, tree: Tree, path: Path) -> Iterator[Mapping[str, Any]]:
    """Take from an instance's fixed-length lists what they are too long by, and say so: of a list that is too long
    Pydantic tells nothing else."""
    if not isinstance(node, (dict, list)) or isinstance(node, list) != is_array(tree):
        return
    if isinstance(node, list) and len(node) > len(tree):
        yield {"type": "too_long", "loc": path, "input": node, "ctx": {"max_length": len(tree)}}
        del node[len(tree) :]
    below: Mapping[Any, Any] = dict(enumerate(node)) if isinstance(node, list) else node
    for part, child in tree.items():
        if not isinstance(child, Feature):
            yield from _cut_lists(below.get(part), child, (*path, part))
