"""The input and output of a lowering: columns of a table, and a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive
from twinserve.predict.linear import LinearModel

LARGEST: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Column:
    """One column of the table that a pipeline was fitted on.

    `name` is its DataFrame column name. `kind` is the form in which it reaches the graph: numbers (also integers and
    booleans) as doubles, a category as the index of its text in `categories` (-1 for a text that is not among
    them), a date as days and a datetime as seconds since 1970, null as NaN. Only calendar features can be
    computed from a date, and nothing from a text: a pipeline that uses them in another way has no graph, one that
    drops them has.
    """

    name: str
    kind: Literal["number", "category", "date", "datetime", "text"]
    categories: tuple[str, ...] = ()
    nullable: bool = True
    """Whether it may be null. A graph checks that only where the pipeline raises on null."""
    low: float = -LARGEST
    high: float = LARGEST
    """Bounds of a number: the server refuses what is beyond them."""


@dataclass(frozen=True, eq=False)
class Affine:
    """Columns that are, one by one, `(x[:, picks] - center) * gain + offset` of the graph's input.

    Scalers keep this beside the exact nodes that they emit, so that a linear model behind them can be folded into one
    dot product.
    The first subtraction stays a subtraction (`center`): a large mean then loses no digits.
    """

    picks: tuple[int, ...]
    center: FloatArray
    gain: FloatArray
    offset: FloatArray

    @classmethod
    def identity(cls, width: int) -> Affine:
        """The input itself, `width` columns."""
        return cls(tuple(range(width)), np.zeros(width), np.ones(width), np.zeros(width))

    def select(self, picks: Sequence[int]) -> Affine:
        """The columns at these positions."""
        at = list(picks)
        return Affine(tuple(self.picks[i] for i in at), self.center[at], self.gain[at], self.offset[at])

    @classmethod
    def beside(cls, parts: Sequence[Affine]) -> Affine:
        """The columns of all parts, side by side."""
        return cls(
            tuple(pick for part in parts for pick in part.picks),
            np.concatenate([part.center for part in parts]),
            np.concatenate([part.gain for part in parts]),
            np.concatenate([part.offset for part in parts]),
        )

    def minus(self, amount: FloatArray) -> Affine:
        """Every column minus its amount."""
        untouched = bool(np.all(self.gain == 1.0) and not self.offset.any() and not self.center.any())
        if untouched:
            return replace(self, center=np.asarray(amount, dtype=np.float64))
        return replace(self, offset=self.offset - amount)

    def times(self, factor: FloatArray) -> Affine:
        """Every column times its factor."""
        return replace(self, gain=self.gain * factor, offset=self.offset * factor)


@dataclass(frozen=True, eq=False)
class Block:
    """A table inside the graph: column `i` is column `picks[i]` of the double tensor `tensor`, `[n, width]`.

    Selecting columns costs no node until a lowering needs one tensor of them (`Graph.dense`); trees never do.
    `affine` is set while the columns are still an affine map of the input, column by column.
    """

    tensor: str
    width: int
    columns: tuple[Column, ...]
    picks: tuple[int, ...]
    affine: Affine | None = field(default=None)

    @classmethod
    def of(cls, tensor: str, columns: Iterable[Column], affine: Affine | None = None) -> Block:
        """A whole tensor with these columns."""
        columns = tuple(columns)
        return cls(tensor, len(columns), columns, tuple(range(len(columns))), affine)

    @classmethod
    def numbers(cls, tensor: str, width: int, affine: Affine | None = None) -> Block:
        """A whole tensor of `width` computed numbers."""
        return cls.of(tensor, (Column(f"{tensor}[{i}]", "number") for i in range(width)), affine)

    def select(self, positions: Iterable[int]) -> Block:
        """The columns at these positions, in this order."""
        at = [int(i) for i in positions]
        affine = self.affine.select(at) if self.affine is not None else None
        columns = tuple(self.columns[i] for i in at)
        return Block(self.tensor, self.width, columns, tuple(self.picks[i] for i in at), affine)


@dataclass(frozen=True)
class Classified:
    """The prediction of a classifier, as names of tensors.

    `label` is int64 `[n]`, an index into the estimator's `classes_`; `probabilities` is double
    `[n, classes]`, None where it has no `predict_proba`; `decision` is its `decision_function` as double
    `[n, 1]` (two classes) or `[n, classes]`, None where it has none. `linear` is the same answer as one dot
    product of the input, where there is one; `additive` is its explanation as a sum, where there is one.
    """

    label: str
    classes: int
    probabilities: str | None = None
    decision: str | None = None
    linear: LinearModel | None = None
    additive: Additive | None = None


@dataclass(frozen=True)
class Regressed:
    """The prediction of a regressor: the name of a double tensor `[n, 1]`."""

    value: str
    linear: LinearModel | None = None
    additive: Additive | None = None


@dataclass(frozen=True)
class Outputs:
    """The predictions of several targets, of several quantiles, or of an anomaly detector, which no other estimator
    takes as its input."""

    tensors: Mapping[str, str]
    """By the output's name, `[n, k]`; labels are int64 `[n, k]`, other numbers double."""
    widths: Mapping[str, int | None]
    """`k` of each; None where it is 1 and the output is `[n]`."""


Outcome = Block | Classified | Regressed | Outputs
