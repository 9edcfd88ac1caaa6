"""Tables as bodies: CSV, and Parquet where pyarrow is installed, as rows by the names of their columns."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from math import inf
from typing import Any, Final

from twinserve.notations.json_numbers import JSON_NUMBER
from twinserve.service.protocols.json_bodies import bad
from twinserve.signature.request.python_values import TOO_LARGE
from twinserve.signature.signature import NUMERIC, FeatureType, Signature

CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
NUMBER: Final = re.compile(rf"{JSON_NUMBER}\Z")
BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "True": True, "false": False, "False": False}
MOST_DIGITS: Final = 1000
"""Characters of a number that are read as they are; Python makes no integers of more than 4,300."""
CODINGS: Final = frozenset({0, 1})
"""Of Parquet: uncompressed, and snappy."""


class Tables:
    """Reads tables of the columns of one model."""

    def __init__(self, signature: Signature) -> None:
        self._types = {feature.name: feature.type for feature in signature.features}

    def read(self, body: bytes, media_type: str, most: int) -> list[dict[str, Any]]:
        """The rows of a body, at most one more than `most`; raises `Problem` (400)."""
        return self._csv(body, most) if media_type == CSV else _parquet(body, most)

    def _csv(self, body: bytes, most: int) -> list[dict[str, Any]]:
        """Numbers are written as in JSON, the empty cell is null. Without a header the columns are in the order of the
        training table."""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise bad("The body must be in UTF-8.") from None
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows: list[dict[str, Any]] = []
        try:
            lines = (line for line in reader if line)
            first = next(lines, None)
            if first is None:
                raise bad("The body has no lines.")
            names, found = (first, []) if self._is_header(first) else ([*self._types], [first])
            if len(set(names)) < len(names):
                raise bad("The first line must not name a column twice.")
            for line in (*found, *islice(lines, most + 1)):
                if len(line) != len(names):
                    raise bad(f"Line {reader.line_num} must have {len(names)} cells.")
                rows.append({name: self._value(name, cell) for name, cell in zip(names, line, strict=True)})
        except csv.Error:
            raise bad(f"Line {reader.line_num} is not CSV.") from None
        return rows

    def _is_header(self, line: Sequence[str]) -> bool:
        return any(cell in self._types for cell in line) or len(line) != len(self._types)

    def _value(self, name: str, cell: str) -> Any:
        if not cell:
            return None
        kind = self._types.get(name)
        if kind in NUMERIC and NUMBER.match(cell):
            number = json.loads(cell) if len(cell) <= MOST_DIGITS else float(cell)
            # Infinity would be refused in the words for values of Python.
            return TOO_LARGE if number in (inf, -inf) else number
        if kind is FeatureType.BOOLEAN:
            return BOOLEANS.get(cell, cell)
        return cell


def _parquet(body: bytes, most: int) -> list[dict[str, Any]]:
    """Only in codings that cannot unpack to much more than was sent: of snappy that is 21 times as much."""
    import pyarrow
    from pyarrow import parquet

    from twinserve.bulk.malformed import MalformedTable
    from twinserve.bulk.reading.parquet_chunks import MOST, column_chunks

    rows: list[dict[str, Any]] = []
    try:
        file = parquet.ParquetFile(io.BytesIO(body))
        if len(set(file.schema_arrow.names)) < len(file.schema_arrow.names):
            raise bad("The table must not name a column twice.")
        if not {chunk.codec for chunk in column_chunks(io.BytesIO(body), MOST)} <= CODINGS:
            raise bad("Parquet must be uncompressed, or compressed with snappy.")
        for batch in file.iter_batches(batch_size=most + 1):
            rows += ({name: _plain(value) for name, value in row.items()} for row in batch.to_pylist())
            if len(rows) > most:
                break
    except (MalformedTable, pyarrow.ArrowException, OSError, ValueError, NotImplementedError):
        raise bad("The body is not Parquet.") from None
    return rows


def _plain(value: Any) -> Any:
    """A value as JSON has it: what is no number is null, dates are texts."""
    if isinstance(value, float) and value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
