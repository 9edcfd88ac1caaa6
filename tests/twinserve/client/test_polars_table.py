"""A Polars frame in, a Polars frame out; its cells are read as those of pandas are."""

from __future__ import annotations

import datetime
import decimal
import zoneinfo
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from harness import fruit
from tests.twinserve.client.conftest import Blocking
from tests.twinserve.signature.made import feature
from twinserve import open_model
from twinserve.client import AskedWrongly, InvalidInput
from twinserve.client.frames.polars_table import PolarsTable, cells

UTC = "2024-02-29T12:30:00+00:00"
NOON = datetime.datetime(2024, 2, 29, 12, 30)
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")


def orchard(rows: int = 30) -> pl.DataFrame:
    """Rows of the training table."""
    return pl.DataFrame(fruit.table(rows).features.to_dict("list"))


def test_a_frame_gets_a_frame_of_its_kind(client: Blocking, fruit_store: Path) -> None:
    """With the answers that pandas gets, for any number of rows."""
    same = fruit.table(130).features.assign(weight=lambda table: table["weight"] * 1.2)
    frame = orchard(130).select("skin.spots", pl.col("weight") * 1.2, "skin.colour")
    expected = open_model(fruit_store, "fruit").predict(same)
    answer = client.predict(frame)
    assert isinstance(answer, pl.DataFrame)
    assert answer.to_dict(as_series=False) == expected.to_dict("list")
    assert any(answer["warnings"].list.len())
    covered = client.predict(frame, coverage=0.9)
    assert covered["set"].dtype == pl.List(pl.String)
    explained = client.explain(frame)
    assert explained["explanation"][129]["contributions"][0]["pointer"]


def test_the_types_of_an_answer_do_not_depend_on_its_rows(client: Blocking) -> None:
    """So answers can be put together."""
    plain, warned = (client.predict(orchard(3).with_columns(weight=pl.lit(weight))) for weight in (150.0, 1000.0))
    assert plain.schema == warned.schema
    assert pl.concat([plain, warned]).height == 6


def test_groups_may_be_structs(client: Blocking) -> None:
    flat = orchard()
    nested = flat.select("weight", skin=pl.struct(colour="skin.colour", spots="skin.spots"))
    assert client.predict(nested).equals(client.predict(flat))


def test_findings_name_column_and_row(client: Blocking) -> None:
    frame = orchard(130).with_columns(
        pl.when(pl.int_range(130) == 77).then(pl.lit("blue")).otherwise("skin.colour").alias("skin.colour")
    )
    with pytest.raises(InvalidInput) as caught:
        client.predict(frame)
    (finding,) = caught.value.findings
    assert (finding.column, finding.row, finding.code) == ("skin.colour", 77, "enumeration")
    assert "column 'skin.colour', row 77: " in str(caught.value)
    with pytest.raises(InvalidInput) as caught:
        client.predict(frame.drop("weight").with_columns(other=1))
    assert [(one.column, one.code) for one in caught.value.findings] == [("weight", "missing"), ("other", "unknown")]


def test_a_lazy_frame_is_to_be_collected(client: Blocking) -> None:
    with pytest.raises(AskedWrongly, match=r"collect\(\)"):
        client.predict(orchard().lazy())


def test_an_empty_frame_is_refused_as_an_empty_list_is(client: Blocking) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.predict(orchard(0))
    assert caught.value.findings[0].code == "length"


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("number", pl.Series([1.5, None, float("nan")]), [1.5, None, None]),
        ("number", pl.Series([0.1], dtype=pl.Float32), [pl.Series([0.1], dtype=pl.Float32).to_list()[0]]),
        ("number", pl.Series([datetime.timedelta(hours=1)]), [3600.0]),
        ("number", pl.Series([decimal.Decimal("1.50")]), [1.5]),
        ("number", pl.Series([datetime.time(13, 5)]), ["13:05:00"]),
        ("integer", pl.Series([1, None], dtype=pl.UInt8), [1, None]),
        ("boolean", pl.Series([True, None]), [True, None]),
        ("boolean", pl.Series(["TRUE", "false", "no"]), [True, False, "no"]),
        ("category", pl.Series(["a", None], dtype=pl.Categorical), ["a", None]),
        ("category", pl.Series(["a"], dtype=pl.Enum(["a", "b"])), ["a"]),
        ("category", pl.Series([1.5]), [1.5]),
        ("date", pl.Series([datetime.date(2024, 2, 29), None]), ["2024-02-29", None]),
        ("date", pl.Series([datetime.datetime(2024, 2, 29)]), ["2024-02-29"]),
        ("date", pl.Series([NOON]), [UTC]),
        ("datetime", pl.Series([NOON]), [UTC]),
        ("datetime", pl.Series([NOON.replace(hour=13, tzinfo=OSLO)]), [UTC]),
        ("datetime", pl.Series([datetime.date(2024, 2, 29)]), ["2024-02-29T00:00:00+00:00"]),
        ("datetime", pl.Series(["2024-02-29 12:30", "soon"]), [UTC, "soon"]),
    ],
)
def test_cells_are_read_as_those_of_pandas_are(kind: str, column: Any, expected: list[Any]) -> None:
    assert cells(column, feature("x", kind)) == expected


def test_without_a_schema_its_own_types_decide() -> None:
    """And names go flat, as a service takes them too."""
    frame = pl.DataFrame({"a.b": [1], "at": [NOON], "day": [datetime.date(2024, 2, 29)], "sort": ["x"]})
    assert PolarsTable(frame).reader(None).rows(0, 1) == [{"a.b": 1, "at": UTC, "day": "2024-02-29", "sort": "x"}]
