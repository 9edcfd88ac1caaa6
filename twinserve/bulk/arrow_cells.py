"""`cells_of`: an Arrow column as Python's values, whatever it holds."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa

from twinserve.bulk.arrow_buffers import array_in, nulls_of, values_in


def cells_of(column: pa.Array) -> list[Any]:
    """The cells of a column that `may_come_back`. What Python has no value for, such as a year after 9999, is the text
    that Arrow has for it; nanoseconds are cut off."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = without_nanoseconds(column)
    try:
        return _as_python(column)
    except (OverflowError, ValueError):
        return [_cell(column, place) for place in range(len(column))]


def _as_python(column: pa.Array) -> list[Any]:
    """Instants in a zone are placed in it here: pyarrow would import pandas."""
    kind = column.type
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        cells: list[Any] = column.to_pylist()
        return cells
    zone, instants = _zone(kind.tz), column.view(pa.timestamp(kind.unit)).to_pylist()
    return [None if one is None else one.replace(tzinfo=datetime.UTC).astimezone(zone) for one in instants]


def _zone(name: str) -> datetime.tzinfo:
    """The zone of this name; UTC where nobody here knows it."""
    try:
        zone: datetime.tzinfo = pa.lib.string_to_tzinfo(name)
    except (pa.ArrowException, ValueError, KeyError):
        return datetime.UTC
    return zone


def _cell(column: pa.Array, place: int) -> Any:
    cell = column.slice(place, 1)
    try:
        return _as_python(cell)[0]
    except (OverflowError, ValueError):
        if pa.types.is_timestamp(cell.type):
            cell = cell.view(pa.timestamp(cell.type.unit))  # With a zone Arrow's year is that modulo 65,536.
        return cell.cast(pa.string())[0].as_py()


def may_come_back(kind: pa.DataType) -> bool:
    """Can a column of this type, which is `plain`, be written in every form? Unions, dates within lists, views within
    lists, structs with two fields of one name, decimals with a scale beyond their digits, and bytes of size 0
    cannot."""
    if isinstance(kind, pa.BaseExtensionType):
        return may_come_back(kind.storage_type)
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        return not pa.types.is_nested(kind) and may_come_back(kind)
    return _is_plain(kind) or (pa.types.is_temporal(kind) and not pa.types.is_interval(kind))


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _is_plain(kind.value_type)
    if pa.types.is_map(kind):
        return _is_plain(kind.key_type) and _is_plain(kind.item_type)
    if pa.types.is_struct(kind):
        names = {field.name for field in kind}
        return 0 < len(names) == kind.num_fields and all(_is_plain(field.type) for field in kind)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    is_number |= pa.types.is_decimal(kind) and 0 <= kind.scale <= kind.precision
    is_other = pa.types.is_null(kind) or pa.types.is_boolean(kind)
    is_other |= pa.types.is_fixed_size_binary(kind) and kind.byte_width > 0
    return bool(is_text or is_bytes or is_number or is_other)


def without_nanoseconds(column: pa.Array) -> pa.Array:
    """Instants and durations in microseconds, as Python has them; the rest is cut off, as of a text."""
    kind = column.type
    if not ((pa.types.is_timestamp(kind) or pa.types.is_duration(kind)) and kind.unit == "ns"):
        return column
    held = array_in(values_in(column.view(pa.int64())) // 1000, nulls_of(column))
    return held.view(pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us"))


def in_utc(column: pa.Array) -> pa.Array:
    """The same instants, without the zone in which they were told."""
    kind = column.type
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        return column
    return column.view(pa.timestamp(kind.unit, "UTC"))


def require_zones(kind: pa.DataType) -> None:
    """Raise UnicodeDecodeError for the name of a time zone that is not UTF-8, wherever in a type it stands."""
    if pa.types.is_timestamp(kind):
        _ = kind.tz  # pyarrow decodes it whenever it is asked for.
    parts = [kind.value_type] if pa.types.is_dictionary(kind) else [kind.field(n).type for n in range(kind.num_fields)]
    for part in parts:
        require_zones(part)
