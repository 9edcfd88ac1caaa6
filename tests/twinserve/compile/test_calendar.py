"""The graph's calendar against the transformer's, which asks NumPy."""

from __future__ import annotations

import datetime
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from twinserve.arrays import FloatArray
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.lowerings.calendar import PARTS as LOWERED
from twinserve.estimators.calendar import PARTS, Calendar
from twinserve.predict.compiled import CompiledPredictor
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.frames import to_frame

FIRST = datetime.date(1600, 1, 1)
LAST = datetime.date(2400, 12, 31)
EPOCH = datetime.date(1970, 1, 1)


@cache
def feature(kinds: tuple[FeatureType, ...], place: int) -> CompiledPredictor:
    """One column of what the calendar makes, compiled as a regression that answers with just that."""
    made = np.zeros((2, len(PARTS) * len(kinds)))
    chosen = ColumnTransformer([("chosen", "passthrough", [place])]).fit(made)
    same = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
    same.coef_, same.intercept_ = np.array([1.0]), 0.0
    calendar = Calendar(tuple(PARTS)).fit(pd.DataFrame({f"f{i}": [] for i in range(len(kinds))}))
    columns = [Column(f"f{i}", "date" if kind is FeatureType.DATE else "datetime") for i, kind in enumerate(kinds)]
    return CompiledPredictor(compile_pipeline(make_pipeline(calendar, chosen, same), columns))


def both(kinds: list[FeatureType], matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The graph's features and the transformer's."""
    signature = Signature(features=tuple(Feature(path=(f"f{i}",), type=kind) for i, kind in enumerate(kinds)))
    columns = Columns(matrix)
    theirs = Calendar(tuple(PARTS)).fit_transform(to_frame(columns, signature))
    mine = [feature(tuple(kinds), place).predict(columns).values for place in range(theirs.shape[1])]
    return np.column_stack([np.asarray(values) for values in mine]), theirs


def test_every_day_of_eight_centuries_is_the_same() -> None:
    """All dates from 1600 to 2400, not a sample of them."""
    days = np.arange((FIRST - EPOCH).days, (LAST - EPOCH).days + 1, dtype=np.float64)
    mine, theirs = both([FeatureType.DATE], days.reshape(-1, 1))
    np.testing.assert_array_equal(mine, theirs)


def test_every_year_a_request_can_name_is_the_same() -> None:
    """The first and last days of all years that an ISO date can write."""
    days = [datetime.date(year, *day).toordinal() for year in range(1, 10_000) for day in ((1, 1), (2, 28), (12, 31))]
    mine, theirs = both([FeatureType.DATE], np.array(days, dtype=np.float64).reshape(-1, 1) - EPOCH.toordinal())
    np.testing.assert_array_equal(mine, theirs)


def test_the_transformer_says_what_python_says() -> None:
    """The anchor: neither of the two, but the standard library."""
    instants = [datetime.datetime(2024, 2, 29, 23, 59, 58), datetime.datetime(1969, 12, 31, 0, 0, 1)]
    names = Calendar(tuple(PARTS)).fit(pd.DataFrame({"t": instants})).get_feature_names_out()
    parts = Calendar(tuple(PARTS)).fit_transform(pd.DataFrame({"t": instants}))
    for instant, row in zip(instants, parts, strict=True):
        days = (instant.date() - EPOCH).days
        day_of_year = instant.timetuple().tm_yday
        clock = (instant.hour, instant.minute, instant.second)
        expected = (days, instant.year, instant.month, instant.day, instant.weekday(), day_of_year, *clock)
        assert dict(zip(names, expected, strict=True)) == dict(zip(names, row, strict=True))


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)), min_size=1, max_size=20))
def test_any_instant_is_the_same_beside_dates_and_nulls(instants: list[datetime.datetime]) -> None:
    """Mixed columns, microseconds, null rows."""
    seconds = [(instant - datetime.datetime(1970, 1, 1)).total_seconds() for instant in instants]
    matrix = np.array([[value // 86_400, value] for value in seconds] + [[np.nan, np.nan], [0.0, np.nan]])
    mine, theirs = both([FeatureType.DATE, FeatureType.DATETIME], matrix)
    np.testing.assert_array_equal(mine, theirs)


def test_every_part_has_a_lowering() -> None:
    """What the transformer can make, the graph can."""
    assert list(LOWERED) == list(PARTS)
