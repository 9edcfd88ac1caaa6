"""What training saw, from all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.signature import Seen
from twinserve.signature.sources.training_profile import observe


def seen(kind: str, values: Any) -> Seen:
    """What is observed of one column."""
    return observe(signature(feature("g.x", kind)), pd.DataFrame({"g.x": values})).features[0].seen


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_a_number_has_a_range_deciles_and_a_share_of_nulls(kind: str) -> None:
    values = [*range(11), *[None] * 11]
    profile = seen(kind, values)
    assert (profile.minimum, profile.maximum, profile.null_share, profile.categories) == (0.0, 10.0, 0.5, None)
    assert profile.quantiles == pytest.approx(range(11))


def test_every_row_decides_and_not_a_sample() -> None:
    values = np.zeros(100_000)
    values[77_777] = 1e9
    assert seen("number", values).maximum == 1e9


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_categories_are_sorted_and_known_once(dtype: str) -> None:
    values = pd.Series(["b", "a", None, "b"], dtype=dtype)
    assert seen("category", values) == Seen(categories=("a", "b"), most_frequent="b", null_share=0.25)


def test_a_category_of_the_dtype_that_no_row_holds_was_not_seen() -> None:
    values = pd.Series(pd.Categorical(["a"], categories=["a", "never"]))
    assert seen("category", values).categories == ("a",)


@pytest.mark.parametrize(("kind", "unit"), [("date", 1.0), ("datetime", 86_400.0)])
@pytest.mark.parametrize("typed", [False, True])
def test_a_date_has_the_range_of_its_columns_numbers(kind: str, unit: float, *, typed: bool) -> None:
    values: Any = pd.Series(["1970-01-02", None, "1970-01-12"])
    profile = seen(kind, pd.to_datetime(values) if typed else values)
    assert (profile.minimum, profile.maximum) == (unit, 11 * unit)
    assert profile.quantiles == pytest.approx([unit * (1 + place) for place in range(11)])


@pytest.mark.parametrize("kind", ["boolean", "string"])
def test_other_types_have_a_share_of_nulls_only(kind: str) -> None:
    values = [None, None, None, {"boolean": True}.get(kind, "2020-01-01")]
    assert seen(kind, values) == Seen(null_share=0.75)


def test_a_column_of_nulls_has_no_range() -> None:
    assert seen("number", [None, None]) == Seen(null_share=1.0)
    assert seen("category", [None]) == Seen(categories=(), null_share=1.0)


def test_the_contract_itself_stays_as_declared() -> None:
    declared = signature(feature("x", minimum=0, unit="m"))
    observed = observe(declared, pd.DataFrame({"x": [1.0, 2.0], "unused": ["a", "b"]}))
    assert observed.observed([Seen()]) == declared
    assert declared.features[0].seen == Seen()
