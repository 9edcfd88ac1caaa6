"""Bodies made to cost as much as possible, beside a client with ordinary requests."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench import wrk
from faults import stores
from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness.accounts import account, seconds
from harness.clients import Health, ms, percentile
from harness.hostile_bodies import SHAPES
from harness.running import Running, golden, read, request

CORE: Final = 1
SIZE: Final = 60_000
CLIENTS: Final = 6
RATE: Final = 10
"""Requests that each hostile client sends per second."""
KEPT: Final = 0.8
MORE: Final = 40
"""The memory, in megabytes, by which the server may grow."""
ROUNDS: Final = 3
"""How often each shape is tried, for a second; the median counts, because other work disturbs some rounds."""


@contextmanager
def attacking(server: Running, data: bytes, seen: Counter[int]) -> Iterator[None]:
    """A context in which clients send the request, each over a connection of its own."""
    stop = threading.Event()

    def attack(first: float) -> None:
        turn, connection = first, server.connect()
        while not stop.wait(max(0.0, turn - time.monotonic())):
            connection.sendall(data)
            (answer,) = read(connection, 1)
            seen[answer.status] += 1
            turn += 1 / RATE
            if answer.headers.get("connection", "").lower() == "close":
                connection.close()
                connection = server.connect()
        connection.close()

    begin = time.monotonic()
    threads = [threading.Thread(target=attack, args=(begin + place / RATE / CLIENTS,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@dataclass(frozen=True)
class _Second:
    """One second in which an ordinary client sends one request after the other."""

    ordinary: int
    hostile: int
    processor: float
    """Processor time of the server, in seconds."""


def _in_chunks(chunk: bytes) -> bytes:
    """A chunked request of about `SIZE` bytes, most of which is framing."""
    head = "POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + chunk * (SIZE // len(chunk)) + b"0\r\n\r\n"


REQUESTS: Final = {name: request("POST", "/predict", shape(SIZE)) for name, shape in SHAPES.items()} | {
    "chunks of a byte": _in_chunks(b"1\r\n[\r\n"),
    "chunks of five bytes": _in_chunks(b"5\r\n[[[[[\r\n"),
    "chunks with an extension": _in_chunks(b"1;\r\n[\r\n"),
}


def _portions(server: Running, ordinary: Path, seen: Counter[int]) -> dict[str, float]:
    """The portion of a core that each shape leaves to an ordinary client, by the server's processor time: wall time
    would include other work on this machine."""
    portions: dict[str, list[float]] = {name: [] for name in REQUESTS}
    alone = [_second(server, ordinary, None, seen)]
    for _ in range(ROUNDS):
        for name, data in REQUESTS.items():
            beside = _second(server, ordinary, data, seen)
            alone.append(_second(server, ordinary, None, seen))
            each = sum(second.processor for second in alone[-2:]) / sum(second.ordinary for second in alone[-2:])
            cost = (beside.processor - beside.ordinary * each) / beside.hostile
            portions[name].append(1 - CLIENTS * RATE * cost)
    return {name: median(values) for name, values in portions.items()}


def _second(server: Running, ordinary: Path, hostile: bytes | None, seen: Counter[int]) -> _Second:
    url, sent = f"http://127.0.0.1:{server.port}/predict", seen.total()
    used = seconds(server.process.pid)
    with nullcontext() if hostile is None else attacking(server, hostile, seen):
        asked = wrk.run(url, ordinary, "application/json", connections=1, seconds=1, core=CORE)
    return _Second(asked.requests, seen.total() - sent, seconds(server.process.pid) - used)


@scenario(
    "F18",
    f"{len(REQUESTS)} shapes of {SIZE // 1000} kB that are hard to refuse (brackets, unknown keys, many instances, "
    f"tiny chunks), each from {CLIENTS} clients {RATE} times a second",
    f"400 or 422; who asks for ordinary predictions keeps {KEPT:.0%} of a core, whatever the shape; health p99 "
    f"within 100 ms; less than {MORE} MB more",
)
def hostile_bodies(stage: Stage) -> Outcome:
    """Without credentials, any client can send these bodies."""
    with stage.server(access_log=False) as server:
        return _played(stage, server, stage.body)


@scenario(
    "F18",
    f"the same for a model of {stores.WIDE} columns",
    "the same",
)
def hostile_bodies_for_a_wide_model(stage: Stage) -> Outcome:
    """30 kB of instances without a field once took 3.7 s and 1.6 GiB."""
    with stage.server(stage.models.wide, model="wide", access_log=False) as server:
        return _played(stage, server, golden(stage.models.wide, "wide"))


def _played(stage: Stage, server: Running, instance: bytes) -> Outcome:
    ordinary = stage.new_folder() / "body.json"
    ordinary.write_bytes(instance)
    seen: Counter[int] = Counter()
    _second(server, ordinary, None, seen)
    before = account(server.process.pid).megabytes
    with Health(server) as health:
        portions = _portions(server, ordinary, seen)
    more = account(server.process.pid).megabytes - before
    worst, refused, slow = (
        min(portions, key=portions.__getitem__),
        seen[400] + seen[422],
        percentile(health.seconds, 0.99),
    )
    return all_of(
        (refused == seen.total() > 0, f"{refused:,} of {seen.total():,} refused"),
        (
            portions[worst] > KEPT,
            f"{portions[worst]:.0%} of a core beside {worst}, {median(portions.values()):.0%} in the median",
        ),
        (slow < 0.1 and not health.failed, f"health: p99 {ms(slow)}"),
        (more < MORE, f"{more:.0f} MB more"),
    )


SCENES: Final = (hostile_bodies, hostile_bodies_for_a_wide_model)
