"""Columns of Arrow's rarer types: each is answered as its values are in a common type, comes back, or is refused."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.twinserve.signature.made import feature, signature
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import ALONE, Bounds, Options
from twinserve.bulk.reading import batch_parts
from twinserve.bulk.reading.plain_columns import plain, plain_type
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.arrow_sinks import write_group
from twinserve.signature import Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.testing.fakes import FakePredictor, opened

NUMBERS = [Decimal("1.5"), Decimal(2), None, Decimal("1.5")]
TEXTS = ["red", "blue", None, "red"]


@pytest.fixture(scope="module")
def version() -> BulkVersion:
    """A model of a number, a category, a text and a date, none of which may be null."""
    features = (
        feature("x"),
        feature("kind", "category", seen_categories=("red", "blue")),
        feature("note", "string"),
        feature("day", "date"),
    )
    return BulkVersion(opened(FakePredictor(), contract=signature(*features)), "7")


def table(**columns: Any) -> pa.Table:
    """Four rows; the columns given replace common ones, or stand beside them."""
    common = {"x": [1.5] * 4, "kind": ["red"] * 4, "note": ["a"] * 4, "day": ["2024-02-29"] * 4}
    return pa.table({**common, **columns})


def stream(content: pa.Table, form: str = "arrow", **options: Any) -> bytes:
    """The table as a body."""
    sink = io.BytesIO()
    if form == "parquet":
        parquet.write_table(content, sink, **options)
        return sink.getvalue()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue()


def written(
    version: BulkVersion, body: bytes, reads: Any = "arrow", writes: Any = "ndjson", passed: tuple[str, ...] = ()
) -> bytes:
    """The answers, as a door writes them."""
    scoring = Scoring(version, reads, writes, Options(passed=passed), bounds=Bounds(rows=1_000))
    try:
        return b"".join([*scoring.steps(body), *scoring.end()])
    finally:
        scoring.close()


def answers(version: BulkVersion, body: bytes, reads: Any = "arrow", passed: tuple[str, ...] = ()) -> list[Any]:
    """As lines."""
    return [json.loads(line) for line in written(version, body, reads, passed=passed).splitlines()]


def shared(values: list[Any], kind: pa.DataType) -> pa.Array:
    """As places in a dictionary, which holds null too."""
    distinct = list(dict.fromkeys(values))
    return pa.DictionaryArray.from_arrays(
        pa.array([distinct.index(value) for value in values], pa.int8()), pa.array(distinct, kind)
    )


@pytest.mark.parametrize(
    ("name", "odd", "common"),
    [
        ("x", pa.array(NUMBERS, pa.decimal32(5, 2)), pa.array(NUMBERS, pa.decimal128(5, 2))),
        ("x", pa.array(NUMBERS, pa.decimal64(15, 2)), pa.array(NUMBERS, pa.decimal128(5, 2))),
        ("x", shared(NUMBERS, pa.decimal32(5, 2)), pa.array(NUMBERS, pa.decimal128(5, 2))),
        *((name, pa.array(TEXTS, pa.string_view()), pa.array(TEXTS)) for name in ("kind", "note", "day")),
        *((name, shared(TEXTS, pa.string_view()), pa.array(TEXTS)) for name in ("kind", "note", "day")),
        *((name, shared(TEXTS, pa.string()), pa.array(TEXTS)) for name in ("kind", "note", "day")),
        *(
            (name, pa.DictionaryArray.from_arrays(pa.array([0, None, 2, 1], pa.int8()), pa.nulls(3)), pa.nulls(4))
            for name in ("x", "kind", "note", "day")
        ),
        *(
            (
                name,
                pa.DictionaryArray.from_arrays(pa.array([None] * 4, pa.int8()), pa.array([], pa.string())),
                pa.nulls(4),
            )
            for name in ("kind", "note", "day")
        ),
    ],
    ids=str,
)
def test_values_are_answered_in_whatever_type_they_come(
    version: BulkVersion, name: str, odd: pa.Array, common: pa.Array
) -> None:
    """With the same answers, and the same errors in the places of bad rows."""
    expected = answers(version, stream(table(**{name: common})))
    assert answers(version, stream(table(**{name: odd}))) == expected
    assert any("errors" in row for row in expected)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array(TEXTS, pa.string_view()), TEXTS),
        (shared(TEXTS, pa.string()), TEXTS),
        (shared(TEXTS, pa.string_view()), TEXTS),
        (shared([b"a", b"a", None, b"b"], pa.binary_view()), ["YQ==", "YQ==", None, "Yg=="]),
        (pa.array([b"a", b"a", None, b"b"], pa.binary_view()), ["YQ==", "YQ==", None, "Yg=="]),
        (pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.int8()), pa.nulls(3)), [None] * 4),
        (pa.array([Decimal("1.50")] * 4, pa.decimal32(5, 2)), ["1.50"] * 4),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
@pytest.mark.parametrize("writes", ["ndjson", "csv", "arrow", "parquet"])
def test_columns_of_rare_types_come_back_in_every_form(
    version: BulkVersion, column: pa.Array, told: list[Any], writes: Any
) -> None:
    """Views as large ones."""
    body = stream(table(id=column))
    if writes == "ndjson":
        assert [row["id"] for row in answers(version, body, passed=("id",))] == told
        return
    held = written(version, body, writes=writes, passed=("id",))
    if writes == "csv":
        rows = csv.DictReader(io.StringIO(held.decode(), newline=""))
        assert [row["id"] or None for row in rows] == told
        return
    read = pa.ipc.open_stream(held).read_all() if writes == "arrow" else parquet.read_table(io.BytesIO(held))
    assert read["id"].to_pylist() == column.to_pylist()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([Decimal(1000)] * 4, pa.decimal128(25, -3)),
        pa.nulls(4, pa.decimal128(5, 10)),
        pa.nulls(4, pa.decimal32(5, 10)),
        shared([b""] * 4, pa.binary(0)),
        pa.array([[b""]] * 4, pa.list_(pa.binary(0))),
        pa.ListArray.from_arrays([0, 1, 2, 3, 4], pa.StructArray.from_arrays([pa.array([1] * 4)] * 2, ["a", "a"])),
        pa.array([["a"]] * 4, pa.list_(pa.string_view())),
    ],
    ids=lambda column: str(column.type),
)
def test_what_not_every_form_can_hold_is_refused(version: BulkVersion, column: pa.Array) -> None:
    """Before the first row, whatever the form."""
    body = stream(table(id=column))
    with pytest.raises(InvalidInput) as refused:
        answers(version, body, passed=("id",))
    assert [(one.pointer, one.code) for one in refused.value.findings] == [("/id", "type")]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (pa.ArrowInvalid, MalformedTable),
        (pa.ArrowNotImplementedError, MalformedTable),
        (pa.ArrowMemoryError, pa.ArrowMemoryError),
    ],
)
def test_only_what_a_value_is_the_cause_of_is_told_of_one(raised: type[Exception], told: type[Exception]) -> None:
    """A lack of memory is none."""

    class Failing:
        def write_table(self, *_: Any, **__: Any) -> None:
            raise raised

    writer: Any = Failing()
    with pytest.raises(told):
        write_group(writer, table(), 4)


def test_a_type_that_pyarrow_does_not_know_in_full_is_told(version: BulkVersion) -> None:
    """Runs within lists."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([4], pa.int32()), pa.array(["a"]))
    with pytest.raises(MalformedTable, match="type that cannot be read"):
        answers(version, stream(table(id=pa.ListArray.from_arrays([0, 1, 2, 3, 4], runs))))


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
@pytest.mark.parametrize("name", ["kind", "note"])
def test_parquet_is_read_however_its_texts_are_written(version: BulkVersion, name: str, encoding: str) -> None:
    """Also by those encodings that pyarrow cannot read into a dictionary."""
    content = table(**{name: ["red", "blue", "red", "red"]})
    body = stream(content, "parquet", use_dictionary=False, column_encoding={name: encoding})
    assert answers(version, body, "parquet") == answers(version, stream(content))


