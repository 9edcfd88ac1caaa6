"""Columns of Arrow's rarer types as those that all functions of pyarrow take: of views of texts, narrow decimals, and
dictionaries that hold null."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from twinserve.bulk.arrow_buffers import VIEW, array_in, is_view, nulls_of, values_in, views_in


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of `plain` for a column of this type; the same object where it stays."""
    if pa.types.is_dictionary(kind):
        held = plain_type(kind.value_type)
        if pa.types.is_null(held) or is_view(kind.value_type):
            return held
        return kind if held is kind.value_type else pa.dictionary(kind.index_type, held, kind.ordered)
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_decimal(kind) and kind.bit_width < pa.decimal128(1).bit_width:
        return pa.decimal128(kind.precision, kind.scale)
    return kind


def plain(column: pa.Array) -> pa.Array:
    """The same values; null is never one of a dictionary. (pyarrow 26 ends the process where it is asked which cells of
    a dictionary of nothing but nulls are null.)"""
    kind = plain_type(column.type)
    if pa.types.is_null(kind):
        return pa.nulls(len(column))
    if pa.types.is_dictionary(kind):
        return _plain_dictionary(column, kind)
    if pa.types.is_dictionary(column.type):
        column = _viewed(column)
    return column if kind is column.type else column.cast(kind)


def _plain_dictionary(column: pa.Array, kind: pa.DataType) -> pa.Array:
    held = plain(column.dictionary)
    if not held.null_count:
        same = kind is column.type
        return column if same else pa.DictionaryArray.from_arrays(column.indices, held, ordered=kind.ordered)
    is_null, nulls = nulls_of(held), nulls_of(column.indices)
    codes = values_in(column.indices).copy()
    codes[nulls] = 0
    nulls |= is_null[codes]
    places = np.cumsum(~is_null) - 1
    indices = array_in(places[codes].astype(codes.dtype), nulls)
    return pa.DictionaryArray.from_arrays(indices, held.drop_null(), ordered=kind.ordered)


def _viewed(column: pa.Array) -> pa.Array:
    """A dictionary of views as a column of these: each row has its own, and the texts stand once."""
    held, nulls = column.dictionary, nulls_of(column.indices)
    views = np.zeros(len(column), VIEW)
    codes = values_in(column.indices)[~nulls]
    views[~nulls] = views_in(held)[codes]
    nulls[~nulls] = nulls_of(held)[codes]
    bits = pa.py_buffer(np.packbits(~nulls, bitorder="little"))
    return pa.Array.from_buffers(held.type, len(column), [bits, pa.py_buffer(views.tobytes()), *held.buffers()[2:]])
