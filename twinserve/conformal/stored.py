"""What a version stores so that its predictions can be given with a promised coverage."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME: Final = "coverage.json"
MOST_SCORES: Final = 4_000
"""Calibration scores of a group that a version keeps; of more, evenly spread ranks."""
MOST_NODES: Final = 31
MOST_TREES: Final = 64
"""Of the trees by which intervals are scaled."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Index = Annotated[int, Field(ge=0)]
IntervalMethod = Literal["absolute", "scaled"]
SetMethod = Literal["threshold", "aps", "raps"]


class Stored(BaseModel):
    """Base of what follows: unchangeable, and without unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredScores(Stored):
    """The calibration scores of a group of rows, in ascending order."""

    rows: Annotated[int, Field(ge=1)]
    """How many rows were calibrated on."""
    ranks: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """The ranks of the scores among all of them, from 1, ascending; the last one is that of the greatest score."""
    scores: tuple[Finite, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if len(self.ranks) != len(self.scores) or self.ranks[-1] != self.rows:
            raise ValueError("Ranks, scores and rows do not fit.")
        pairs = list(zip(self.ranks, self.scores, strict=True))
        if any(one[0] >= two[0] or one[1] > two[1] for one, two in pairwise(pairs)):
            raise ValueError("Scores do not ascend.")
        return self


class StoredTree(Stored):
    """A tree over a row's columns with the predicted value behind them."""

    features: tuple[Annotated[int, Field(ge=-1)], ...]
    """For each node the column that it compares; -1 for a leaf."""
    thresholds: tuple[Finite, ...]
    """A row whose column is at most this goes to the left."""
    left: tuple[Index, ...]
    right: tuple[Index, ...]
    """The nodes below; they come behind the node itself, so every path ends. 0 for a leaf."""
    null_left: tuple[bool, ...]
    """Does null go to the left?"""
    values: tuple[Finite, ...]

    @model_validator(mode="after")
    def _ends(self) -> Self:
        nodes = len(self.features)
        if not 1 <= nodes <= MOST_NODES or {len(getattr(self, name)) for name in type(self).model_fields} != {nodes}:
            raise ValueError("The nodes of the tree do not fit.")
        for node, feature in enumerate(self.features):
            if feature >= 0 and not (node < self.left[node] < nodes and node < self.right[node] < nodes):
                raise ValueError("A node of the tree comes before its parent.")
        return self


class StoredDifficulty(Stored):
    """The expected size of the error: `base` and the values of all trees together, at least `least`."""

    base: Finite
    least: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    trees: Annotated[tuple[StoredTree, ...], Field(max_length=MOST_TREES)]

    @model_validator(mode="after")
    def _finite(self) -> Self:
        sizes = [abs(self.base), self.least, *(max(map(abs, tree.values)) for tree in self.trees)]
        if not isfinite(sum(sizes)):
            raise ValueError("The expected size of an error is too large for a double.")
        return self


class StoredIntervals(Stored):
    """Intervals around predicted values: the score of a row is its absolute error, over the expected size of that."""

    method: IntervalMethod
    scores: StoredScores
    difficulty: StoredDifficulty | None = None
    """Only where intervals are scaled."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.method == "scaled") != (self.difficulty is not None) or self.scores.scores[0] < 0:
            raise ValueError("Intervals are scaled by trees, and no error is negative.")
        return self


class StoredSets(Stored):
    """Sets of labels: each class has a score in a row, and the classes whose score is low enough are in its set."""

    method: SetMethod
    groups: tuple[Index, ...]
    """For each class the group whose scores give its threshold; one group for all unless thresholds are class-wise."""
    scores: tuple[StoredScores, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if set(self.groups) != set(range(len(self.scores))):
            raise ValueError("Groups and scores do not fit.")
        return self


class StoredNone(Stored):
    """A version that cannot say how sure it is."""

    method: Literal["none"] = "none"
    reason: str
    """One sentence, for callers."""


AnyStored = StoredIntervals | StoredSets | StoredNone


class StoredCoverage(Stored):
    """The content of `coverage.json`."""

    coverage: Annotated[AnyStored, Field(discriminator="method")]


def write(coverage: AnyStored) -> bytes:
    """The content of the file."""
    return StoredCoverage(coverage=coverage).model_dump_json().encode()


def read(content: bytes) -> AnyStored:
    """The coverage in a file's content; raises pydantic's `ValidationError`."""
    return StoredCoverage.model_validate_json(content).coverage
