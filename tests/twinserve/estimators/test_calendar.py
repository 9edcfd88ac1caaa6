"""What a fitted pipeline makes of its dates. (The numbers themselves: `compile/test_calendar.py`.)"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.estimators.calendar import DATE_PARTS, Calendar, calendar_parts

DAYS = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=9), "number": range(9)})


@pytest.mark.parametrize("step", [Calendar(("year",)), make_pipeline(Calendar(("year",)), StandardScaler())])
def test_the_parts_of_a_date_are_found_wherever_the_calendar_stands(step: Any) -> None:
    prepare = ColumnTransformer([("dates", step, ["day"]), ("rest", "passthrough", ["number"])])
    assert calendar_parts(make_pipeline(prepare, Ridge()).fit(DAYS, range(9))) == {"day": ("year",)}


def test_a_pipeline_of_dates_alone_has_them_too() -> None:
    assert calendar_parts(make_pipeline(Calendar(), Ridge()).fit(DAYS[["day"]], range(9))) == {"day": DATE_PARTS}


def test_a_pipeline_without_dates_has_none() -> None:
    assert calendar_parts(make_pipeline(StandardScaler(), Ridge()).fit(DAYS[["number"]], range(9))) == {}
    assert calendar_parts(Ridge().fit(DAYS[["number"]], range(9))) == {}
