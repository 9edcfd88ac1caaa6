"""The footer of Parquet, read by us: as pyarrow reads it, and without what ends the process."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.twinserve.signature.made import feature, signature
from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import Options
from twinserve.bulk.reading import parquet_rows
from twinserve.bulk.reading.parquet_chunks import MOST, ColumnChunk, column_chunks
from twinserve.bulk.thrift import Thrift
from twinserve.bulk.version import BulkVersion
from twinserve.testing.fakes import FakePredictor, opened

TABLE = pa.table(
    {
        "number": [1.5, None, 3.0],
        "yes": [True, False, None],
        "text": ["a", None, "x" * 300],
        "group": [{"a": 1, "b": [1, 2]}, None, {"a": None, "b": []}],
        **{f"c{number}": [number] * 3 for number in range(20)},
    }
)


def written(**options: Any) -> io.BytesIO:
    """The table as a file."""
    file = io.BytesIO()
    parquet.write_table(TABLE, file, **options)
    return file


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "none", "row_group_size": 1},
        {"compression": "zstd", "data_page_version": "2.0", "use_dictionary": False, "write_page_index": True},
        {"sorting_columns": [parquet.SortingColumn(0)], "write_page_checksum": True},
    ],
    ids=["snappy", "groups", "zstd", "all"],
)
def test_it_says_what_pyarrow_says(options: dict[str, Any]) -> None:
    """Whatever else a writer puts into it."""
    file = written(**options)
    facts = parquet.read_metadata(file)
    groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    encodings = {"PLAIN": 0, "RLE": 3, "RLE_DICTIONARY": 8, "DELTA_BYTE_ARRAY": 7}
    codec = {"UNCOMPRESSED": 0, "SNAPPY": 1, "ZSTD": 6}
    assert list(column_chunks(file, MOST)) == [
        ColumnChunk(
            one.path_in_schema,
            frozenset(encodings[name] for name in one.encodings),
            codec[one.compression],
            one.total_uncompressed_size,
            one.num_values,
            one.total_compressed_size,
            one.data_page_offset,
            one.dictionary_page_offset or 0,
        )
        for one in chunks
    ]


def test_a_damaged_footer_is_told() -> None:
    """Wherever it is cut off; without an end it has none."""
    held = written().getvalue()
    size = struct.unpack("<I", held[-8:-4])[0]
    for kept in (1, size // 2, size - 100):
        file = io.BytesIO(held[-8 - size : -8 - size + kept] + struct.pack("<I", kept) + b"PAR1")
        with pytest.raises(MalformedTable):
            list(column_chunks(file, MOST))


@pytest.mark.parametrize("kind", [2, 3, 7, 8, 9, 12], ids=["truth", "byte", "double", "text", "list", "struct"])
def test_a_list_that_claims_more_than_there_is_takes_no_time(kind: int) -> None:
    """However many items a footer of 20 bytes says that it has."""
    footer = bytes([0x19, 0xF0 | kind]) + b"\xff" * 9 + b"\x01" + bytes(8)
    file = io.BytesIO(footer + struct.pack("<I", len(footer)) + b"PAR1")
    with pytest.raises(MalformedTable):
        list(column_chunks(file, MOST))


def test_a_number_without_an_end_takes_no_time() -> None:
    """Each of its bytes would make it longer, and so the next one slower: 4 MB took minutes."""
    footer = b"\x18" + b"\xff" * (1 << 20)
    file = io.BytesIO(footer + struct.pack("<I", len(footer)) + b"PAR1")
    begun = time.process_time()
    with pytest.raises(MalformedTable):
        list(column_chunks(file, MOST))
    with pytest.raises(ValueError, match="64 bits"):
        Thrift(footer).struct(())
    assert time.process_time() - begun < 1


def test_a_long_footer_is_refused() -> None:
    """Before it is read: a step of Python for each byte takes seconds."""
    with pytest.raises(TooManyCells, match="write larger groups"):
        list(column_chunks(written(), 100))


def test_the_footer_of_a_file_of_ones_own_is_read_once_where_it_has_no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading one of 300 columns and 100 groups in Python takes a second, and decides only how texts are read."""

    def read(*_: object) -> Iterator[ColumnChunk]:
        raise AssertionError

    monkeypatch.setattr(parquet_rows, "column_chunks", read)
    version, file = BulkVersion(opened(FakePredictor(), contract=signature(feature("x"))), "7"), io.BytesIO()
    parquet.write_table(pa.table({"x": [1.0, 2.0]}), file)
    assert [chunk.end for chunk in parquet_rows.ParquetRows(file, version, Options()).chunks()] == [2]
