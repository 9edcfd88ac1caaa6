"""`Scoring`: one body of many rows and its answers, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from twinserve.bulk.answering import Answering
from twinserve.bulk.forms import MEDIA_TYPES, Answer, Form, require_pyarrow
from twinserve.bulk.options import ALONE, Bounds, Options
from twinserve.bulk.reading.rows import Chunk, open_rows
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.sinks import Output, Sink, open_sink
from twinserve.predict.rendering import Predict


class Scoring:
    """Rows in one form into answers in one, maybe another. It does no I/O but on a temporary file for Parquet.

    `feed` and `end` raise `InvalidInput` for columns that are missing, unknown or of another type, and `MalformedTable`
    where the bytes are no table. Before the first row no bytes were returned."""

    def __init__(
        self,
        version: BulkVersion,
        reads: Form,
        writes: Answer,
        options: Options,
        predict: Predict | None = None,
        bounds: Bounds = ALONE,
    ) -> None:
        """`predict`: in place of the version's own. Raises `WrongOption` for what the version cannot give, and
        `NeedsPyarrow`."""
        require_pyarrow(reads, writes)
        self._answer = Answering(version, options, predict)
        self._rows_read = open_rows(version, reads, options, bounds)
        self._asked = writes, version, options
        self._writing: tuple[Sink, Output] | None = None
        self.media_type = MEDIA_TYPES[writes]
        self.rows = self.bad_rows = 0
        """Answered so far, and those of them that have errors."""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece of the rows; return the bytes of the answer that are ready, maybe none."""
        return b"".join(self.steps(piece))

    def steps(self, piece: bytes) -> Iterator[bytes]:
        """The same in steps, for who has something else to do between them."""
        return map(self._step, self._rows_read.feed(piece))

    def end(self) -> Iterator[bytes]:
        """The rest of the answer in pieces, after the last piece of the rows."""
        yield from map(self._step, self._rows_read.end())
        yield from self._begun()[1].end()

    def close(self) -> None:
        """Drop the temporary file of a body that does not come to its end."""
        self._rows_read.close()

    def _begun(self) -> tuple[Sink, Output]:
        """What writes, made once the columns that come back are known."""
        if self._writing is None:
            sink = open_sink(*self._asked, self._rows_read.kept)
            self._writing = sink, Output(sink)
        return self._writing

    def _step(self, chunk: Chunk) -> bytes:
        answered = self._answer(self._rows_read.check(chunk.rows))
        self.rows += answered.rows
        self.bad_rows += len(answered.errors)
        sink, output = self._begun()
        return output.add(sink.encode(answered), answered.rows)
