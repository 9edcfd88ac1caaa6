"""Scenarios of load: steady load, overload, and heavy requests beside light ones."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from bench import wrk
from faults.misbehaving import SLOW, SLOW_SECONDS
from faults.misbehaving import asking as asking_for
from faults.scenario import Outcome, all_of, scenario
from faults.scenes.predictors import misbehaving
from faults.stage import Stage
from harness import clients
from harness.accounts import account, workers
from harness.clients import Clients, Health, ms, percentile
from harness.running import Running, read, request

CORE: Final = 1
SECONDS: Final = 8
OVERLOAD: Final = 3
ROWS: Final = 5_000


def _wrk(stage: Stage, server: Running, body: bytes, connections: int, seconds: float) -> wrk.Outcome:
    file: Path = stage.new_folder() / "body.json"
    file.write_bytes(body)
    url = f"http://127.0.0.1:{server.port}/predict"
    return wrk.run(url, file, "application/json", connections=connections, seconds=seconds, core=CORE)


@scenario(
    "L1",
    f"16 connections that ask one after the other for {SECONDS} s, after {SECONDS // 2} s to warm up",
    "no failure; p99 below 10 times p50, or below 50 ms; memory within 5 %",
)
def steady_load(stage: Stage) -> Outcome:
    """The promise of 50 ms allows for other work on the machine."""
    with stage.server(access_log=False) as server:
        _wrk(stage, server, stage.body, 16, SECONDS / 2)
        before = account(server.process.pid).megabytes
        outcome = _wrk(stage, server, stage.body, 16, SECONDS)
        more = account(server.process.pid).megabytes / before - 1
    p50, p99 = outcome.latency["p50"], outcome.latency["p99"]
    return all_of(
        (outcome.valid, f"{outcome.requests:,} answers, {sum(outcome.errors.values())} failures"),
        (p99 < max(10 * p50, 50), f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"),
        (more < 0.05, f"memory {more:+.1%}"),
    )


@scenario(
    "L2",
    "1,000 connections that ask for compiled predictions without a pause, against what 32 get",
    "throughput at least 80 % of that; only 200 and 503; health within 1 s",
)
def crowd(stage: Stage) -> Outcome:
    """A thousand requests wait at a time. Their objects exceed the processor's caches, which costs about a tenth of the
    throughput; 64 connections cost nothing (bench/RESULTS.md)."""
    with stage.server(access_log=False) as server:
        _wrk(stage, server, stage.body, 32, 2)
        few = _wrk(stage, server, stage.body, 32, 4)
        with Health(server) as health:
            many = _wrk(stage, server, stage.body, 1_000, 6)
        after = _wrk(stage, server, stage.body, 32, 4)
    peak = (few.requests_per_second + after.requests_per_second) / 2
    failures = {kind: number for kind, number in many.errors.items() if number}
    return all_of(
        (many.requests_per_second > 0.8 * peak, f"{many.requests_per_second / peak:.0%} of the throughput"),
        (not failures, f"failures {failures or 0}; p99 {many.latency['p99']:.0f} ms"),
        (health.worst < 1 and not health.failed, f"health in {ms(health.worst)} at most"),
    )


@scenario(
    "L2",
    f"predictions of {SLOW_SECONDS * 1000:g} ms in a pool of 2, asked for at {OVERLOAD} times its rate by all",
    "only 200, and 503 with Retry-After within 100 ms; at least 90 % of what two patient callers get; p99 of the "
    "answered bounded by the queue; health within 100 ms",
)
def overload(stage: Stage) -> Outcome:
    """An open loop: requests are sent at a fixed rate, whether or not earlier ones were answered."""
    rate, queue = 2 / SLOW_SECONDS, 8
    body, number = asking_for(SLOW, stage.body), int(OVERLOAD * rate * SECONDS)
    data = request("POST", "/predict", body)
    settings = {"max_queue": queue, "predict_timeout": 5, "access_log": False}
    # Joined calls would make the crowd faster than those that it is compared with.
    with misbehaving(stage, batching=False, **settings) as server, Health(server) as health:
        patient = Clients(server.port, body, number=2)
        with clients.asking(patient):
            threading.Event().wait(2)  # While the clients send.
        began = time.monotonic()
        with ThreadPoolExecutor(64) as pool:
            turns = [pool.submit(_at, server, data, began + turn / (OVERLOAD * rate)) for turn in range(number)]
            answers = [turn.result() for turn in turns]
        took = time.monotonic() - began
    good = [seconds for status, _, seconds in answers if status == 200]
    shed = [seconds for status, after, seconds in answers if status == 503 and after]
    peak = len(patient.seconds) / 2
    bound = queue * SLOW_SECONDS / 2 + 0.5
    return all_of(
        (len(good) + len(shed) == number, f"{len(good)} answered, {len(shed)} shed of {number}"),
        (len(good) / took > 0.9 * peak, f"{len(good) / took / peak:.0%} of the rate"),
        (percentile(good, 0.99) < bound, f"answered: p99 {ms(percentile(good, 0.99))}"),
        (percentile(shed, 0.99) < 0.1, f"shed: p99 {ms(percentile(shed, 0.99))}"),
        (percentile(health.seconds, 0.99) < 0.1, f"health: p99 {ms(percentile(health.seconds, 0.99))}"),
    )


def _at(server: Running, data: bytes, moment: float) -> tuple[int, bool, float]:
    """Send one request at this moment; its status, whether it has Retry-After, and its latency in seconds."""
    time.sleep(max(0.0, moment - time.monotonic()))  # Requests are sent at a fixed rate.
    began = time.monotonic()
    (answer,) = server.send(data)
    return answer.status, "retry-after" in answer.headers, time.monotonic() - began


@scenario(
    "L4",
    "200 predictions one after the other over one connection, two workers",
    "the median below 5 ms: no packet waits for another",
)
def kept_connection(stage: Stage) -> Outcome:
    """Nagle's algorithm with delayed acknowledgements would add 40 ms."""
    seconds = []
    with stage.server(workers=2, access_log=False) as server, server.connect() as connection:
        for _ in range(200):
            began = time.perf_counter()
            connection.sendall(request("POST", "/predict", stage.body))
            read(connection, 1)
            seconds.append(time.perf_counter() - began)
    median = percentile(seconds, 0.5)
    return all_of((median < 0.005, f"median {ms(median)}, p99 {ms(percentile(seconds, 0.99))}"))


