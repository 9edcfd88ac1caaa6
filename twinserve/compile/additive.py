"""The decision of a model as a sum of trees' leaves and of linear functions of columns, for its explanation.

A lowering notes it beside the tensors of its outcome. Where a step follows that is not linear (a mean of logistic
functions, say), nothing is noted, and the model's explanations are sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.explain.stored import Scale


@dataclass(frozen=True, eq=False)
class TreeTerm:
    """The sums of a `TreeEnsemble` operation times a factor."""

    tensor: str
    into: tuple[int | None, ...]
    """For each of its sums the output to which it is added; None where it is to none."""
    factor: float = 1.0


@dataclass(frozen=True, eq=False)
class LinearTerm:
    """Columns `picks` of a tensor times weights."""

    tensor: str
    width: int
    """The number of the tensor's columns."""
    picks: tuple[int, ...]
    weights: FloatArray
    """`[outputs, columns]`"""


@dataclass(frozen=True, eq=False)
class Additive:
    """Outputs on a scale: of a classifier of two classes that of the second class, of more classes one for each."""

    of: Scale
    bias: FloatArray
    """`[outputs]`"""
    trees: tuple[TreeTerm, ...] = ()
    linear: tuple[LinearTerm, ...] = ()

    def on(self, scale: Scale) -> Additive:
        """The same numbers, of another scale."""
        return replace(self, of=scale)

    def plus(self, amount: float) -> Additive:
        """Every output plus an amount."""
        return replace(self, bias=self.bias + amount)

    def times(self, factor: float) -> Additive:
        """Every output times a factor."""
        return Additive(
            self.of,
            self.bias * factor,
            tuple(replace(term, factor=term.factor * factor) for term in self.trees),
            tuple(replace(term, weights=term.weights * factor) for term in self.linear),
        )

    def placed(self, positions: Sequence[int], outputs: int) -> Additive:
        """The same outputs at these positions among `outputs`; the others are 0."""
        bias = np.zeros(outputs)
        bias[list(positions)] = self.bias

        def wide(weights: FloatArray) -> FloatArray:
            whole = np.zeros((outputs, weights.shape[1]))
            whole[list(positions)] = weights
            return whole

        return Additive(
            self.of,
            bias,
            tuple(replace(t, into=tuple(None if i is None else positions[i] for i in t.into)) for t in self.trees),
            tuple(replace(term, weights=wide(term.weights)) for term in self.linear),
        )


def weighted_mean(parts: Sequence[Additive | None], weights: FloatArray, scale: Scale) -> Additive | None:
    """The weighted mean of members that are all of this scale; None where one is not."""
    known = [part for part in parts if part is not None and part.of == scale]
    if len(known) < len(parts) or len({len(part.bias) for part in known}) != 1:
        return None
    total = float(weights.sum())
    scaled = [part.times(weight / total) for part, weight in zip(known, weights.tolist(), strict=True)]
    return Additive(
        scale,
        np.sum([part.bias for part in scaled], axis=0),
        tuple(term for part in scaled for term in part.trees),
        tuple(term for part in scaled for term in part.linear),
    )
