"""A column weighs rows if it holds finite numbers from 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.recipes.row_weights import BadWeight, row_weights


def test_numbers_from_0_are_weights() -> None:
    weights = row_weights(pd.Series([0, 1, 2.5], name="w"))
    assert (weights.tolist(), weights.name) == ([0.0, 1.0, 2.5], "w")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1.0, None], "null or infinite in 1 rows"),
        ([1.0, np.inf], "null or infinite in 1 rows"),
        ([1.0, -0.5], "negative in 1 rows"),
        ([0, 0], "0 in every row"),
        (["a", "b"], "holds texts, such as 'a'; a weight is a number from 0."),
        (["1", "2.5", "n. a."], "holds texts, such as 'n. a.'"),
        (["2024-01-03", "2024-01-04"], "holds dates, such as 2024-01-03; a"),
        ([True, False], "holds booleans, such as True; a"),
        ([[1], [2]], "holds list values"),
    ],
    ids=str,
)
def test_other_values_are_refused(values: list[Any], reason: str) -> None:
    with pytest.raises(BadWeight, match=f"^The weight 'w' .*{reason}"):
        row_weights(pd.Series(values, name="w"))
