"""Rows of a query, whose types are those of the database and not of JSON."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twinserve.bulk.files.database import QuerySource
from twinserve.bulk.options import Options
from twinserve.bulk.version import BulkVersion
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.testing.fakes import FakePredictor, opened


def test_truth_values_may_be_0_and_1(tmp_path: Path) -> None:
    """SQLite has no others; any other number is none."""
    asked = Feature(path=("owns",), type=FeatureType.BOOLEAN), Feature(path=("rooms",), type=FeatureType.INTEGER)
    version = BulkVersion(opened(FakePredictor(), contract=Signature(features=asked)), "1")
    with sqlite3.connect(tmp_path / "homes.db") as database:
        database.execute("create table homes (owns boolean, rooms integer)")
        database.executemany("insert into homes values (?, ?)", [(True, 1), (False, 0), (2, 1), ("true", 1)])
    source = QuerySource(f"sqlite:///{tmp_path / 'homes.db'}", "select * from homes", version, Options())
    (chunk,) = source.chunks(0)
    checked = source.check(chunk.rows)
    assert sorted(checked.errors) == [2, 3]
    assert [(finding.path, finding.code) for finding in checked.errors[2]] == [(("owns",), "type")]
