"""Streamed requests: answered while they arrive, each step as a job of its own in the prediction pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Final, Self

from twinserve.service.http.body import too_large
from twinserve.service.http.reply import Reply
from twinserve.service.http.spool import Spool
from twinserve.service.http.unpacking import Unpacker
from twinserve.service.inference.job import Job, PoolFuture
from twinserve.service.inference.pool import Pool
from twinserve.service.inference.question import Question
from twinserve.service.protocols.dialect import Stream

STEP_SIZE: Final = 64 * 1024
"""Bytes of a body that one step takes at most."""
STEP_SECONDS: Final = 0.005
"""After which a step ends, where its stream has more to give: others may have come meanwhile."""


class Step:
    """Some pieces of what a stream gives, as a job that is never answered together with others."""

    def __init__(self, begin: Callable[[], Iterator[bytes]]) -> None:
        self._begin = begin
        self._pieces: Iterator[bytes] | None = None
        self.is_over = False
        """Has the stream given all of them? Else the same step is to be done again."""

    def joins(self, _question: Question) -> bool:
        """Never."""
        return False

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Do the step."""
        for job in jobs:
            job.settle(lambda: Reply(HTTPStatus.OK, self._some()))

    def pause(self) -> float:
        """No time: a step waits for no other job."""
        return 0.0

    def _some(self) -> bytes:
        if self._pieces is None:
            self._pieces = self._begin()
        taken: list[bytes] = []
        end = time.perf_counter() + STEP_SECONDS
        for piece in self._pieces:
            taken.append(piece)
            if time.perf_counter() > end:
                return b"".join(taken)
        self.is_over = True
        return b"".join(taken)


class Streaming:
    """A stream under way. A door feeds it, step by step, waits for each with `predict_timeout` from its beginning, and
    leaves it at the end: it is the context of the places that it holds."""

    def __init__(
        self,
        stream: Stream,
        question: Question,
        pool: Pool,
        limit: int,
        places: ExitStack[None],
        unpacker: Unpacker | None = None,
    ) -> None:
        """`limit`: bytes that the body may have, and what it unpacks to; more is a `Problem` (413). `places` are left
        with the stream."""
        self._stream, self._question, self._pool, self._limit = stream, question, pool, limit
        self._places, self._unpacker = places, unpacker
        self._arrived = self._unpacked = 0
        self._last: PoolFuture | None = None
        self.media_type, self.headers = stream.media_type, stream.headers
        self.spool = Spool(limit)
        """Where a door keeps what its client does not read as long as it sends."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._places.close()
        self.spool.close()
        if self._last is None or self._last.done():
            self._stream.close()
        else:  # A step that nobody waits for any more may still run.
            self._last.add_done_callback(lambda _: self._stream.close())

    def feed(self, piece: bytes) -> Iterator[PoolFuture]:
        """The steps that take the next piece of the body, at most `STEP_SIZE` bytes; each is to be waited for before
        the next one. The body of each reply is what can be answered then."""
        self._arrived += len(piece)
        self._require(self._arrived)
        if self._unpacker is None:
            yield from self._steps(lambda: self._stream.feed(piece))
            return
        unpacker = self._unpacker
        yield from self._steps(lambda: self._unpack(unpacker, piece))
        while unpacker.is_behind:
            yield from self._steps(lambda: self._unpack(unpacker, b""))

    def end(self) -> Iterator[PoolFuture]:
        """The steps after the whole body."""
        if self._unpacker is not None:
            self._unpacker.require_end()
        yield from self._steps(self._stream.end)

    def _unpack(self, unpacker: Unpacker, piece: bytes) -> Iterator[bytes]:
        unpacked = unpacker.take(piece)
        self._unpacked += len(unpacked)
        self._require(self._unpacked)
        return self._stream.feed(unpacked) if unpacked else iter(())

    def _require(self, size: int) -> None:
        if size > self._limit:
            raise too_large(self._limit)

    def _steps(self, begin: Callable[[], Iterator[bytes]]) -> Iterator[PoolFuture]:
        step = Step(begin)
        while not step.is_over:
            self._last = self._pool.submit_step(step, self._question)
            yield self._last
