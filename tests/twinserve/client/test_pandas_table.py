"""A pandas frame of any dtypes, index and names becomes the instances that a model in this process makes of it."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.twinserve.client.conftest import Blocking
from tests.twinserve.client.test_client import orchard
from tests.twinserve.signature.made import EVERY_TYPE
from twinserve.client import AskedWrongly, InvalidInput
from twinserve.client.frames.pandas_table import PandasTable
from twinserve.inprocess.frames import instances
from twinserve.signature import json_schema

SCHEMA = json.dumps(json_schema(EVERY_TYPE)).encode()
TEXT: Any = "2024-02-29T12:30"
OSLO, UTC = "Europe/Oslo", datetime.UTC


def every_type(**columns: Any) -> pd.DataFrame:
    """Two rows for the signature of every type, with some columns changed."""
    usual: dict[str, Any] = {
        "group.number": [0.5, 1.0],
        "group.integer": [3, 4],
        "group.deep.boolean": [True, False],
        "note": ["a", None],
        "size": ["small", "large"],
        "day": pd.to_datetime(["2024-02-29", "2024-03-01"]),
        "at": pd.to_datetime(["2024-02-29T12:30", "2024-02-29T12:31"]),
        "place.0": [59.9, 60.0],
        "place.1": [10.7, np.nan],
    }
    return pd.DataFrame(usual | columns)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"group.number": pd.array([1, None], dtype="Int64"), "place.0": pd.array([1.5, None], dtype="Float32")},
        {"group.number": pd.array([1, 2], dtype="UInt8"), "group.integer": np.array([1, 2], dtype="int8")},
        {"group.number": [decimal.Decimal("0.5"), decimal.Decimal(1)], "place.0": np.array([1, 2], dtype="float16")},
        {"group.deep.boolean": pd.array([True, None], dtype="boolean")},
        {"size": pd.Categorical(["small", None], categories=["large", "small"]), "note": pd.Categorical([1, 2])},
        {"town": pd.array(["Oslo", None], dtype="string"), "note": pd.array(["ä", "\u2028"], dtype="string")},
        {"day": pd.to_datetime(pd.Series(["2024-02-29", None])), "at": pd.to_datetime(pd.Series([TEXT, None]))},
        {"at": pd.to_datetime(["2024-02-29T12:30", "2024-07-01T00:00"]).tz_localize(OSLO)},
        {"at": pd.array(["2024-02-29T12:30:00.123456789", "2024-07-01"], dtype="datetime64[ns]")},
        {
            "day": [datetime.date(2024, 2, 29), None],
            "at": [datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC), pd.NaT],
        },
        {"day": pd.PeriodIndex(["2024-02", "2024-03"], freq="M"), "at": ["2024-02-29 12:30", "soon"]},
        {"group.number": pd.to_timedelta(["1h", None])},
    ],
)
def test_odd_columns_become_the_instances_that_they_become_without_http(columns: dict[str, Any]) -> None:
    own = every_type(**columns)
    for frame in (own, own.convert_dtypes(dtype_backend="pyarrow"), own.astype({"place.0": "Sparse[float64]"})):
        made = PandasTable(frame).reader(SCHEMA).rows(0, 2)
        assert repr(made) == repr(instances(frame, EVERY_TYPE))
        assert json.loads(json.dumps(made))


@pytest.mark.parametrize(
    "index",
    [
        pd.MultiIndex.from_product([["a"], range(30)]),
        pd.date_range("2024-01-01", periods=30, tz=OSLO),
        pd.Index(["ä"] * 30),
        pd.RangeIndex(100, 160, 2),
        pd.CategoricalIndex(list("abc") * 10),
    ],
)
def test_the_answer_has_the_frame_s_index_and_a_finding_its_label(client: Blocking, index: pd.Index[Any]) -> None:
    """Of any kind, even where labels are there twice."""
    frame = orchard().set_axis(index)
    assert client.predict(frame).index.equals(index)
    frame.iloc[4, 0] = -1.0
    with pytest.raises(InvalidInput) as caught:
        client.predict(frame)
    (finding,) = caught.value.findings
    assert (finding.row, finding.label) == (4, index[4])
    assert repr(finding.label) in str(caught.value)
    assert not isinstance(finding.label, np.generic)


def test_two_columns_of_one_name_are_refused(client: Blocking) -> None:
    frame = orchard()
    with pytest.raises(AskedWrongly, match="Two columns are named 'weight'"):
        client.predict(pd.concat([frame, frame[["weight"]]], axis="columns"))


NAMES: list[list[Any]] = [[("a", "b"), ("a", "c"), ("d", "e")], [0, 1, 2], ["ä", "\n", "a.b"], [None, True, 1.5]]


@pytest.mark.parametrize("names", NAMES)
def test_columns_of_other_names_are_named(client: Blocking, names: list[Any]) -> None:
    """As texts, whatever they are."""
    with pytest.raises(InvalidInput) as caught:
        client.predict(orchard().set_axis(pd.Index(names, tupleize_cols=True), axis="columns"))
    unknown = [finding.column for finding in caught.value.findings if finding.code == "unknown"]
    assert unknown == [str(name) for name in names]


def test_the_frame_is_left_as_it_was(client: Blocking) -> None:
    frame = orchard()
    before = frame.copy(deep=True)
    client.predict(frame)
    pd.testing.assert_frame_equal(frame, before)
