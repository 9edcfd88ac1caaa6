"""Deadlines for asynchronous work that take no time if the work does not have to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from types import coroutine
from typing import Any, TypeVar

from twinserve.service.http.problem import prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.inference.job import PoolFuture

Result = TypeVar("Result")


class Deadline:
    """A timer that calls `act` unless it is lifted within `seconds`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], object]) -> None:
        self._loop, self._seconds, self._act = loop, seconds, act
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Start the timer, unless it is running."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._pass)

    def lift(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass(self) -> None:
        self._timer = None
        self._act()


async def within(seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine; raises `TimeoutError` if it takes longer than `seconds`.

    `asyncio.timeout` takes 7 us, a tenth of a request, whether it is needed or not. Most requests have arrived
    completely by now, so the coroutine first runs up to the point where it has to wait, and only then is a timer set.
    """
    try:
        awaited = work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    async with asyncio.timeout(seconds):
        return await _the_rest(work, awaited)


async def reply_of(answer: Future[Reply], seconds: float) -> Reply:
    """The reply that the pool is making; raises `Problem` (504) if it takes longer than this."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)
    except TimeoutError:
        raise prediction_timeout(seconds) from None


async def reply_of_step(step: PoolFuture, seconds: float) -> Reply:
    """The same of a step of a stream, from when it begins: before that it waits for those of other streams."""
    awaited = asyncio.wrap_future(step)
    try:
        while (left := step.left(seconds)) > 0:
            if (await asyncio.wait((awaited,), timeout=left))[0]:
                return await awaited
    finally:
        awaited.cancel()
    raise prediction_timeout(seconds)


async def opened(opening: Future[None], seconds: float) -> None:
    """Wait for the opening of a model, but no longer than this; whoever then asks finds out whether it is open."""
    await asyncio.wait([asyncio.wrap_future(opening)], timeout=seconds)


@coroutine
def _the_rest(work: Coroutine[Any, Any, Result], awaited: Any) -> Generator[Any, Any, Result]:
    """Run a coroutine that waits for `awaited` to its end, as `await` does (PEP 380)."""
    while True:
        try:
            try:
                answer = yield awaited
            except BaseException as error:  # For example the timeout.
                awaited = work.throw(error)
            else:
                awaited = work.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result
