"""A deadline for work that may be done at once or later."""

from __future__ import annotations

import asyncio

import pytest

from serve_fastapi.deadline import within


def test_what_is_there_is_given_without_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that is done at once needs no timer."""
    monkeypatch.setattr(asyncio, "timeout", None)

    async def ready() -> int:
        return 7

    assert asyncio.run(within(1.0, ready())) == 7


def test_what_comes_later_is_waited_for() -> None:
    """Work that waits several times is awaited within the deadline."""

    async def slow() -> int:
        for _ in range(3):
            await asyncio.sleep(0.001)
        return 7

    assert asyncio.run(within(60.0, slow())) == 7


def test_what_takes_too_long_is_given_up() -> None:
    """Work beyond the deadline is cancelled, and can clean up."""
    told: list[BaseException] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            told.append(error)
            raise

    with pytest.raises(TimeoutError):
        asyncio.run(within(0.01, endless()))
    assert len(told) == 1


def test_the_deadline_is_for_all_of_it() -> None:
    """The deadline holds for all steps together, not for each."""

    async def dripping() -> None:
        while True:
            await asyncio.sleep(0.002)

    with pytest.raises(TimeoutError):
        asyncio.run(within(0.05, dripping()))


@pytest.mark.parametrize("waits", [False, True])
def test_what_fails_fails(*, waits: bool) -> None:
    """Exceptions are raised, at once or later."""

    async def failing() -> None:
        if waits:
            await asyncio.sleep(0)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        asyncio.run(within(60.0, failing()))


def test_a_failure_that_the_work_survives_is_its_own() -> None:
    """An exception that is thrown into the work may be handled there."""

    async def tough() -> int:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        loop.call_soon(waiting.set_exception, LookupError())
        try:
            await waiting
        except LookupError:
            await asyncio.sleep(0)
        return 7

    assert asyncio.run(within(60.0, tough())) == 7