@pytest.mark.parametrize("form", ["arrow", "parquet"])
@pytest.mark.parametrize("nullable", [True, False])
def test_a_table_without_a_column_of_the_model_has_its_rows(form: str, nullable: bool) -> None:
    """Where all of them may be missing, and training left out those that are there."""
    contract = Signature(features=(feature("x", required=False, nullable=nullable),), left_out={"id": "unlike any"})
    free = BulkVersion(opened(FakePredictor(), contract=contract), "7")
    rows = answers(free, stream(pa.table({"id": [1, 2, 3, 4]}), form), form)
    assert rows == answers(free, b"id\n1\n2\n3\n4\n", "csv")
    assert len(rows) == 4


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view()], ids=str)
@pytest.mark.parametrize("column", ["rows", "dictionary"])
@pytest.mark.parametrize("name", ["note", "kind", "id"])
def test_a_text_that_many_rows_share_bounds_a_step(
    version: BulkVersion, monkeypatch: pytest.MonkeyPatch, kind: pa.DataType, column: str, name: str
) -> None:
    """A model's own text, too, stands once for each row while it is read; one that comes with each row is there."""
    monkeypatch.setattr(batch_parts, "WIDE", 50_000)
    text = "a" * 10_000
    texts = pa.array([text] * 1_000, kind) if column == "rows" else shared([text] * 1_000, kind)
    rows = {name: value * 250 for name, value in table().to_pydict().items()}
    options = Options(passed=("id",) if name == "id" else ())
    body = stream(pa.table({**rows, name: texts}))
    scoring = Scoring(version, "arrow", "ndjson", options, bounds=Bounds(rows=1_000, message=ALONE.message))
    steps = [step.count(b"\n") for step in scoring.steps(body)]
    assert sum(steps) == 1_000
    assert max(steps) == (1_000 if column == "rows" and kind == pa.string() else 5)


def test_a_dictionary_of_views_becomes_the_texts_of_its_rows_alone() -> None:
    """However many others it has; sliced, null in either place, or empty."""
    held = pa.array(["none", "a" * 20, None, "b"], pa.string_view()).slice(1)
    column = pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 1, 0], pa.uint8()), held)
    assert plain_type(column.type) == pa.large_string()
    assert plain(column.slice(1)).equals(pa.array(["b", None, None, "a" * 20], pa.large_string()))
    nothing = pa.DictionaryArray.from_arrays(pa.array([None] * 2, pa.int8()), pa.array([], pa.binary_view()))
    assert plain(nothing).equals(pa.nulls(2, pa.large_binary()))


def test_null_is_never_a_value_of_a_plain_dictionary() -> None:
    """Its places say so; the order of the others stays."""
    column = pa.DictionaryArray.from_arrays(pa.array([2, 0, None, 1], pa.int8()), pa.array(["b", None, "a"]))
    assert plain(column).to_pylist() == ["a", "b", None, None]
    assert plain(column).dictionary.to_pylist() == ["b", "a"]
    assert plain(column.slice(1, 2)).to_pylist() == ["b", None]
    assert plain(column).type == plain_type(column.type) == column.type
