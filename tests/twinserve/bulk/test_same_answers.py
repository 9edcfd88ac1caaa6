"""Property: many rows in any form have, byte for byte, the answers that `POST /predict` gives to each of them."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.twinserve.bulk.made import scored
from tests.twinserve.signature.made import COLOURS, NUMBERS, WHOLE, signatures, spelled_instances
from twinserve.bulk.forms import Answer, Form
from twinserve.bulk.reading import csv_rows
from twinserve.bulk.version import BulkVersion
from twinserve.service.http.problem import Problem
from twinserve.service.inference.version import ModelVersion
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.signature import NUMERIC, FeatureTree, OutOfRange, is_array
from twinserve.testing.fakes import FakePredictor, body_of, opened, settings_of

many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EVERY_FORM: Sequence[Answer] = ("ndjson", "json", "csv", "arrow", "parquet")
POLICIES = st.sampled_from(("warn", "reject"))


class Asked:
    """One model, asked in bulk and row by row."""

    def __init__(self, contract: Signature, out_of_range: OutOfRange) -> None:
        artifact = opened(FakePredictor(), contract=contract)
        settings = settings_of(out_of_range=out_of_range)
        self.bulk = BulkVersion(artifact, "7", out_of_range=out_of_range)
        self._alone = ModelVersion(artifact, "7", settings, Metrics())

    def answers(self, instances: Sequence[Any]) -> list[str]:
        """Each instance's object as `POST /predict` writes it, with pointers that begin at the instance."""
        return [self._answer(instance) for instance in instances]

    def _answer(self, instance: Any) -> str:
        try:
            body = body_of(self._alone, json.dumps([instance]).encode()).decode()
        except Problem as problem:
            found = [{**error, "pointer": error["pointer"].removeprefix("/0")} for error in problem.errors or ()]
            return json.dumps({"errors": found}, separators=(",", ":"))
        _, _, items = body.partition('"predictions":[')
        return items.removesuffix("]}").replace('"pointer":"/0', '"pointer":"')

    def lines(self, reads: Form, body: bytes, size: int = 1 << 20) -> list[str]:
        """What bulk answers in NDJSON."""
        return scored(self.bulk, reads, "ndjson", body, size=size).decode().splitlines()


@many
@given(data=st.data(), contract=signatures(), policy=POLICIES, size=st.sampled_from((3, 64, 1 << 20)))
def test_lines(data: st.DataObject, contract: Signature, policy: OutOfRange, size: int) -> None:
    """Instances with flat names, columns left out, nulls, unseen values and all that is invalid."""
    asked = Asked(contract, policy)
    rows = data.draw(st.lists(spelled_instances(contract), max_size=6))
    rows = [row for row in rows if not isinstance(row, list)]
    body = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    assert asked.lines("ndjson", body, size) == asked.answers(rows)


def nested(tree: FeatureTree, row: dict[str, Any]) -> Any:
    """The instance of a row."""
    parts = {
        part: row[child.name] if isinstance(child, Feature) else nested(child, row)
        for part, child in tree.items()
        if not isinstance(child, Feature) or child.name in row
    }
    return list(parts.values()) if is_array(tree) else parts


INSTANTS = st.datetimes(datetime.datetime(1500, 1, 1), datetime.datetime(2700, 1, 1))
CELLS: dict[FeatureType, st.SearchStrategy[Any]] = {
    FeatureType.BOOLEAN: st.booleans(),
    FeatureType.STRING: st.text(st.sampled_from('ab:é\U0001f600"\\\n,'), min_size=1, max_size=6),
    FeatureType.CATEGORY: st.sampled_from((*COLOURS, "mauve")),
    FeatureType.DATE: st.dates(),
    FeatureType.DATETIME: INSTANTS,
}
FLOATS = NUMBERS | WHOLE.map(float) | st.sampled_from((0.0, -0.0, 1e300, 5e-324, 1.0, 2.0, 30.0, 2.0**53 + 2))


