"""What a document may ask at most; checked before graphql-core validates it, which takes longest for large ones."""

from __future__ import annotations

from collections import Counter
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

LONGEST: Final = 200_000
"""Characters of a document. graphql-core reads a million of them in half a second, comments included."""
MOST_TOKENS: Final = 10_000
"""Of a document. An instance as a literal needs two for each of its fields and groups; variables need none."""
MOST_FIELDS: Final = 1_000
"""Fields of all operations and fragments, each as often as a fragment that holds it is spread. The introspection that
tools send has 110."""
MOST_SAME: Final = 30
"""Fields of one name at one place of the answer. graphql-core compares each two of them, and merges them."""
DEEPEST: Final = 20
"""Selections within one another; the introspection that tools send has 13."""


def require_within_limits(document: DocumentNode) -> None:
    """Raise `GraphQLError` where a document asks for more."""
    definitions = document.definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    walk = Walk(fragments)
    for place, node in enumerate(definitions):
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            walk.count(node.selection_set, 1, (str(place),))


class Walk:
    """Counts the fields of one document."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._fields = 0
        self._same: Counter[tuple[str, ...]] = Counter()

    def count(self, selections: SelectionSetNode | None, depth: int, path: tuple[str, ...]) -> None:
        """Count the fields of a selection at this path of the answer; raises `GraphQLError` where there are too many,
        or too deep ones. A fragment that contains itself ends there, too."""
        if selections is None:
            return
        if depth > DEEPEST:
            raise too_much(f"The document may nest {DEEPEST} selections at most.")
        for selection in selections.selections:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise too_much(f"The document may ask for {MOST_FIELDS} fields at most.")
            self.count(self._below(selection), depth + 1, self._path(selection, path))

    def _path(self, selection: SelectionNode, path: tuple[str, ...]) -> tuple[str, ...]:
        if not isinstance(selection, FieldNode):
            return path
        path = (*path, (selection.alias or selection.name).value)
        self._same[path] += 1
        if self._same[path] > MOST_SAME:
            raise too_much(f"The document may ask for the same field {MOST_SAME} times at most.")
        return path

    def _below(self, selection: SelectionNode) -> SelectionSetNode | None:
        if isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments.get(selection.name.value)
            return None if fragment is None else fragment.selection_set
        return selection.selection_set if isinstance(selection, FieldNode | InlineFragmentNode) else None


def too_much(message: str) -> GraphQLError:
    """The error for a document that asks for more than it may."""
    return GraphQLError(message, extensions={"code": "limit"})
