"""Dates as a column holds them and as a caller writes them."""

from __future__ import annotations

import datetime
import json
import warnings

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature
from twinserve.signature.timestamps import EPOCH, date_text, datetime_text, days_of, seconds_of, seen_bounds


@given(st.dates())
def test_days_are_written_as_the_date_they_count_to(day: datetime.date) -> None:
    assert date_text(float((day - EPOCH.date()).days)) == day.isoformat()


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1), timezones=st.just(datetime.UTC)))
def test_seconds_are_written_as_the_instant_they_count_to(instant: datetime.datetime) -> None:
    """To the microsecond."""
    assert datetime_text((instant - EPOCH).total_seconds()) == instant.isoformat()


def test_what_training_saw_is_told_as_a_caller_writes_it() -> None:
    assert seen_bounds(feature("x", seen_minimum=0.5, seen_maximum=2.0)) == (0.5, 2.0)
    assert seen_bounds(feature("x", "date", seen_minimum=0.0, seen_maximum=1.0)) == ("1970-01-01", "1970-01-02")
    assert seen_bounds(feature("x", "datetime", seen_minimum=0.0)) == ("1970-01-01T00:00:00+00:00", None)


def test_what_pandas_writes_is_read_as_it_was() -> None:
    """`DataFrame.to_json`, with dates as milliseconds and as texts, in each unit and with a time zone."""
    table = pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-01-22", "1969-12-31"]),
            "at": pd.to_datetime(["2025-01-22T10:00:00.250", "0005-02-03T04:05:06"], format="ISO8601"),
            "utc": pd.to_datetime(["2025-01-22", "1969-12-31"], utc=True),
        }
    )
    for options in ({"date_format": "iso"}, {"date_format": "iso", "date_unit": "ns"}, {"date_format": "epoch"}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Milliseconds are deprecated in pandas.
            rows = json.loads(table.to_json(orient="records", **options))  # type: ignore[call-overload]
        assert [days_of(row["day"]) for row in rows] == [20110.0, -1.0]
        assert [days_of(row["utc"]) for row in rows] == [20110.0, -1.0]
        assert [datetime_text(seconds_of(row["at"])) for row in rows] == [
            "2025-01-22T10:00:00.250000+00:00",
            "0005-02-03T04:05:06+00:00",
        ]
