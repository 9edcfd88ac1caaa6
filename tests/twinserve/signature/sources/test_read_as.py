"""Columns that somebody says are dates, where the table has numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import FeatureType, Signature
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import read_as
from twinserve.signature.sources.type_inference import NotAFeature

DAYS = ["2012-01-31", "2012-02-29", "2013-12-24"]
MILLISECONDS = [1327968000000, 1330473600000, 1387843200000]


def learned(cells: Sequence[Any], form: str | None = None, dtype: str | None = None) -> tuple[Signature, list[str]]:
    """The signature of a table with these cells as dates, and the dates."""
    given = {"day": GivenType(FeatureType.DATE, form)}
    made = from_table(pd.DataFrame({"day": pd.Series(cells, dtype=dtype)}), types=given)
    return made.signature, [str(day)[:10] for day in made.frame["day"]]


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        ([20120131, 20120229, 20131224], None),
        ([20120131, 20120229, 20131224], "%Y%m%d"),
        ([31012012, 29022012, 24122013], "%d%m%Y"),
        (MILLISECONDS, None),
    ],
)
@pytest.mark.parametrize("dtype", ["int64", "object", "float64"])
def test_a_number_that_is_a_date_may_be_sent_as_the_table_has_it(
    cells: list[int], form: str | None, dtype: str
) -> None:
    signature, days = learned(cells, form, dtype)
    assert days == DAYS
    sent = [f'{{"day": {cell}}}'.encode() for cell in (cells[0], f'"{DAYS[0]}"')]
    as_number, as_text = (Validator(signature).validate(body).columns.matrix.tolist() for body in sent)
    assert as_number == as_text


def test_seconds_are_not_taken_for_milliseconds() -> None:
    with pytest.raises(NotAFeature, match=r"; 1327968000 is none$"):
        read_as(pd.Series([number // 1000 for number in MILLISECONDS]), GivenType(FeatureType.DATE, None))
