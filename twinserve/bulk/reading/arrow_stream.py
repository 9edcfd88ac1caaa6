"""Arrow streams as `Rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from twinserve.bulk.checked import Checked
from twinserve.bulk.options import Bounds, Options
from twinserve.bulk.reading.arrow_messages import Batches
from twinserve.bulk.reading.arrow_reader import ArrowReader
from twinserve.bulk.reading.batch_parts import parts_of
from twinserve.bulk.reading.rows import Chunk
from twinserve.bulk.version import BulkVersion


class ArrowRows:
    """An Arrow stream."""

    def __init__(self, version: BulkVersion, options: Options, bounds: Bounds) -> None:
        self._version, self._passed = version, options.passed
        self._batches, self._most, self._place = Batches(bounds.message), bounds.rows, 0
        self._check: ArrowReader | None = None

    @property
    def is_begun(self) -> bool:
        """Were the columns there?"""
        return self._check is not None

    @property
    def kept(self) -> Mapping[str, pa.DataType]:
        """See `Rows`."""
        return {} if self._check is None else self._check.kept

    def check(self, rows: pa.RecordBatch) -> Checked:
        """See `Rows`."""
        if self._check is None:
            raise TypeError("The schema comes first.")
        return self._check(rows)

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """See `Rows`."""
        batches = self._batches.feed(piece)
        while True:
            batch = next(batches, None)
            if self._check is None and self._batches.schema is not None:
                self._check = ArrowReader(self._version, self._batches.schema, self._passed)
            if batch is None:
                return
            for part in parts_of(batch, self._most, self._check.repeated if self._check else ()):
                self._place += part.num_rows
                yield Chunk(part, self._place)

    def end(self) -> Iterator[Chunk]:
        """See `Rows`."""
        self._batches.end()
        return iter(())

    def close(self) -> None:
        """See `Rows`."""
