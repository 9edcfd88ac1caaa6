"""Streamed requests: answered while they arrive, each step as a job of its own in the prediction pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from http import HTTPStatus
from typing import Final, Self

from twinserve.service.http.body import too_large
from twinserve.service.http.reply import Reply
from twinserve.service.inference.pool import Job, Pool
from twinserve.service.inference.question import Question
from twinserve.service.protocols.dialect import Stream

STEP_SIZE: Final = 64 * 1024
"""Bytes of a body that one step takes at most."""


class Step:
    """One step of a stream, as a job that is never answered together with others."""

    def __init__(self, work: Callable[[], bytes]) -> None:
        self._work = work

    def joins(self, _question: Question) -> bool:
        """Never."""
        return False

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Do the step."""
        for job in jobs:
            job.settle(lambda: Reply(HTTPStatus.OK, self._work()))

    def pause(self) -> float:
        """No time: a step waits for no other job."""
        return 0.0


class Streaming:
    """A stream under way. A door feeds it, step by step, waits for each with `predict_timeout`, and leaves it at the
    end: it is the context of the places that it holds."""

    def __init__(self, stream: Stream, question: Question, pool: Pool, limit: int, places: ExitStack[None]) -> None:
        """`limit`: bytes that the body may have; more is a `Problem` (413). `places` are left with the stream."""
        self._stream, self._question, self._pool, self._limit = stream, question, pool, limit
        self._places = places
        self._size = 0
        self._rest: Iterator[bytes] | None = None
        self.media_type = stream.media_type
        self.is_over = False
        """Has the whole answer been given?"""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._places.close()

    def feed(self, piece: bytes) -> Future[Reply]:
        """Take the next piece of the body, at most `STEP_SIZE` bytes. The reply's body is what can be answered now."""
        self._size += len(piece)
        if self._size > self._limit:
            raise too_large(self._limit)
        return self._submit(lambda: self._stream.feed(piece))

    def end(self) -> Future[Reply]:
        """After the whole body: the next piece of the rest of the answer, until `is_over`."""
        return self._submit(self._next)

    def _next(self) -> bytes:
        if self._rest is None:
            self._rest = self._stream.end()
        piece = next(self._rest, None)
        self.is_over = piece is None
        return piece or b""

    def _submit(self, work: Callable[[], bytes]) -> Future[Reply]:
        return self._pool.submit(Step(work), self._question)
