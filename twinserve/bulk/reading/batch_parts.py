"""Record batches in parts: of few rows, and of no more bytes than are written at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from twinserve.arrays import IntArray
from twinserve.bulk.arrow_buffers import ends_in, is_text, is_view, nulls_of, values_in, views_in

WIDE: Final = 8 << 20
"""Bytes that views and texts of dictionaries may have in a part of several rows, each as often as it comes: 200 KB
stand once for 1,000 rows, and made 200 MB of answers, held four times, of 212 KB."""


def parts_of(batch: pa.RecordBatch, most: int, repeated: Sequence[str] = ()) -> Iterator[pa.RecordBatch]:
    """A batch in parts of so many rows at most. Of columns that are `repeated` a value that several rows share counts
    for each of them."""
    ends, start = _ends(batch, repeated), 0
    while start < batch.num_rows:
        stop = start + most
        if ends is not None:
            before = ends[start - 1] if start else 0
            stop = min(stop, max(start + 1, int(np.searchsorted(ends, before + WIDE, side="right"))))
        yield batch.slice(start, stop - start)
        start = stop


def _ends(batch: pa.RecordBatch, repeated: Sequence[str]) -> IntArray | None:
    """`[n]`: the bytes of shared texts up to each row, and with it; None: there are none."""
    widths = [
        found
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if any(one == name or one.startswith(f"{name}.") for one in repeated)
        for found in _widths(column)
    ]
    return np.cumsum(np.sum(widths, axis=0, dtype=np.int64)) if widths else None


def _widths(column: pa.Array) -> Iterator[IntArray]:
    if pa.types.is_struct(column.type):
        for inner in column.flatten():
            yield from _widths(inner)
    if is_view(column.type):
        yield _sizes(column, slice(None))
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return
    held = column.dictionary
    if len(held) <= len(column) and _sizes(held, slice(None)).max() * len(column) <= WIDE >> 5:
        return  # So few that they are not counted, as of nearly all categories.
    places = values_in(column.indices).astype(np.int64)
    places[nulls_of(column.indices)] = 0
    yield _sizes(held, places)


def _sizes(held: pa.Array, places: Any) -> IntArray:
    """The bytes of the values in these places; where they are no texts, those of all for each."""
    if is_view(held.type):
        sizes = np.where(nulls_of(held)[places], 0, views_in(held)["bytes"][places])
    elif is_text(held.type):
        ends = ends_in(held)
        sizes = ends[1:][places] - ends[:-1][places]
    else:
        sizes = np.broadcast_to(np.int64(held.nbytes), len(held))[places]
    return sizes.astype(np.int64, copy=False)