def as_text(value: Any, feature: Feature) -> Any:
    """A cell as JSON has it."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=datetime.UTC).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat() + ("T00:00:00Z" if feature.type is FeatureType.DATETIME else "")
    return value


@st.composite
def columns(draw: st.DrawFn, feature: Feature, rows: int, *, wild: bool = False) -> pa.Array:
    """A column of a type that fits, now and then with nulls and with what does not belong there; if `wild`, with dates
    and instants for which Python has no value."""
    nulls = st.none() if draw(st.integers(0, 2)) == 0 else st.nothing()

    def cells(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values | values | values | nulls, min_size=rows, max_size=rows))

    if feature.type in NUMERIC:
        if draw(st.booleans()):
            return pa.array(cells(WHOLE), draw(st.sampled_from((pa.int64(), pa.int8(), pa.float32()))))
        return pa.array(cells(FLOATS), pa.float64())
    if wild and feature.type in (FeatureType.DATE, FeatureType.DATETIME) and draw(st.booleans()):
        kind = draw(st.sampled_from((pa.date32(), *(pa.timestamp(unit, "UTC") for unit in ("s", "ms", "us")))))
        bits = 31 if kind == pa.date32() else 63
        near = st.integers(-20_000, 20_000).map(lambda day: day if bits == 31 else 86_400 * day)
        units = cells(near | st.integers(-(2**bits), 2**bits - 1) | st.sampled_from((-(2**bits), 2**bits - 1)))
        return pa.array(units, kind)
    if feature.type is FeatureType.DATE and draw(st.booleans()):
        days = st.dates(datetime.date(1600, 1, 1), datetime.date(2500, 1, 1))
        midnights = days.map(lambda day: datetime.datetime(day.year, day.month, day.day))
        return pa.array(
            cells(midnights | midnights | INSTANTS), pa.timestamp("us", draw(st.sampled_from((None, "UTC"))))
        )
    if feature.type in (FeatureType.DATE, FeatureType.DATETIME) and draw(st.booleans()):
        texts = CELLS[feature.type].map(lambda value: as_text(value, feature)) | st.sampled_from(("x", "2024-02-30"))
        return pa.array(cells(texts), pa.string())
    column = pa.array(cells(CELLS[feature.type]))
    return column.dictionary_encode() if pa.types.is_string(column.type) and draw(st.booleans()) else column


@st.composite
def tables(draw: st.DrawFn, contract: Signature, *, wild: bool = False) -> pa.Table:
    """A table of the signature's columns in any order; optional ones may not be there."""
    rows = draw(st.integers(0, 5))
    features = [one for one in contract.features if one.required or draw(st.integers(0, 3))]
    order = draw(st.permutations(features))
    return pa.table({feature.name: draw(columns(feature, rows, wild=wild)) for feature in order})


def values(column: pa.ChunkedArray) -> list[Any]:
    """Python's values, and a text where it has none."""
    held: list[Any] = []
    for cell in column:
        try:
            held.append(cell.as_py())
        except (OverflowError, ValueError):
            held.append("beyond")
    return held


def rows_of(table: pa.Table, contract: Signature) -> list[Any]:
    """The instances that the rows of a table stand for."""
    features = {feature.name: feature for feature in contract.features}
    cells = {name: [as_text(value, features[name]) for value in values(table[name])] for name in table.column_names}
    named = [{name: values[row] for name, values in cells.items()} for row in range(table.num_rows)]
    return [nested(contract.tree(), row) for row in named]


def stream(table: pa.Table) -> bytes:
    """A table as an Arrow stream of batches of two rows."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


@many
@given(data=st.data(), contract=signatures(), policy=POLICIES, size=st.sampled_from((3, 64, 1 << 20)))
def test_arrow(data: st.DataObject, contract: Signature, policy: OutOfRange, size: int) -> None:
    """Columns of every type that fits; floats with -0, dates as texts, categories as dictionaries."""
    asked = Asked(contract, policy)
    table = data.draw(tables(contract, wild=True))
    assert asked.lines("arrow", stream(table), size) == asked.answers(rows_of(table, contract))


@many
@given(data=st.data(), contract=signatures(), policy=POLICIES)
def test_csv(data: st.DataObject, contract: Signature, policy: OutOfRange) -> None:
    """The same cells as text."""
    asked = Asked(contract, policy)
    table = data.draw(tables(contract))
    names = table.column_names
    assume(names)
    rows = [
        {name: None if value == "" else value for name, value in zip(names, row, strict=True)}
        for row in zip(*(table[name].to_pylist() for name in names), strict=True)
    ]
    features = {feature.name: feature for feature in contract.features}
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(names)
    for row in rows:
        cells = {name: as_text(value, features[name]) for name, value in row.items()}
        writer.writerow([json.dumps(cell) if isinstance(cell, (bool, float)) else cell for cell in cells.values()])
    expected = asked.answers(rows_of(table, contract))
    for long in (0, csv_rows.LONG):  # By columns and by rows.
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(csv_rows, "LONG", long)
            patched.setattr(csv_rows, "BLOCK", long)
            assert asked.lines("csv", sink.getvalue().encode()) == expected


@many
@given(data=st.data(), contract=signatures())
def test_every_form_of_answers_says_the_same(data: st.DataObject, contract: Signature) -> None:
    """From one table: numbers as the same doubles, warnings and errors as the same JSON."""
    asked = Asked(contract, "warn")
    table = data.draw(tables(contract))
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    given = {form: scored(asked.bulk, "parquet", form, sink.getvalue()) for form in EVERY_FORM}
    lines = [json.loads(line) for line in given["ndjson"].splitlines()]
    assert len(lines) == table.num_rows == len(json.loads(given["json"])["predictions"])
    rows = pa.ipc.open_stream(given["arrow"]).read_all().to_pylist()
    assert parquet.read_table(io.BytesIO(given["parquet"])).to_pylist() == rows
    for line, row, cells in zip(
        lines, rows, csv.DictReader(io.StringIO(given["csv"].decode(), newline="")), strict=True
    ):
        assert {name: value for name, value in row.items() if value is not None} == {
            name: float(cell) if name.startswith("prob") else cell for name, cell in cells.items() if cell
        }
        if "errors" in line:
            assert json.loads(row["error"]) == line["errors"]
        else:
            assert (row["label"], row["error"]) == (line["label"], None)
            assert json.loads(row["warnings"]) == line["warnings"]
            likely = {name.removeprefix("probabilities."): p for name, p in row.items() if name.startswith("prob")}
            assert likely == line["probabilities"]
