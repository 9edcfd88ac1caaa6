"""What happens to the process while the app serves: a signal drains the service before it stops the server, and the
process stops when all prediction threads are stuck. It works under any ASGI server that handles signals in Python."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Final

from twinserve.service.process import signals
from twinserve.service.service import Service

INTERVAL: Final = 1.0
"""Seconds between two checks for stuck predictions."""


@contextmanager
def draining(service: Service) -> Iterator[None]:
    """Inside this context, a signal that stops turns the service not ready at once and reaches the server after the
    drain delay; a second urgent one ends the process."""
    loop, urgency = asyncio.get_running_loop(), signals.Urgency()
    installed = {int(number): signal.getsignal(number) for number in signals.STOP}
    handlers = {number: handler for number, handler in installed.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread() or signal.SIGTERM not in handlers:
        yield  # In a test client's thread, or under a server without a handler, there is nothing to delay.
        return

    def drain(number: int, frame: FrameType | None) -> None:
        if urgency.is_final(number):
            signals.leave_at_once(number)
        service.drain()
        # ASGI servers do not handle QUIT, so it is passed on as TERM.
        stop = partial(handlers[signal.SIGTERM if number == signal.SIGQUIT else number], number, frame)
        loop.call_soon_threadsafe(lambda: loop.call_later(service.settings.drain_delay, stop))

    for number in handlers:
        signal.signal(number, drain)
    watch = loop.create_task(end_when_stuck(service))
    try:
        yield
    finally:
        watch.cancel()
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def end_when_stuck(service: Service) -> None:
    """Stop this process, as if by SIGTERM, once all prediction threads are stuck; a supervisor starts another one."""
    while not service.must_give_up():
        await asyncio.sleep(INTERVAL)
    signal.raise_signal(signal.SIGTERM)