@scenario(
    "L5",
    f"2 clients that ask for {ROWS:,} rows at a time, beside health and single rows",
    "health p99 within 250 ms; single rows p99 within 500 ms; no failure",
)
def heavy_beside_light(stage: Stage) -> Outcome:
    """Both share one interpreter, whose lock is held while a large body is parsed."""
    batch = json.dumps([json.loads(stage.body)] * ROWS).encode()
    with stage.server(access_log=False) as server:
        light, heavy = Clients(server.port, stage.body, number=1), Clients(server.port, batch, number=2)
        with clients.asking(heavy), clients.asking(light), Health(server) as health:
            threading.Event().wait(SECONDS)  # While the clients send.
    failures = sum(number for seen in (light.seen, heavy.seen) for status, number in seen.items() if status != "200")
    return all_of(
        (failures == 0, f"{heavy.seen['200']} batches, {light.seen['200']:,} single rows, {failures} failures"),
        (percentile(health.seconds, 0.99) < 0.25, f"health: p99 {ms(percentile(health.seconds, 0.99))}"),
        (percentile(light.seconds, 0.99) < 0.5, f"single rows: p99 {ms(percentile(light.seconds, 0.99))}"),
    )


@scenario(
    "L6",
    "two workers that have predicted inline and in the pool: their threads",
    "libraries start none of their own, so no worker has more than its doors' and pool's",
)
def threads(stage: Stage) -> Outcome:
    """Oversubscription would show as threads of OpenMP or BLAS; `bench/` measures the throughput."""
    batch = json.dumps([json.loads(stage.body)] * 1_000).encode()
    with stage.server(workers=2, access_log=False, max_queue=8) as server:
        with clients.asking(Clients(server.port, batch, number=8)), clients.asking(Clients(server.port, stage.body)):
            threading.Event().wait(2)  # As above.
        counts = [account(number).threads for number in workers(server.process.pid)]
    most = 8 + 8 + 6
    return all_of((max(counts) <= most, f"{counts} threads; {most} may be"))


SCENES: Final = (steady_load, crowd, overload, kept_connection, heavy_beside_light, threads)
