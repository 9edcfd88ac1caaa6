"""A DataFrame of Polars as instances, and the answer as another one. Polars itself comes from the caller."""

from __future__ import annotations

import datetime
import decimal
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from twinserve.client.schema import refused, signature_of
from twinserve.inprocess.frame_rows import as_columns, ignored_columns, nested, require_columns
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.findings import render
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.signature import NUMERIC, TEMPORAL

Columns = Mapping[str, Any]
"""Each column of a frame, a Series, by its dotted name."""
BOOLEANS: Final = {"true": True, "false": False}
MIDNIGHT: Final = datetime.time()


class PolarsTable:
    """See `Table`."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._columns = dict(_leaves(frame.get_columns()))
        self.names = list(self._columns)

    def __len__(self) -> int:
        return int(self._frame.height)

    def label(self, row: int) -> int:
        """See `Table`: there is no index, so its position."""
        return row

    def reader(self, schema: bytes | None) -> PolarsReader:
        """See `Table`."""
        return PolarsReader(self._columns, _own_signature(self._columns) if schema is None else signature_of(schema))

    def made(self, predictions: Sequence[Mapping[str, Any]], model: str, versions: Sequence[str]) -> Any:  # noqa: ARG002  # A frame has no place for them.
        """See `Table`."""
        polars = sys.modules["polars"]
        columns = as_columns(predictions)
        finding = polars.Struct(dict.fromkeys(("pointer", "code", "detail"), polars.String))
        types = {"warnings": polars.List(finding), "set": polars.List(polars.String)}
        known = {name: kind for name, kind in types.items() if name in columns}
        return type(self._frame)(columns, schema_overrides=known, infer_schema_length=None)


class PolarsReader:
    """See `Reader`."""

    def __init__(self, columns: Columns, signature: Signature) -> None:
        self._columns, self._signature = columns, signature
        self._known = {feature.name: feature for feature in signature.features}
        self.ignored = [render(finding) for finding in ignored_columns(columns, signature)]

    def rows(self, start: int, stop: int) -> Sequence[Any]:
        """See `Reader`."""
        try:
            require_columns(list(self._columns), self._signature)
        except InvalidInput as error:
            raise refused(error) from None
        given = {
            feature.path: cells(self._columns[name][start:stop], feature)
            for name, feature in self._known.items()
            if name in self._columns
        }
        return nested(self._signature.tree(), given, stop - start)


def cells(values: Any, feature: Feature) -> list[Any]:
    """The cells of a Series as JSON values, as those of a pandas column are read: NaN is null, a time without a zone
    is in UTC."""
    read = _reader(feature.type)
    return [None if _is_missing(value) else read(_plain(value)) for value in values.to_list()]


def _is_missing(value: Any) -> bool:
    return value is None or (type(value) is float and math.isnan(value))


def _reader(kind: FeatureType) -> Callable[[Any], Any]:
    if kind in TEMPORAL:
        return _date if kind is FeatureType.DATE else _datetime
    if kind is FeatureType.BOOLEAN:
        return lambda value: BOOLEANS.get(value.casefold(), value) if isinstance(value, str) else value
    if kind in NUMERIC:
        return lambda value: value.isoformat() if isinstance(value, datetime.time) else value
    return lambda value: value


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.total_seconds() if isinstance(value, datetime.timedelta) else value


def _date(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == MIDNIGHT else _datetime(value)
    return value.isoformat() if isinstance(value, datetime.date) else value


def _datetime(value: Any) -> Any:
    """The text of an instant in UTC; a text of ISO 8601 is read, as training reads it, and any other is left alone."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(value, datetime.datetime):
        return value.isoformat() + "T00:00:00+00:00" if isinstance(value, datetime.date) else value
    aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
    return aware.astimezone(datetime.UTC).isoformat()


def _leaves(columns: Iterable[Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """The columns by their names; the fields of a struct, which is a group, by dotted ones."""
    for column in columns:
        name = f"{before}{column.name}"
        if isinstance(column.dtype, sys.modules["polars"].Struct):
            yield from _leaves(column.struct.unnest().get_columns(), f"{name}.")
        else:
            yield name, column


def _own_signature(columns: Columns) -> Signature:
    """What the columns say themselves, for a service whose schema may not be read: flat names, which it takes."""
    polars = sys.modules["polars"]
    times = {name: isinstance(values.dtype, polars.Datetime) for name, values in columns.items()}
    kinds = {name: FeatureType.DATETIME if is_time else FeatureType.NUMBER for name, is_time in times.items()}
    dates = {name for name, values in columns.items() if values.dtype == polars.Date}
    return Signature(
        features=tuple(
            Feature(path=(name,), type=FeatureType.DATE if name in dates else kind) for name, kind in kinds.items()
        )
    )
