"""The soak: very many requests, with invalid ones, aborted ones and swaps; memory must not grow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Final

from bench.swap import swaps
from faults.scenario import Outcome, Scenario, all_of
from faults.stage import Stage
from harness import clients, swapping
from harness.accounts import Account, account
from harness.clients import LOST, REFUSED, Clients, until
from harness.running import DOORS, Running, request
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.fakes import body_of, settings_of

LOOKS: Final = 40
"""Measurements in a run."""
GROWTH: Final = 0.05
"""The fraction by which memory may grow after the first fifth."""


def scenario_of(requests: int) -> Scenario:
    """The soak of this length as a row of the table."""

    def soak(stage: Stage) -> Outcome:
        return _soak(stage, requests)

    return Scenario(
        "L3",
        f"{requests:,} requests; of each hundred one invalid and one aborted; the champion changes every 1.1 s",
        f"each answer is whole and of one version; memory within {GROWTH:.0%} after the first fifth; descriptors, "
        "threads and temporary files as before; the same check finds a leak of 100 bytes a request",
        soak,
        DOORS,
    )


def _soak(stage: Stage, requests: int) -> Outcome:
    registry = stage.copy(stage.models.fruit, swapping.NAME)
    settings = settings_of(artifacts=registry.folder.parent, model=registry.name)
    whole = {body_of(open_model_version(registry, version, settings, Metrics()), swapping.BODY) for version in (1, 2)}
    with stage.server(settings.artifacts, model=registry.name, access_log=False) as server:
        asking = Clients(server.port, swapping.BODY, 8, lambda status, body: status == 200 and body in whole)
        before = account(server.process.pid)
        with clients.asking(asking), swaps(registry, (2, 1)), odd_ones(server, asking):
            looks = _watch(server, asking, requests)
        until(lambda: account(server.process.pid).descriptors <= before.descriptors + 2, 25)
        after, log = account(server.process.pid), server.log.read_text()
    return _judged(asking, looks, before, after, log.count("Traceback") + log.count('"fault"'))


def _watch(server: Running, asking: Clients, requests: int) -> list[Account]:
    """Measurements of the server, spread evenly over the requests."""
    looks: list[Account] = []
    while (done := asking.seen["200"]) < requests and server.process.poll() is None:
        if done >= len(looks) * requests / LOOKS:
            looks.append(account(server.process.pid))
        time.sleep(0.02)  # The interval between two readings of the count.
    return looks


@contextmanager
def odd_ones(server: Running, asking: Clients) -> Iterator[None]:
    """A context that sends one invalid and one aborted request for each hundred good ones."""
    stop = threading.Event()

    def ask() -> None:
        sent = 0
        while not stop.wait(0.01):
            while sent < asking.seen["200"] / 100 and not stop.is_set():
                server.send(request("POST", "/predict", b'{"weight": "heavy"}'))
                with server.connect() as gone:
                    gone.sendall(request("POST", "/predict", swapping.BODY))
                sent += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _judged(asking: Clients, looks: Sequence[Account], before: Account, after: Account, faults: int) -> Outcome:
    seen, memory = asking.seen, [look.megabytes for look in looks]
    leak = 100 * seen["200"] / len(memory) / 1e6
    leaky = [value + leak * turn for turn, value in enumerate(memory)]
    most = max(look.threads for look in looks)
    bad = seen["wrong"] + seen[LOST] + seen[REFUSED] + faults
    return all_of(
        (bad == 0, f"{seen['200']:,} answers, {seen['wrong']} wrong, {seen[LOST]} lost, {faults} faults"),
        (not grows(memory), f"memory {_early(memory):.0f} -> {_late(memory):.0f} MB"),
        (grows(leaky), "a leak would show" if grows(leaky) else "too short to show a leak"),
        (after.descriptors <= before.descriptors + 2, f"descriptors {before.descriptors} -> {after.descriptors}"),
        (after.threads <= most, f"threads {before.threads} -> {after.threads}, {most} at most"),
        (after.temporary <= before.temporary, f"temporary files {before.temporary} -> {after.temporary}"),
    )


def grows(memory: list[float]) -> bool:
    """Is memory at the end above that after warm-up by more than `GROWTH`?"""
    return _late(memory) > _early(memory) * (1 + GROWTH)


def _early(memory: list[float]) -> float:
    fifth = max(1, len(memory) // 5)
    return median(memory[fifth : 2 * fifth])


def _late(memory: list[float]) -> float:
    return median(memory[-max(1, len(memory) // 5) :])
