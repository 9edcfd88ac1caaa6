"""Batches are cut where a few bytes of a dictionary would become many of an answer."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.bulk.options import Bounds, Options
from twinserve.bulk.reading import batch_parts
from twinserve.bulk.reading.batch_parts import parts_of
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.version import BulkVersion
from twinserve.testing.fakes import FakePredictor, opened


def batch(kind: pa.DataType) -> pa.RecordBatch:
    """Six rows with texts of 10 and 1 bytes, and one without."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0, 0, 1]), pa.array(["a" * 10, "b"], kind))
    return pa.record_batch({"x": [1.0] * 6, "note": texts, "deep": pa.StructArray.from_arrays([texts], ["note"])})


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize(
    ("passed", "rows"),
    [((), [4, 2]), (("x",), [4, 2]), (("note",), [2, 1, 1, 2]), (("deep.note",), [2, 1, 1, 2])],
)
def test_texts_that_come_back_bound_a_part(
    monkeypatch: pytest.MonkeyPatch, kind: pa.DataType, passed: tuple[str, ...], rows: list[int]
) -> None:
    """A row of more has a part of its own; other columns bound nothing."""
    monkeypatch.setattr(batch_parts, "WIDE", 11)
    whole = batch(kind)
    parts = list(parts_of(whole, 4, passed))
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([whole]))
    assert [part.num_rows for part in parts] == rows
    monkeypatch.setattr(batch_parts, "WIDE", 5)
    assert sum(part.num_rows for part in parts_of(whole, 4, passed)) == 6


def test_a_step_of_an_answer_is_no_larger_than_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 rows share a text of 10 KB."""
    monkeypatch.setattr(batch_parts, "WIDE", 50_000)
    version = BulkVersion(opened(FakePredictor(), contract=signature(feature("x"))), "7")
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000), pa.array(["a" * 10_000]))
    table, sink = pa.table({"x": [1.0] * 1_000, "note": texts}), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    scoring = Scoring(version, "arrow", "csv", Options(passed=("note",)), bounds=Bounds(rows=1_000))
    sizes = [len(step) for step in scoring.steps(sink.getvalue())]
    assert len(sizes) == 200
    assert max(sizes) < 60_000


def longer(column: pa.Array) -> pa.Array:
    """The same with a byte behind its places: Arrow asks for no more than enough of them."""
    valid, places, *others = column.buffers()
    return pa.Array.from_buffers(column.type, len(column), [valid, pa.py_buffer(places.to_pybytes() + b"x"), *others])


@pytest.mark.parametrize("name", ["view", "coded"])
def test_a_byte_behind_the_places_of_texts_says_nothing(name: str) -> None:
    """Of views, and of a dictionary."""
    views = longer(pa.array(["a" * 20, None, "b"], pa.string_view()))
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), longer(pa.array(["red", "blue"])))
    whole = pa.record_batch({"view": views, "coded": coded})
    whole.validate(full=True)
    assert [part.num_rows for part in parts_of(whole, 2, (name,))] == [2, 1]
