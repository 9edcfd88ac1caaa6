"""Opens Parquet files and reads their batches; what is damaged is told, and what a few bytes unpack to is bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import parquet

from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import Bounds
from twinserve.bulk.parquet_chunks import column_chunks

BUFFER: Final = 1 << 16
"""Bytes of each column that are read at a time. Without it pyarrow holds all columns of a group of rows: 330 MB of a
million rows of 30 columns, where this takes 90 and half of the time."""


def open_parquet(file: Any, **options: Any) -> parquet.ParquetFile:
    """A Parquet file, with texts as places in dictionaries; raises `MalformedTable`."""
    try:
        schema = parquet.read_schema(file)
        texts = [
            field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        return parquet.ParquetFile(
            file, read_dictionary=texts, **{"pre_buffer": False, "buffer_size": BUFFER, **options}
        )
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        raise MalformedTable("The bytes are no Parquet file.") from None


def require_cells(opened: parquet.ParquetFile, most: int) -> None:
    """Raise `TooManyCells` if the file says that it holds more: in a few bytes a value may come a billion times."""
    facts = opened.metadata
    rows = sum(facts.row_group(number).num_rows for number in range(facts.num_row_groups))
    if max(rows, facts.num_rows) * max(1, facts.num_columns) > most:
        raise TooManyCells(f"A table may have {most} cells at most.")


def require_bytes(file: IO[bytes], columns: Sequence[str], bounds: Bounds) -> None:
    """Raise `TooManyCells` if the file says that these columns, or one of them in a group of rows, unpack to more."""
    total = 0
    for chunk in column_chunks(file):
        if any(chunk.path == name or chunk.path.startswith(f"{name}.") for name in columns):
            total += max(0, chunk.unpacked)
            if chunk.unpacked > bounds.chunk:
                limit = bounds.chunk >> 20
                raise TooManyCells(f"A column may have {limit} MiB in a group of rows; write smaller groups.")
    if total > bounds.cells:
        raise TooManyCells(f"The columns of a table may have {bounds.cells} bytes at most, unpacked.")


def next_batch(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    """The next batch, None after the last one; raises `MalformedTable`."""
    try:
        batch = next(batches, None)
        if batch is not None:
            batch.validate(full=True)
        return batch
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        raise MalformedTable("The Parquet file is damaged.") from None
