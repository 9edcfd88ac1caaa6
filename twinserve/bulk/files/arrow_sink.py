"""Answers as an Arrow stream."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from twinserve.bulk.arrow_answers import ArrowWriter
from twinserve.bulk.files.sink import Group

END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class ArrowSink:
    """An Arrow stream, the messages of which are the same wherever they stand."""

    def __init__(self, answers: ArrowWriter) -> None:
        self._schema, self.encode = answers.schema, answers.plain
        self.head = self._stream([])

    def _stream(self, parts: Sequence[pa.RecordBatch]) -> bytes:
        """The stream of some batches, without its end."""
        held = io.BytesIO()
        with pa.ipc.new_stream(held, self._schema) as writer:
            for part in parts:
                writer.write_batch(part)
        return held.getvalue().removesuffix(END)

    def group(self, parts: Sequence[pa.RecordBatch], place: int) -> Group:  # noqa: ARG002  # As said above.
        """See `Sink`."""
        return Group(self._stream(parts)[len(self.head) :])

    def tail(self, notes: Sequence[str], place: int) -> bytes:  # noqa: ARG002  # A stream ends in one way.
        """See `Sink`."""
        return END
