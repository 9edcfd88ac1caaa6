"""JSON bodies and files that are a whole table, as pandas writes one where no `orient="records"` is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

WRITTEN: Final = {frozenset(("columns", "data")): "split", frozenset(("schema", "data")): "table"}
"""By the keys of an object, which may have `index` as well: the orient that writes it."""
LABEL: Final = re.compile(r"-?\d+", re.ASCII)
"""A row's label as it is by default, or a date's milliseconds."""
RECORDS: Final = 'to_json(orient="records")'


def orient(value: Mapping[str, Any]) -> str | None:
    """The `orient` by which pandas wrote this object, if it is a table and can be no row; None otherwise."""
    if (written := _of_keys(value)) is not None:
        return written
    if len(value) < 2 or not _is_table(value):
        return None
    inner = next(iter(value.values()))
    return "index" if _counts(value) else "columns" if len(inner) > 1 and _counts(inner) else None


def orient_of_body(value: Mapping[str, Any], leaves: Collection[str], names: Collection[str]) -> str | None:
    """The same of an object that is no valid instance. `leaves`: the names of fields that hold no objects, so that an
    object tells a column; `names`: those that an instance may have."""
    if not any(name in names for name in value):
        labels = all(map(LABEL.fullmatch, value)) and _is_table(value)
        is_index = labels and any(name in names for name in next(iter(value.values())))
        return "index" if is_index else orient(value)
    if not any(name in leaves for name in value) or any(name in names and name not in leaves for name in value):
        return None
    is_column = _is_table(value) and all(map(LABEL.fullmatch, next(iter(value.values()))))
    return "columns" if is_column else None


def are_values(rows: Sequence[Any]) -> bool:
    """Are these the arrays of values that `orient="values"` writes? Of the values those of two rows are looked at."""
    return bool(rows) and all(type(row) is list for row in rows) and _are_plain(rows[0]) and _are_plain(rows[-1])


def _of_keys(value: Mapping[str, Any]) -> str | None:
    written = WRITTEN.get(frozenset(value.keys() - {"index"}))
    return written if written is not None and isinstance(value["data"], list) else None


def _is_table(value: Mapping[str, Any]) -> bool:
    """Does it hold objects with the same keys? Of many the first and the last decide."""
    inner = list(value.values())
    return bool(inner) and all(isinstance(one, dict) and one for one in inner) and inner[0].keys() == inner[-1].keys()


def _are_plain(row: Sequence[Any]) -> bool:
    return bool(row) and not any(isinstance(item, (dict, list)) for item in row)


def _counts(keys: Mapping[str, Any]) -> bool:
    return list(keys) == [str(number) for number in range(len(keys))]
