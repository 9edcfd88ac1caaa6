"""The effect of each signal on a server under load: at both doors, with one worker and with two."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness import swapping
from harness.clients import LOST, Clients, asking
from harness.running import DEADLINE, DOORS, Running, golden, is_open, request, running, start, wait_for
from twinserve.service.inference.models.opening import default_registry, open_model_version
from twinserve.service.process.signals import IGNORED, STOP, URGENT
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.registry import Registry
from twinserve.testing.fakes import settings_of

pytestmark = [pytest.mark.slow, pytest.mark.long]

each_door = pytest.mark.parametrize("door", DOORS)
each_number = pytest.mark.parametrize("workers", [1, 2])
GRACE = 8


def in_turns(axis: Sequence[Any]) -> list[Any]:
    """Each of these with each door and number of workers, of which CI takes every other one: any two meet in it."""
    axes = axis, range(1, 3), DOORS
    return [
        pytest.param(
            *(values[place] for values, place in zip(axes, places, strict=True)),
            marks=[pytest.mark.extended] if sum(places) % 2 else [],
        )
        for places in product(*map(range, map(len, axes)))
    ]


@contextlib.contextmanager
def asked(server: Running, body: bytes) -> Iterator[Clients]:
    """A context with clients that send requests, after the first answers."""
    with asking(Clients(server.port, body, number=4)) as clients:
        wait_for(server.process, lambda: clients.seen["200"] > 20)
        yield clients


@pytest.mark.parametrize(("number", "workers", "door"), in_turns(STOP))
def test_what_was_accepted_is_answered_before_the_end(
    door: str, workers: int, number: int, tmp_path: Path, artifacts: Path
) -> None:
    """TERM, INT and QUIT lose no request, and the exit code is 0."""
    with running(door, tmp_path, artifacts, workers=workers, access_log=False) as server:
        with asked(server, golden(artifacts)) as clients:
            code = server.stop(number)
        assert "Traceback" not in server.log.read_text()
    assert code == 0
    assert clients.seen[LOST] == clients.seen["wrong"] == 0


@each_door
@each_number
def test_the_other_signals_change_nothing_and_say_so(door: str, workers: int, tmp_path: Path, artifacts: Path) -> None:
    """HUP, USR1, USR2, TTIN and TTOU lose or refuse no request; each is one line in the log."""
    with running(door, tmp_path, artifacts, workers=workers, access_log=False) as server:

        def told() -> list[str]:
            lines = [json.loads(line) for line in server.log.read_text().splitlines()]
            return [line["signal"] for line in lines if line["event"] == "signal ignored"]

        with asked(server, golden(artifacts)) as clients:
            for place, number in enumerate(IGNORED):
                server.process.send_signal(number)
                wait_for(server.process, lambda place=place: len(told()) == place + 1)  # type: ignore[misc]
            seen = clients.seen["200"]
            wait_for(server.process, lambda: clients.seen["200"] > seen + 20)
            server.process.send_signal(signal.SIGWINCH)
        assert told() == [number.name for number in IGNORED]
        assert clients.seen["200"] == sum(clients.seen.values())
        assert server.stop() == 0


@pytest.mark.parametrize(("number", "workers", "door"), in_turns(URGENT))
def test_the_second_urgent_signal_ends_at_once(
    door: str, workers: int, number: int, tmp_path: Path, artifacts: Path
) -> None:
    """A second INT or QUIT ends the server at once, even while a request is incomplete."""
    whole = request("POST", "/predict", golden(artifacts))
    with running(door, tmp_path, artifacts, workers=workers, grace=GRACE) as server, server.connect() as client:
        client.sendall(whole[:-1])
        assert server.request("GET", "/health/live").status == 200
        server.process.send_signal(number)
        wait_for(server.process, lambda: not is_open(server.port))
        began = time.monotonic()
        assert server.stop(number) == 128 + number
        assert time.monotonic() - began < GRACE / 2


@pytest.mark.parametrize(("number", "workers", "door"), in_turns(STOP))
def test_a_signal_before_it_serves_ends_it_with_0(
    door: str, workers: int, number: int, tmp_path: Path, artifacts: Path
) -> None:
    """A signal during start ends the server with 0, as soon as it handles signals: while libraries load, or the
    version is opened."""
    process = start(door, tmp_path, artifacts, workers=workers)
    try:
        status = Path(f"/proc/{process.pid}/status")
        wait_for(process, lambda: catches(status, signal.SIGUSR2))
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def catches(status: Path, number: int) -> bool:
    """Does this process handle the signal?"""
    (mask,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt:")]
    return bool(int(mask, 16) >> (number - 1) & 1)


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions of a forest that takes a while to open."""
    return swapping.heavy_store(tmp_path_factory.mktemp("heavy"), trees=200, rows=6000)


@pytest.mark.parametrize(("part", "workers", "door"), in_turns([0, 1, 2, 3]))
def test_a_signal_while_a_promoted_version_is_opened_ends_it_with_0(
    door: str, workers: int, part: int, heavy: Registry, tmp_path: Path
) -> None:
    """The interpreter must not end while a thread is in a library's native code, which would be SIGABRT. The signal
    comes at the beginning of an opening, or after one, two or three quarters of it."""
    heavy.promote(1)
    settings = settings_of(artifacts=heavy.folder.parent, model=heavy.name)
    began = time.monotonic()
    open_model_version(default_registry(settings), 2, settings, Metrics())
    takes = time.monotonic() - began
    with running(door, tmp_path, settings.artifacts, model=heavy.name, workers=workers) as server:
        wait_for(server.process, lambda: server.log.read_text().count('"opened"') == workers)
        heavy.promote(2)
        deadline = time.monotonic() + DEADLINE
        while '"opening"' not in server.log.read_text():
            assert time.monotonic() < deadline
        due = time.monotonic() + takes * part / 4
        while time.monotonic() < due:
            pass
        code = server.stop()
        log = server.log.read_text()
    assert code == 0
    assert "Traceback" not in log
    assert "SIGABRT" not in log
    assert "terminate called" not in log
