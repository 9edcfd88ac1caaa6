"""A declared input and a table agree, or every field that does not is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.signature import Feature
from twinserve.signature.sources.agreement import Disagreement, disagreements, require_agreement


def disagreement_of(declared: Feature, values: Any, *, exact: bool = True) -> list[str]:
    """What differs between a declared field `x` and a column."""
    return list(disagreements(signature(declared), pd.DataFrame({"x": values}), exact=exact))


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        (feature("x"), [1, 2]),
        (feature("x", minimum=0), [0.5, 1.5]),
        (feature("x", nullable=True), [1.0, None]),
        (feature("x", "integer"), [1.0, 2.0]),
        (feature("x", "boolean"), [0, 1]),
        (feature("x", "boolean"), [True, False]),
        (feature("x", "category", enumeration=("a", "b")), ["a", "b"]),
        (feature("x", "string"), ["a", "b"]),
        (feature("x", "date"), ["2024-01-01", "2024-01-02"]),
        (feature("x", "datetime"), ["2024-01-01", "2024-01-02"]),
        (feature("x"), [np.nan, np.nan][:0]),
    ],
    ids=str,
)
def test_what_the_service_would_take_agrees(declared: Feature, values: Any) -> None:
    assert disagreement_of(declared, values) == []


@pytest.mark.parametrize(
    ("declared", "values", "sentence"),
    [
        (feature("x"), [1.0, None], "x is null in 1 rows and declared as never null"),
        (feature("x"), ["a", "b"], "x holds category values and is declared as number"),
        (feature("x", "date"), ["2024-01-01T10:00:00Z"], "x holds datetime values and is declared as date"),
        (feature("x", "integer"), [1.5, 2.0], "x is not as declared in 1 rows (Must be an integer)"),
        (feature("x", "boolean"), [0, 1, 2], "x is not as declared in 1 rows (Must be true or false)"),
        (feature("x", minimum=0), [-1.0, -2.0, 1.0, -1.0], "x is not as declared in 3 rows (Must be at least 0)"),
        (
            feature("x", "category", enumeration=("a",)),
            ["a", "b"],
            'x is not as declared in 1 rows (Must be one of "a")',
        ),
        (feature("x"), [[1], [2]], "x holds list values and is declared as number"),
    ],
    ids=str,
)
def test_what_the_service_would_refuse_is_said_once_with_its_rows(
    declared: Feature, values: Any, sentence: str
) -> None:
    assert disagreement_of(declared, values) == [sentence]


def test_missing_columns_are_named_and_others_only_where_they_matter() -> None:
    contract, frame = signature(feature("x"), feature("y")), pd.DataFrame({"x": [1.0], "z": [1.0]})
    missing = "y is declared and not in the table"
    assert list(disagreements(contract, frame, exact=False)) == [missing]
    assert list(disagreements(contract, frame, exact=True)) == [missing, "z is in the table and not declared"]


def test_every_field_is_in_one_error() -> None:
    contract, frame = signature(feature("x"), feature("y")), pd.DataFrame({"x": [None, 1.0]})
    with pytest.raises(Disagreement) as refused:
        require_agreement(contract, frame, exact=True)
    assert len(refused.value.fields) == 2
    assert str(refused.value) == f"The input and the table disagree: {'; '.join(refused.value.fields)}."
