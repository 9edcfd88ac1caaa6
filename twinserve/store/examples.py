"""What a page shows of the training rows: examples to try a model with, and how often values occurred.

Both are composed, so that no row shows: an example takes each field's value from other rows, and a count is of `LEAST`
rows or more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinserve import bounds
from twinserve.signature import Signature
from twinserve.signature.request.validator import Validator
from twinserve.store import store_file

NAME: Final = "examples.json"
LEAST: Final = 5
"""Rows; what fewer rows have in common is not shown by itself."""
MOST_BINS: Final = 20

Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=LEAST, le=2**53)]
Kind = Literal["class", "low", "middle", "high"]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Stored):
    """An instance to try the model with."""

    kind: Kind
    """What it is typical of: the rows of a class, those in the middle, or those with low or high values."""
    label: str | None = None
    """The class."""
    instance: Any
    """As JSON."""

    @model_validator(mode="after")
    def _of_a_class_only_with_its_label(self) -> Self:
        if (self.kind == "class") != (self.label is not None):
            raise ValueError("An example of a class has its label, and no other example has any.")
        return self


class Histogram(_Stored):
    """How many rows have a number, or a date, in each interval."""

    edges: Annotated[tuple[Finite, ...], Field(min_length=2, max_length=MOST_BINS + 1)]
    """Ascending, in the unit of the column."""
    counts: Annotated[tuple[Count, ...], Field(min_length=1, max_length=MOST_BINS)]

    @model_validator(mode="after")
    def _bins_are_between_edges(self) -> Self:
        if len(self.edges) != len(self.counts) + 1 or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("A bin lies between two ascending edges.")
        return self


class CategoryCounts(_Stored):
    """How many rows have each category."""

    counts: Mapping[str, Count]
    """The most frequent first."""
    others: Annotated[int, Field(ge=0, le=2**53)] = 0
    """Rows with any other."""


class Examples(_Stored):
    """The content of `examples.json`."""

    composed: bool = True
    """False: the examples are training rows, published because training was told so."""
    examples: tuple[Example, ...] = ()
    histograms: Mapping[str, Histogram] = {}
    """By the pointer of the field."""
    categories: Mapping[str, CategoryCounts] = {}


NO_EXAMPLES: Final = Examples()


def write(examples: Examples) -> bytes:
    """The content of the file, without the last examples, or without all counts, where it would be too large."""
    while not _fits(content := examples.model_dump_json().encode()):
        smaller: Mapping[str, Any] = {"histograms": {}, "categories": {}}
        if examples.examples:
            smaller = {"examples": examples.examples[:-1]}
        examples = examples.model_copy(update=smaller)
    return content


def _fits(content: bytes) -> bool:
    return len(content) <= bounds.FILES[NAME] and store_file.parts(content) <= bounds.PARTS[NAME]


def read(content: bytes, signature: Signature) -> Examples:
    """The content of a file; raises `ValueError`, or `InvalidInput` (a `ModelError`), where it does not fit."""
    examples = Examples.model_validate_json(content)
    if not {*examples.histograms, *examples.categories} <= {feature.pointer for feature in signature.features}:
        raise ValueError("Something was counted that is no field.")
    validator = Validator(signature)
    for example in examples.examples:
        if validator.validate(json.dumps(example.instance).encode()).is_array:
            raise ValueError("An example is one instance.")
    return examples
