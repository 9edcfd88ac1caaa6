"""Rows without end: lines of NDJSON or Arrow batches, sent some at a time, so that answers come while rows still do."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from twinserve.bulk.forms import MEDIA_TYPES
from twinserve.client import replies
from twinserve.client.bodies import one_body
from twinserve.client.calling import Caller, checked_id
from twinserve.client.errors import InvalidInput
from twinserve.client.frames.tables import as_table
from twinserve.client.messages import Response, Steps
from twinserve.errors import AskedWrongly

ROWS: Final = 1_000
BYTES: Final = 512 * 1024
"""Of a request: half of what nginx takes by default. With a thousand rows at a time a row costs little more than its
work."""
NDJSON, ARROW = MEDIA_TYPES["ndjson"], MEDIA_TYPES["arrow"]


class Bulk:
    """Takes rows one after another, and gives the steps of a request when there are enough of them.

    A request is asked again as any other is, so a server that restarts, or a model that is swapped, loses no row."""

    def __init__(
        self, caller: Caller, url: str, request_id: str | None, rows: int = ROWS, passed: Sequence[str] = ()
    ) -> None:
        if rows < 1:
            raise AskedWrongly("at_a_time is at least 1.")
        checked_id(request_id)
        self._caller, self._url, self._request_id, self._rows = caller, url, request_id, rows
        self._passed = passed
        self._lines: list[bytes | dict[str, Any]] = []
        """Each a row as JSON, or the answer to one that JSON cannot hold."""
        self._size, self._sent, self._taken = 0, 0, 0

    def add(self, row: Any) -> Iterator[Steps[list[Any]]]:
        """Take a row, an instance or a batch; steps that give the answers of those which go now, in their order."""
        if is_batch(row):
            self._taken += row.num_rows
            yield from self.end()
            for start in range(0, row.num_rows, self._rows):
                yield self._batch(row.slice(start, self._rows))
            return
        if not isinstance(row, Mapping):
            raise AskedWrongly(
                f"A row is an instance (a dict) or an Arrow batch, not a {type(row).__name__} (position {self._taken})."
            )
        line = _line(row, self._passed)
        if self._lines and self._size + len(line) > BYTES:
            yield from self.end()
        self._lines.append(line)
        self._taken += 1
        self._size += len(line)
        if len(self._lines) >= self._rows:
            yield from self.end()

    def end(self) -> Iterator[Steps[list[Any]]]:
        """Steps for what is left."""
        lines, self._lines, self._size = self._lines, [], 0
        if lines:
            yield self._answers(lines)

    def _answers(self, lines: Sequence[bytes | dict[str, Any]]) -> Steps[list[Any]]:
        good = [line for line in lines if isinstance(line, bytes)]
        answers: Iterator[Any] = iter(())
        if good:
            response = yield from self._post(b"\n".join(good) + b"\n", NDJSON)
            answers = iter(_objects(response, len(good)))
        return [next(answers) if isinstance(line, bytes) else line for line in lines]

    def _batch(self, batch: Any) -> Steps[list[Any]]:
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        response = yield from self._post(sink.getvalue().to_pybytes(), ARROW)
        try:
            with pa.ipc.open_stream(response.body) as reader:
                answers = list(reader)
        except (pa.ArrowInvalid, OSError):
            raise replies.unexpected(response, "which is no Arrow stream") from None
        if sum(answer.num_rows for answer in answers) != batch.num_rows:
            raise replies.unexpected(response, "which has not one answer for each row")
        return answers

    def _post(self, body: bytes, form: str) -> Steps[Response]:
        base, self._sent = self._request_id, self._sent + 1
        request_id = base if base is None or self._sent == 1 else f"{base[:52]}.{self._sent - 1}"
        headers = {"Content-Type": form, "Accept": form}
        response: Response = yield from self._caller.call("POST", self._url, body, headers, request_id=request_id)
        return replies.require(response, form)


def rows_of(source: Any) -> Iterable[Any]:
    """The rows of a source: of a whole Arrow table its batches, of anything else what it iterates."""
    pyarrow: Any = sys.modules.get("pyarrow")
    if pyarrow is not None and isinstance(source, pyarrow.Table):
        batches: Iterable[Any] = source.to_batches(max_chunksize=ROWS)
        return batches
    if as_table(source) is not None:
        raise AskedWrongly("A DataFrame goes to predict(), which takes any number of rows; bulk() takes single rows.")
    if isinstance(source, (Mapping, str, bytes)) or not isinstance(source, Iterable):
        raise AskedWrongly("Give rows: an iterable of instances (dicts), or Arrow batches; a file goes to score().")
    return source


def is_batch(row: Any) -> bool:
    """Is it a batch of Arrow?"""
    pyarrow: Any = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(row, pyarrow.RecordBatch)


def _line(row: Mapping[str, Any], passed: Sequence[str]) -> bytes | dict[str, Any]:
    try:
        return one_body(row)
    except InvalidInput as error:
        errors = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in error.findings]
        return {name: _found(row, name) for name in passed} | {"errors": errors}


def _found(row: Any, name: str) -> Any:
    """What a row has by this name, or by this dotted path, which may lead through lists, as the service finds it; None
    where it has nothing."""
    if isinstance(row, (list, tuple)):
        row = {str(place): item for place, item in enumerate(row)}
    if not isinstance(row, Mapping):
        return None
    head, dot, rest = name.partition(".")
    return row[name] if name in row else _found(row.get(head), rest) if dot else None


def _objects(response: Response, count: int) -> list[Any]:
    answers = [replies.parsed(response, line) for line in response.body.splitlines()]
    if len(answers) != count:
        raise replies.unexpected(response, "which has not one answer for each row")
    return answers
