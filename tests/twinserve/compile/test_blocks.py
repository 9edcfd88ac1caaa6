"""Columns and affine maps, before any graph."""

from __future__ import annotations

import numpy as np

from twinserve.compile.blocks import Affine, Block


def applied(affine: Affine, x: np.ndarray) -> np.ndarray:
    return (x[:, list(affine.picks)] - affine.center) * affine.gain + affine.offset


def test_an_affine_map_follows_each_step() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    affine = Affine.identity(3).minus(np.array([1.0, 2.0, 3.0])).times(np.array([2.0, 3.0, 4.0])).select([2, 0])
    moved = affine.minus(np.array([0.5, 0.25]))
    np.testing.assert_allclose(applied(affine, x), ((x - [1, 2, 3]) * [2, 3, 4])[:, [2, 0]])
    np.testing.assert_allclose(applied(moved, x), applied(affine, x) - [0.5, 0.25])


def test_the_first_subtraction_stays_a_subtraction() -> None:
    assert Affine.identity(2).minus(np.array([5.0, 6.0])).center.tolist() == [5.0, 6.0]
    later = Affine.identity(2).times(np.array([2.0, 2.0])).minus(np.array([5.0, 6.0]))
    assert (later.center.tolist(), later.offset.tolist()) == ([0.0, 0.0], [-5.0, -6.0])


def test_a_selection_of_a_block_selects_its_columns_and_its_map() -> None:
    block = Block.numbers("t", 3, Affine.identity(3)).select([2, 2])
    assert [column.name for column in block.columns] == ["t[2]", "t[2]"]
    assert block.affine is not None
    assert (block.picks, block.affine.picks) == ((2, 2), (2, 2))
