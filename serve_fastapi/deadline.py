"""A deadline that costs nothing where nothing is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Deadline:
    """A timer for what somebody owes: set once, however often it is asked for, until it is lifted."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], object]) -> None:
        self._loop, self._seconds, self._act = loop, seconds, act
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """From now on, if it is not set."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._pass)

    def lift(self) -> None:
        """Nothing is owed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass(self) -> None:
        self._timer = None
        self._act()


async def within(seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """What the coroutine gives; raises `TimeoutError` when it takes longer than this.

    `asyncio.timeout` takes 7 us, a tenth of a request, whether it is needed or not. Most requests are there, whole,
    when they are asked for, so the coroutine first runs up to where it has to wait: only then is a timer set.
    """
    try:
        awaited = work.send(None)
    except StopIteration as end:
        found: Result = end.value
        return found
    async with asyncio.timeout(seconds):
        return await _the_rest(work, awaited)


@coroutine
def _the_rest(work: Coroutine[Any, Any, Result], awaited: Any) -> Generator[Any, Any, Result]:
    """Go on with a coroutine that waits for something: what `await` does from here on, PEP 380."""
    while True:
        try:
            try:
                answer = yield awaited
            except BaseException as error:  # Such as that it is too late.
                awaited = work.throw(error)
            else:
                awaited = work.send(answer)
        except StopIteration as end:
            found: Result = end.value
            return found
