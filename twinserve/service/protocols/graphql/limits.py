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

MOST_TOKENS: Final = 10_000
"""Of a document. An instance as a literal needs two for each of its fields and groups; variables need none."""
MOST_FIELDS: Final = 1_000
"""Fields of all operations and fragments, each as often as a fragment that holds it is spread. The introspection that
tools send has 110."""
MOST_REPEATED: Final = 20
"""Fields of one name in the same place of an answer. graphql-core compares each with each: 500 take two seconds."""
DEEPEST: Final = 20
"""Selections within one another; the introspection that tools send has 13."""


def require_within_limits(document: DocumentNode) -> None:
    """Raise `GraphQLError` where a document asks for more."""
    definitions = document.definitions
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    walk = Walk(fragments)
    for number, node in enumerate(definitions):
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            walk.count(node.selection_set, 1, (str(number),))


class Walk:
    """Counts the fields of one document."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._fields = 0
        self._places = Counter[tuple[str, ...]]()
        """How many fields there are for each place of an answer."""

    def count(self, selections: SelectionSetNode | None, depth: int, place: tuple[str, ...]) -> None:
        """Count the fields of a selection in this place of an answer; raises `GraphQLError` where there are too many,
        too many of one name, or too deep ones.

        A fragment that contains itself ends there, too."""
        if selections is None:
            return
        if depth > DEEPEST:
            raise too_much(f"The document may nest {DEEPEST} selections at most.")
        for selection in selections.selections:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise too_much(f"The document may ask for {MOST_FIELDS} fields at most.")
            self.count(self._below(selection), depth + 1, self._place(selection, place))

    def _place(self, selection: SelectionNode, place: tuple[str, ...]) -> tuple[str, ...]:
        """Where in an answer stands what is below a selection; a fragment's fields stand beside it."""
        if not isinstance(selection, FieldNode):
            return place
        place = (*place, (selection.alias or selection.name).value)
        self._places[place] += 1
        if self._places[place] > MOST_REPEATED:
            raise too_much(f"The document may ask for the same field {MOST_REPEATED} times at most.")
        return place

    def _below(self, selection: SelectionNode) -> SelectionSetNode | None:
        if isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments.get(selection.name.value)
            return None if fragment is None else fragment.selection_set
        return selection.selection_set if isinstance(selection, FieldNode | InlineFragmentNode) else None


def too_much(message: str) -> GraphQLError:
    """The error for a document that asks for more than it may."""
    return GraphQLError(message, extensions={"code": "limit"})
