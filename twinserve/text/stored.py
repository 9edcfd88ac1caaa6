"""What a compiled model keeps of its texts: JSON in its metadata, and the numbers among its graph's constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from twinserve.text.tokens import Analysis

StepKind = Literal["ones", "logarithm", "l1", "l2", "above", "times", "selected"]
Index = Annotated[int, Field(ge=0)]
TOKEN: Final = 0.3
HASHED_TOKEN: Final = 3.0
"""Microseconds that it takes to find and count a token that did not occur before."""
MOST_BUCKETS: Final = 2**31 - 1
MOST_TABLES: Final = 1_000
"""Tables of a model; each keeps the terms of short texts."""


class Stored(BaseModel):
    """Base of what follows: unchangeable, and without unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredStep(Stored):
    """A step that changes the values of the terms, or selects columns."""

    kind: StepKind
    amount: float = 0.0
    """The threshold of `above`."""
    numbers: str = ""
    """The constant that holds the factors of `times`, one or one for each column, or the columns of `selected`."""


class StoredTerms(Stored):
    """A table of the terms of a text field, and which columns of the model's input come from it."""

    field: Index
    """By position in the signature."""
    analysis: Analysis
    words: tuple[str, ...] | None
    """The token of each column; None where tokens are hashed."""
    buckets: Annotated[int, Field(ge=1, le=MOST_BUCKETS)] | None = None
    """The number of columns where tokens are hashed."""
    alternate_sign: bool = False
    steps: tuple[StoredStep, ...] = ()
    columns: str = ""
    """The constant `[columns]` of those of the table that the model reads by themselves; empty for none."""
    column_places: tuple[Index, ...] = ()
    """For each of these its place in the model's input."""
    weights: str = ""
    """The constant `[sums, terms]`: the coefficients that are added up; empty for none."""
    terms: str = ""
    """The constant `[terms]` of the table's columns that the coefficients belong to; empty where it is all of them."""
    sum_places: tuple[Index, ...] = ()
    """For each sum its place in the model's input."""

    @property
    def microseconds(self) -> float:
        """What a character of a text takes at most, about."""
        shortest, longest = self.analysis.ngram_range
        tokens = (longest - shortest + 1) * (0.5 if self.analysis.analyzer == "word" else 1.0)
        return tokens * (TOKEN if self.buckets is None else HASHED_TOKEN)


class StoredTexts(Stored):
    """All tables of a model."""

    fields: Annotated[int, Field(ge=1)]
    """The number of the signature's fields: the first columns of the model's input."""
    categories: Mapping[Index, tuple[str, ...]]
    """Of the fields that reach the model as the code of a category: the text of each code."""
    refuse_null: tuple[Index, ...]
    """The fields in which null has no answer, by position."""
    tables: Annotated[tuple[StoredTerms, ...], Field(max_length=MOST_TABLES)]
