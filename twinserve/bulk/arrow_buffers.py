"""NumPy's arrays and Python's texts as Arrow's, and back, over their buffers.

pyarrow's own ways (`pa.array`, `pa.scalar`, `to_numpy`) import pandas where it is installed, to ask whether a value is
one of its own: 0.5 s at the first table of a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twinserve.arrays import BoolArray

MOST: Final = np.iinfo(np.int32).max
"""Bytes of all texts of a column at most: Arrow counts them with 32 bits."""
VIEW: Final = np.dtype([("bytes", np.int32), ("place", np.void, 12)])
OFFSETS: Final = {"string": np.int32, "binary": np.int32, "large_string": np.int64, "large_binary": np.int64}
"""The types of texts, and those of the places where they end."""


def values_in(column: pa.Array) -> Any:
    """`[n]`: the numbers or truth values of a column, of their own type; those under nulls may be anything."""
    kind, end = column.type, column.offset + len(column)
    held = column.buffers()[1]
    if pa.types.is_boolean(kind):
        packed = np.frombuffer(held or b"\0", np.uint8)
        return np.unpackbits(packed, count=end if held else 0, bitorder="little")[column.offset :].view(bool)
    letter = "f" if pa.types.is_floating(kind) else "u" if pa.types.is_unsigned_integer(kind) else "i"
    dtype = np.dtype(f"{letter}{kind.bit_width // 8}")
    return np.frombuffer(held, dtype, end)[column.offset :] if end else np.zeros(0, dtype)


def is_text(kind: pa.DataType) -> bool:
    """Is this a type of texts or bytes of any size?"""
    return str(kind) in OFFSETS or is_view(kind)


def is_view(kind: pa.DataType) -> bool:
    """Is this a type of views of texts or bytes?"""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def views_in(column: pa.Array) -> Any:
    """`[n]`: the views of a column of such, as `VIEW`; those under nulls may be anything."""
    end = column.offset + len(column)
    return np.frombuffer(column.buffers()[1], VIEW, end)[column.offset :] if end else np.zeros(0, VIEW)


def ends_in(column: pa.Array) -> Any:
    """`[n + 1]`: where the first text of a column begins, and where each ends; the type is one of `OFFSETS`."""
    dtype, end = np.dtype(OFFSETS[str(column.type)]), column.offset + len(column)
    held = column.buffers()[1]
    return np.frombuffer(held, dtype, end + 1)[column.offset :] if end else np.zeros(1, dtype)


def nulls_of(column: pa.Array) -> BoolArray:
    """`[n]`: the cells that are null."""
    nulls: BoolArray = values_in(pc.is_null(column))
    return nulls


def array_in(values: Any, nulls: BoolArray | None = None) -> pa.Array:
    """Numbers as an Arrow array of their type, which shares their memory; null where `nulls` says so."""
    held = np.ascontiguousarray(values)
    bits = None if nulls is None or not nulls.any() else pa.py_buffer(np.packbits(~nulls, bitorder="little"))
    return pa.Array.from_buffers(pa.from_numpy_dtype(held.dtype), len(held), [bits, pa.py_buffer(held)])


def texts_in(values: Sequence[str | None]) -> pa.Array:
    """Texts as an Arrow array."""
    content = [b"" if value is None else value.encode() for value in values]
    ends = np.zeros(len(content) + 1, np.int64)
    np.cumsum([*map(len, content)], out=ends[1:])
    if ends[-1] > MOST:
        raise pa.ArrowCapacityError("The texts of a column have more bytes than Arrow counts.")
    nulls = np.fromiter((value is None for value in values), bool, len(content))
    bits = pa.py_buffer(np.packbits(~nulls, bitorder="little")) if nulls.any() else None
    buffers = [bits, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(content))]
    return pa.Array.from_buffers(pa.string(), len(content), buffers)
