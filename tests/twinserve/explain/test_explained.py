"""Explanations are given with finite numbers, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from twinserve.explain.explained import Explained
from twinserve.explain.explainer import Values

BIG = 1.7e308


@pytest.mark.parametrize(
    ("base", "contributions", "output", "errors"),
    [
        (np.nan, [1.0, 0.0, 0.0], 0.0, None),
        (0.0, [1.0, 0.0, 0.0], np.inf, None),
        (0.0, [np.inf, 0.0, 0.0], 0.0, None),
        (0.0, [-BIG, BIG, BIG], BIG, None),
        (BIG, [0.0, 0.0, -BIG], 0.0, None),
        (0.0, [1.0, 0.0, 0.0], 1.0, [np.inf, 0.0, 0.0]),
        (0.0, [1.0, 0.0, 0.0], 1.0, [np.nan, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("top", [None, 1])
def test_a_row_whose_numbers_may_leave_the_doubles_has_no_explanation(
    base: float, contributions: list[float], output: float, errors: list[float] | None, top: int | None
) -> None:
    """Whichever contributions are listed, or summed up: `others` could be infinite where the whole sum is not."""
    given = np.array([contributions, [1.0, 2.0, 3.0]])
    spread = None if errors is None else np.array([errors, [0.0] * 3])
    values = Values(np.array([base, 0.5]), np.array([output, 6.5]), given, spread)
    explained = Explained("shapley-sampled", "value", None, values, top)
    assert explained.unexplained.tolist() == [0]
