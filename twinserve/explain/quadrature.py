"""Shapley values of single leaves, by the closed form.

A leaf with value v is reached if a condition of each of d fields holds. Let a_k be 1 if that of field k holds for the
row, else 0, and b_k the share of the training weight for which it holds. Then field i gets

    v (a_i - b_i) * integral over t from 0 to 1 of the product over k != i of (b_k + t (a_k - b_k)),

a polynomial of degree d - 1, so Gauss-Legendre with ceil(d / 2) nodes is exact. The sum over all leaves is what is
known as path-dependent TreeSHAP.

Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees" (2020), for the
game; the integral form of a product game is due to Owen (1972).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from twinserve.arrays import FloatArray


def leaf_values(holds: FloatArray, shares: FloatArray) -> FloatArray:
    """The Shapley values `[..., d]` of leaves with value 1, from `a` and `b`, both `[..., d]` with d > 0.

    A leaf that no training weight reached by a condition that the row does not meet either gives 0 to every field.
    """
    gap = holds - shares
    total = np.zeros(gap.shape)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        for node, weight in zip(*nodes(gap.shape[-1]), strict=True):
            factors = shares + node * gap
            total += weight * (np.multiply.reduce(factors, axis=-1, keepdims=True) / factors)
        values: FloatArray = gap * total
    impossible = ((holds == 0) & (shares == 0)).any(axis=-1)
    if impossible.any():
        values[impossible] = 0.0
    return values


@cache
def nodes(fields: int) -> tuple[list[float], list[float]]:
    """Nodes and weights on the unit interval that integrate the product of `fields` - 1 linear factors exactly."""
    points, weights = np.polynomial.legendre.leggauss(max(1, -(-fields // 2)))
    return ((points + 1) / 2).tolist(), (weights / 2).tolist()
