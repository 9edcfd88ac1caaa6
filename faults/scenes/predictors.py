"""Scenarios of a model that misbehaves, served from the pool."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from faults.misbehaving import HANG, NAN, RAISE, SHAPE, asking
from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness.accounts import workers
from harness.clients import Health, ms, until
from harness.running import Running, read, request

TIMEOUT: Final = 1.0
"""The prediction timeout of these scenarios."""


@contextmanager
def misbehaving(stage: Stage, **settings: Any) -> Iterator[Running]:
    """The door with the misbehaving model."""
    given = {"trust_pickles": True, "predict_timeout": TIMEOUT, "threads": 2, "grace": 2} | settings
    with stage.server(stage.models.misbehaving, **given) as server:
        yield server


@scenario(
    "",
    "a predictor that raises, returns NaN, or the wrong shape",
    "500 with the request's id, counted; of NaN 422, as that row has no answer; no values in answer or log; the next "
    "request is answered",
)
def lying_predictor(stage: Stage) -> Outcome:
    """The message of the exception holds submitted values."""
    with misbehaving(stage) as server:
        answers = [server.request("POST", "/predict", asking(word, stage.body)) for word in (RAISE, NAN, SHAPE)]
        good = server.request("POST", "/predict", stage.body).status
        metrics, log = server.request("GET", "/metrics").body.decode(), server.log.read_text()
    faults = re.search(r"^twinserve_faults_total (\S+)", metrics, re.M)
    counted = float(faults[1]) if faults else 0
    values = sum(str(RAISE) in text for text in (log, *(answer.body.decode() for answer in answers)))
    statuses = [answer.status for answer in answers]
    named = all(b"a-fixed-request-id" in answer.body for answer in answers)
    return all_of(
        (statuses == [500, 422, 500] and named, f"{statuses}, {'with' if named else 'without'} id"),
        (counted == 2, f"{counted:g} counted"),
        (values == 0, f"{values} places with values"),
        (good == 200, f"then {good}"),
    )


@scenario(
    "",
    f"one of two prediction threads hangs for ever; prediction timeout {TIMEOUT:g} s",
    "504 with the request's id in time; others are answered meanwhile, health within 250 ms",
)
def hanging_predictor(stage: Stage) -> Outcome:
    """One thread of the pool hangs, the other goes on."""
    with misbehaving(stage) as server, Health(server) as health, server.connect() as stuck:
        began = time.monotonic()
        stuck.sendall(request("POST", "/predict", asking(HANG, stage.body)))
        time.sleep(0.2)  # Until it has begun: what waits beside it may share its call.
        others = [server.request("POST", "/predict", stage.body).status for _ in range(20)]
        (answer,) = read(stuck, 1)
        took = time.monotonic() - began
        after = server.request("POST", "/predict", stage.body).status
    named = b"a-fixed-request-id" in answer.body
    return all_of(
        (answer.status == 504 and named and took < TIMEOUT + 1, f"{answer.status} after {took:.1f} s"),
        (set(others) == {200} and after == 200, f"{len(others)} others: {sorted(set(others))}, then {after}"),
        (health.worst < 0.25 and not health.failed, f"health in {ms(health.worst)} at most"),
    )


@scenario(
    "",
    "all prediction threads of one of two workers hang for ever",
    "504 in time; the worker is replaced within 10 s past the timeout, and then predictions are answered again",
)
def stuck_worker(stage: Stage) -> Outcome:
    """Only a new process recovers a worker whose threads all hang."""
    with misbehaving(stage, workers=2) as server, ExitStack() as stack:
        first = set(workers(server.process.pid))
        stuck = [stack.enter_context(server.connect()) for _ in range(6)]
        for connection in stuck:
            connection.sendall(request("POST", "/predict", asking(HANG, stage.body)))
        statuses = {response.status for connection in stuck for response in _answers(connection)}
        replaced = until(lambda: bool(first - set(workers(server.process.pid))), 12)
        healed = until(lambda: _all_good(server, stage.body), 20)
    return all_of(
        (statuses <= {504}, f"{sorted(statuses)}"),
        (replaced is not None, f"replaced {replaced:.1f} s later" if replaced is not None else "not replaced"),
        (healed is not None, f"all well {healed:.1f} s later" if healed is not None else "predictions still hang"),
    )


def _answers(connection: Any) -> list[Any]:
    with contextlib.suppress(OSError):
        return list(read(connection, 1))
    return []


def _all_good(server: Running, body: bytes) -> bool:
    """Are twenty predictions good, each over a new connection, which either worker may take?"""
    with contextlib.suppress(OSError, ValueError):
        return all(server.request("POST", "/predict", body).status == 200 for _ in range(20))
    return False


SCENES: Final = (lying_predictor, hanging_predictor, stuck_worker)
