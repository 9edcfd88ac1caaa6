"""`Form`: the form of a model, made from its signature and from what its version shows of the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from twinserve.metric import Task
from twinserve.predict.targets.target import Target
from twinserve.service.pages.field import Field, readable
from twinserve.signature import Signature
from twinserve.signature.signature import Feature, FeatureTree, Path, is_array, pointer
from twinserve.store.examples import Example, Examples

LEADS: Final[Mapping[Task, str]] = {
    "classification": "lead_classification",
    "regression": "lead_regression",
    "multi-output": "lead_multi_output",
    "anomaly": "lead_anomaly",
}
MOST_FIELDS: Final = 2_000
"""A wider model is asked with JSON only."""


@dataclass(frozen=True)
class Group:
    """A group of fields: a fieldset."""

    name: str
    description: str | None
    is_list: bool
    fields: tuple[Field, ...]
    groups: tuple[Group, ...]

    @property
    def size(self) -> int:
        """The number of fields in the group and in those within it."""
        return len(self.fields) + sum(group.size for group in self.groups)


class Form:
    """The form of one version of a model. Immutable."""

    def __init__(self, signature: Signature, examples: Examples, target: Target) -> None:
        self._signature, self._examples = signature, examples
        self.is_classification = target.classes is not None
        """Does the model answer with one label of several?"""
        self.lead = LEADS[target.task]
        """The name of the text that says what the model answers."""
        self.composed = examples.composed
        """Are the examples no training rows?"""

    @property
    def examples(self) -> tuple[Example, ...]:
        """Ready examples."""
        return self._examples.examples

    @cached_property
    def is_wide(self) -> bool:
        """Are there more fields than a form can show?"""
        return len(self._signature.features) > MOST_FIELDS

    @cached_property
    def tree(self) -> FeatureTree:
        """The features, nested as in an instance."""
        return self._signature.tree()

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields by their pointers, in the order of the signature."""
        return {
            feature.pointer: Field(feature, place, self._examples)
            for place, feature in enumerate(self._signature.features)
        }

    @cached_property
    def root(self) -> Group:
        """All fields, in their groups."""
        return self._group(self.tree, ())

    def _group(self, tree: FeatureTree, path: Path) -> Group:
        fields = (self.fields[child.pointer] for child in tree.values() if isinstance(child, Feature))
        groups = (self._group(child, (*path, part)) for part, child in tree.items() if not isinstance(child, Feature))
        name = readable(path[-1]) if path else ""
        about = self._signature.descriptions.get(pointer(path))
        return Group(name, about, is_array(tree), tuple(fields), tuple(groups))
