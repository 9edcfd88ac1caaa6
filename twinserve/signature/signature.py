"""The signature: the fields of an instance, their types and constraints, and what training saw of each.

Only this module defines the order of the columns.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinserve.errors import AskedWrongly, UnsupportedInput
from twinserve.notations.notation import Notation

PathPart = str | int
Path = tuple[PathPart, ...]
FeatureTree = Mapping[PathPart, "FeatureTree | Feature"]
"""The features nested as in an instance; integer keys, from 0, are the positions in a fixed-length array."""

MOST_PARTS: Final = 99
"""Parts of a feature's path: in an array of instances they make the 100 levels to which a body nests by default."""

OutOfRange = Literal["warn", "reject"]
"""The policy for a value that training never saw: predict and warn, or refuse it."""


class FeatureType(StrEnum):
    """The type of a feature."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    STRING = "string"
    CATEGORY = "category"
    DATE = "date"
    DATETIME = "datetime"


NUMERIC: Final = frozenset({FeatureType.NUMBER, FeatureType.INTEGER})
NUMERIC_OR_BOOLEAN: Final = NUMERIC | {FeatureType.BOOLEAN}
"""The types that a pipeline's table holds as float64."""
TEXTUAL: Final = frozenset({FeatureType.CATEGORY, FeatureType.STRING})
TEMPORAL: Final = frozenset({FeatureType.DATE, FeatureType.DATETIME})
ORDERED: Final = NUMERIC | TEMPORAL
"""The types of which training sees a range."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Constraints(_Frozen):
    """Declared limits: a value outside them is an error under either policy."""

    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    enumeration: tuple[str, ...] | tuple[int, ...] | None = None


class Seen(_Frozen):
    """What training saw: a value outside gets a warning, or an error under the policy `reject`."""

    minimum: float | None = None
    maximum: float | None = None
    quantiles: tuple[float, ...] = ()
    """The 0 %, 10 %, ... 100 % quantiles, for drift. Those of dates, and their range, are in the unit of the column."""
    categories: tuple[str, ...] | None = None
    most_frequent: str | None = None
    """The category of the most rows."""
    null_share: float = 0.0
    """The share of training rows in which the value was null, from 0 to 1."""


class Feature(_Frozen):
    """One leaf of an instance, and one column of the model's input."""

    path: Annotated[Path, Field(min_length=1)]
    type: FeatureType
    nullable: bool = False
    required: bool = True
    """False only for a nullable leaf that may be omitted, which means null."""
    unit: str | None = None
    notation: Notation | None = None
    """How the table writes the values; a caller may write them so, too. None: as JSON does."""
    description: str | None = None
    example: bool | int | float | str | None = None
    constraints: Constraints = Constraints()
    seen: Seen = Seen()

    @property
    def name(self) -> str:
        """The column's name: the path joined by dots."""
        return ".".join(str(part) for part in self.path)

    @property
    def pointer(self) -> str:
        """The JSON Pointer to the leaf within an instance."""
        return pointer(self.path)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The categories in the order of their codes: the declared enumeration, or else what training saw."""
        declared = self.constraints.enumeration
        if self.type is not FeatureType.CATEGORY:
            return ()
        return tuple(str(value) for value in declared) if declared else self.seen.categories or ()


class Signature(_Frozen):
    """The input contract of a model, with its features in column order."""

    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
    descriptions: Mapping[str, str] = {}
    """Descriptions of the groups of features, by JSON Pointer; the empty pointer is the whole instance."""
    left_out: Mapping[str, str] = {}
    """Why training left a column of its table out, by the column's name; a caller may send it, and it is ignored."""

    @model_validator(mode="after")
    def _names_are_unambiguous(self) -> Self:
        counts = Counter(feature.name for feature in self.features)  # Linear time: there may be 100,000 features.
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise UnsupportedInput(f"Two features would share the column name {twice[0]!r}; rename one of them.")
        deepest = max(self.features, key=lambda feature: len(feature.path)).path
        if len(deepest) > MOST_PARTS:
            raise UnsupportedInput(
                f"A feature below {deepest[0]!r} has {len(deepest)} parts in its path; a body holds "
                f"{MOST_PARTS} at most."
            )
        return self

    def tree(self) -> FeatureTree:
        """The features nested as in an instance; raises `UnsupportedInput` where they do not fit together."""
        root: dict[PathPart, FeatureTree | Feature] = {}
        for feature in self.features:
            node = root
            for part in feature.path[:-1]:
                child = node.setdefault(part, {})
                if not isinstance(child, dict):
                    raise UnsupportedInput(f"{feature.name!r} lies below a feature of its own.")
                node = child
            if feature.path[-1] in node:
                raise UnsupportedInput(f"Other features lie below {feature.name!r}.")
            node[feature.path[-1]] = feature
        _require_places(root, ())
        return root

    def observed(self, seen: Sequence[Seen]) -> Signature:
        """The same contract with what training saw of each feature, in the order of the features."""
        features = (
            feature.model_copy(update={"seen": facts}) for feature, facts in zip(self.features, seen, strict=True)
        )
        return self.model_copy(update={"features": tuple(features)})


def _require_places(tree: FeatureTree, path: Path) -> None:
    """Refuse an array whose positions are not 0, 1, ... in this order, as its values would be swapped silently."""
    if any(isinstance(part, int) for part in tree) and list(tree) != list(range(len(tree))):
        raise UnsupportedInput(f"The places of the list {pointer(path)!r} must be 0, 1, ... in this order.")
    for part, child in tree.items():
        if not isinstance(child, Feature):
            _require_places(child, (*path, part))


def pointer(path: Sequence[PathPart]) -> str:
    """The JSON Pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def is_array(tree: FeatureTree) -> bool:
    """Is this node a fixed-length array, whose keys are positions, rather than an object?"""
    return 0 in tree


def require_policy(out_of_range: str) -> None:
    """Raise `AskedWrongly` for what is not a policy."""
    if out_of_range not in get_args(OutOfRange):
        raise AskedWrongly(f"out_of_range is 'warn' or 'reject', not {out_of_range!r}.")


def outside(value: float, seen: Seen) -> bool:
    """Is a column's value outside the range that training saw? NaN (null) never is."""
    low = -math.inf if seen.minimum is None else seen.minimum
    high = math.inf if seen.maximum is None else seen.maximum
    return value < low or value > high
