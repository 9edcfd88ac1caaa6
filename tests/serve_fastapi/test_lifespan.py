"""A signal drains the service before it reaches the server's own handler."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from serve_fastapi.lifespan import draining
from twinserve.service.http.problem import Problem
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.protocols.reads import READS
from twinserve.testing.fakes import service_of

PATIENCE = 20.0


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    """Set when the server's own handler of SIGTERM has been reached."""
    reached = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: reached.set())
    yield reached
    signal.signal(signal.SIGTERM, before)


def test_sigterm_drains_before_it_stops(stopped: threading.Event) -> None:
    """Not ready at once; the server's own handler comes after the delay."""
    service = service_of(drain_delay=0.1)

    async def live() -> None:
        with draining(service):
            loop = asyncio.get_running_loop()
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(Problem, match="shutting down"):
                READS["ready"](service, NOTHING)
            assert not stopped.is_set()
            assert await loop.run_in_executor(None, stopped.wait, PATIENCE)

    asyncio.run(live())
    service.close()


@pytest.mark.usefixtures("stopped")
def test_the_signal_is_given_back() -> None:
    """Whose handler it was has it again."""
    before = signal.getsignal(signal.SIGTERM)
    service = service_of()

    async def live() -> None:
        with draining(service):
            assert signal.getsignal(signal.SIGTERM) is not before

    asyncio.run(live())
    assert signal.getsignal(signal.SIGTERM) is before
    service.close()


def test_in_another_thread_signals_are_left_alone() -> None:
    """Where a test client runs the app, there are none to take."""
    service = service_of()
    failures: list[BaseException] = []

    async def live() -> None:
        with draining(service):
            READS["ready"](service, NOTHING)

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as failure:  # Whatever it is, the test must hear of it.
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert failures == []
    service.close()
