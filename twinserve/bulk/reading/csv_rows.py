"""CSV in: a header of dotted names, then a row in each record.

Numbers are as JSON writes them, the empty cell is null.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from math import copysign, isfinite
from typing import Any, Final

import numpy as np

from twinserve.bulk.checked import Checked, check
from twinserve.bulk.forms import has_pyarrow
from twinserve.bulk.malformed import NAMES, MalformedTable, OtherSeparator
from twinserve.bulk.reading.columns_asked import TableColumns
from twinserve.bulk.version import BulkVersion
from twinserve.notations.json_numbers import JSON_NUMBER
from twinserve.signature import Finding
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.python_values import TOO_LARGE
from twinserve.signature.signature import NUMERIC, FeatureType

NUMBER: Final = re.compile(rf"{JSON_NUMBER}\Z")
BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "True": True, "false": False, "False": False}
PACKINGS: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How files begin that gzip or Zstandard packed; no text in UTF-8 begins so."""
PACKED: Final = "The bytes are packed, and nothing says so: send Content-Encoding, or name the file .csv.gz, .csv.zst."
SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}
OTHER: Final = (
    "The names in the header are separated by {}. Here CSV has commas, and numbers a decimal point: write it anew so."
)
LONG: Final = 16 << 10
"""Bytes of records, so far, from which loading pyarrow pays."""
BLOCK: Final = 6 << 10
"""Bytes of records from which reading a column at a time pays: 30 numbers in a row take 0.6 ms then, by cells 0.8."""


class CsvReader:
    """Validates records for one version of a model; the first one has names. Threads may share it once it has them."""

    def __init__(self, version: BulkVersion, passed: Sequence[str] = ()) -> None:
        self._version, self._passed = version, passed
        self._names: list[str] = []
        self.columns: TableColumns | None = None
        self._plain: Callable[[bytes], Checked | None] | None = None
        self._taken = 0
        self._types = {feature.name: feature.type for feature in version.signature.features}

    def begin(self, records: bytes) -> bytes:
        """Take the header from the first records; raises `InvalidInput` for columns that do not fit, and
        `MalformedTable`."""
        if records.startswith(PACKINGS):
            raise MalformedTable(PACKED)
        stream = io.StringIO(_lenient(records), newline="")
        reader = csv.reader(stream, strict=True)
        try:
            self._names = next((line for line in reader if line), [])
        except csv.Error:
            self._require_commas(_lenient(records).strip().splitlines()[:1])  # Other separators behind quotes.
            raise MalformedTable("The header is not CSV.") from None
        if any(name != _readable(name) for name in self._names):
            raise MalformedTable(NAMES)
        self.columns = self._columns()
        return stream.read().encode("utf-8", "surrogateescape")

    def _columns(self) -> TableColumns:
        try:
            return TableColumns(self._version, self._names, self._passed)
        except InvalidInput:
            if self._types.keys().isdisjoint(self._names):
                self._require_commas(self._names)
            raise

    def _require_commas(self, header: Sequence[str]) -> None:
        """Raise `OtherSeparator` if the parts of a header have names of the model beside another separator."""
        for separator, word in SEPARATORS.items():
            names = [name.strip(' "') for part in header for name in part.split(separator)]
            if len(names) > len(header) and not self._types.keys().isdisjoint(names):
                raise OtherSeparator(OTHER.format(word)) from None

    def __call__(self, records: bytes) -> Checked:
        """The rows of some whole records."""
        if self.columns is None:
            raise TypeError("The header comes first.")
        self._taken += len(records)
        if len(records) >= BLOCK and self._taken >= LONG:
            plain = self._by_columns(self.columns, records)
            if plain is not None:
                return plain
        rows, errors = self._rows(records)
        passed = {name: self._cells(rows, name) for name in self._passed}
        checked = check(
            [self._instance(row) for row in rows if row is not None], self._version.validator.validate_value
        )
        checked = checked._replace(passed=passed, common=self.columns.common)
        return with_errors(checked, len(rows), errors) if errors else checked

    def _by_columns(self, columns: TableColumns, records: bytes) -> Checked | None:
        """The same rows by pyarrow, in an eighth of the time; None where it is not there, or the rows are not plain."""
        if self._plain is None:
            if not has_pyarrow():
                return None
            from twinserve.bulk.reading.csv_columns import PlainReader

            self._plain = PlainReader(self._version, columns, self._names, self.value, self._passed)
        return self._plain(records)

    def _rows(self, records: bytes) -> tuple[list[list[str] | None], dict[int, Sequence[Finding]]]:
        """The cells of each row; None for those that are no rows of this table, whose findings are beside them."""
        width = len(self._names)
        rows: list[list[str] | None] = []
        errors: dict[int, Sequence[Finding]] = {}
        reader = csv.reader(io.StringIO(_lenient(records), newline=""), strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return rows, errors
            except csv.Error:
                errors[len(rows)] = [Finding((), "malformed-csv", "The row is not CSV.")]
                rows.append(None)
                continue
            if not cells and width != 1:
                continue
            if not cells:
                cells = [""]
            if len(cells) != width:
                errors[len(rows)] = [Finding((), "length", f"Must have {width} cells.")]
                rows.append(None)
            else:
                rows.append(cells)

    def _cells(self, rows: Sequence[list[str] | None], name: str) -> list[str | None]:
        place = self._names.index(name)
        cells = (None if row is None else row[place] or None for row in rows)
        return [cell if cell is None or cell.isascii() else _readable(cell) for cell in cells]

    def _instance(self, row: Sequence[str]) -> Any:
        if self.columns is None:
            raise TypeError("The header comes first.")
        return self.columns.instance(
            {name: self.value(name, row[place]) for name, place in self.columns.places.items()}
        )

    def value(self, name: str, cell: str) -> Any:
        """A cell as JSON has it."""
        if not cell:
            return None
        kind = self._types.get(name)
        if kind in NUMERIC and NUMBER.match(cell):
            return number(cell)
        if kind is FeatureType.BOOLEAN:
            return BOOLEANS.get(cell, cell)
        return cell


def number(text: str) -> float | int:
    """The number that a JSON text writes; one that no double holds stays too large for any."""
    value = float(text)
    return value if isfinite(value) else int(copysign(1, value)) * TOO_LARGE


def with_errors(checked: Checked, rows: int, errors: Mapping[int, Sequence[Finding]]) -> Checked:
    """The same with rows between that were never looked at."""
    kept = np.array([row for row in range(rows) if row not in errors], dtype=np.int64)
    moved = {int(kept[row]): findings for row, findings in checked.errors.items()}
    places = kept if checked.places is None else kept[checked.places]
    return checked._replace(rows=rows, places=places, errors={**moved, **errors})


def _lenient(records: bytes) -> str:
    """Text of a row that is not UTF-8 keeps a lone surrogate, which the validator refuses."""
    return records.decode("utf-8", "surrogateescape")


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
