"""Arrow in: record batches with columns of dotted names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from twinserve.bulk.arrow_buffers import is_text, is_view
from twinserve.bulk.arrow_cells import may_come_back, require_zones
from twinserve.bulk.checked import Checked
from twinserve.bulk.malformed import NAMES, MalformedTable
from twinserve.bulk.reading.arrow_columns import ColumnReader, fits, values_of
from twinserve.bulk.reading.batch_reader import BatchReader
from twinserve.bulk.reading.columns_asked import TableColumns
from twinserve.bulk.reading.plain_columns import plain, plain_type
from twinserve.bulk.reading.plain_values import as_json
from twinserve.bulk.version import BulkVersion
from twinserve.signature import Feature, Finding
from twinserve.signature.findings import EXPLANATIONS
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.signature import FeatureType

WRONG: Final = {
    FeatureType.NUMBER: "float_type",
    FeatureType.INTEGER: "integer",
    FeatureType.BOOLEAN: "bool_type",
    FeatureType.STRING: "string_type",
    FeatureType.CATEGORY: "string_type",
    FeatureType.DATE: "date_type",
    FeatureType.DATETIME: "datetime_type",
}


class ArrowReader(BatchReader):
    """Reads batches of Arrow's types."""

    def __init__(self, version: BulkVersion, schema: pa.Schema, passed: Sequence[str] = ()) -> None:
        """Raises `InvalidInput` for columns that do not fit, and `MalformedTable` if a name is not UTF-8."""
        try:
            for field in schema:
                require_zones(field.type)
            nothing = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
            flat = _flattened(nothing, version).schema
            columns = TableColumns(version, flat.names, passed)
        except UnicodeDecodeError:
            raise MalformedTable(NAMES) from None
        except pa.ArrowException:
            raise MalformedTable("A column has a type that cannot be read.") from None
        features, reject = version.signature.features, version.out_of_range == "reject"
        _require_types(flat, features, columns)
        _require_known(flat, passed)
        super().__init__(version, columns, [ColumnReader(one, reject=reject) for one in features], _cells, passed)
        self.kept: Mapping[str, pa.DataType] = {name: plain_type(flat.field(name).type) for name in passed}
        """The types of the columns that come back."""
        used = {*columns.places, *passed}
        self._used = [name for name in flat.names if name in used]
        self.repeated = [name for name in self._used if name in passed or _is_shared(flat.field(name).type)]
        """The columns of which a value that many rows share is held as often as there are rows; see `parts_of`."""
        self.wanted = [name for name in schema.names if name in used or any(one.startswith(f"{name}.") for one in used)]
        """The columns that need be read: the model's, with structs as a whole, and those that come back."""

    def __call__(self, batch: pa.RecordBatch) -> Checked:
        """See `BatchReader`; the batch may have the columns `wanted` alone."""
        flat = _flattened(batch, self._version)
        if self._used:  # A batch without columns would have no rows.
            flat = pa.RecordBatch.from_arrays([plain(flat.column(name)) for name in self._used], names=self._used)
        return super().__call__(flat)


def _is_shared(kind: pa.DataType) -> bool:
    """May rows of this type share a text?"""
    return is_text(kind.value_type) if pa.types.is_dictionary(kind) else is_view(kind)


def _cells(column: pa.Array, feature: Feature) -> list[Any]:
    return [as_json(value, feature) for value in values_of(column)]


def _require_types(schema: pa.Schema, features: Sequence[Feature], columns: TableColumns) -> None:
    """Raise `InvalidInput` for columns of another type than the model's."""
    findings: list[Finding] = []
    for feature in features:
        place = columns.places.get(feature.name)
        if place is not None and not fits(schema.field(place).type, feature):
            code, sentence = EXPLANATIONS[WRONG[feature.type]]
            findings.append(Finding(feature.path, code, sentence({})))
    if findings:
        raise InvalidInput(findings[:MAX_ERRORS], len(findings))


def _require_known(schema: pa.Schema, passed: Sequence[str]) -> None:
    """Raise `InvalidInput` for columns that should come back, and have a type that not every form can hold."""
    findings = [
        Finding((name,), "type", "A column of this type cannot come back.")
        for name in passed
        if not may_come_back(plain_type(schema.field(name).type))
    ]
    if findings:
        raise InvalidInput(findings[:MAX_ERRORS], len(findings))


def _flattened(batch: pa.RecordBatch, version: BulkVersion) -> pa.RecordBatch:
    """The columns of structs under dotted names."""
    known = {feature.name for feature in version.signature.features}
    while any(pa.types.is_struct(field.type) and field.name not in known for field in batch.schema):
        names: list[str] = []
        arrays: list[pa.Array] = []
        for field, column in zip(batch.schema, batch.columns, strict=True):
            if pa.types.is_struct(field.type) and field.name not in known:
                names += [f"{field.name}.{inner.name}" for inner in field.type]
                arrays += column.flatten()
            else:
                names.append(field.name)
                arrays.append(column)
        batch = pa.RecordBatch.from_arrays(arrays, names=names)
    return batch
