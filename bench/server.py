"""A server under measurement: start it on its core, wait for it, check its answers, stop it."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.prepared import OUT, Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Subject
from harness import processes
from harness.running import Ended, Late, launch, wait_for

PATIENCE: Final = 90.0
"""Seconds that a server may take until it answers."""
REFUSALS: Final = 15.0
"""Seconds for which a server may answer with errors; some do while they load their model."""
STOP_TIMEOUT: Final = 10.0
"""Seconds that a server may take to end after SIGTERM."""
TOLERANCE: Final = 1e-6
"""The largest allowed difference of a probability from the fitted pipeline's."""
THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Unfit(Exception):
    """A server cannot be measured; the text is one sentence without paths."""


@dataclass(frozen=True)
class Running:
    """A server that is ready."""

    process: int
    port: int
    seconds_to_ready: float
    """From its start to its first good answer."""


@contextmanager
def running(launched: Launch, port: int, first: Payload, *, folder: Path, core: int, log: Path) -> Iterator[Running]:
    """Start a server on a core and wait until it answers; raises `Unfit` when it does not."""
    environment = os.environ | dict.fromkeys(THREADS, "1") | launched.environment
    command = ["taskset", "-c", str(core), *launched.command]
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    process = launch(command, folder, environment, log, new_session=True)
    try:
        _await(process, port, first)
        yield Running(process.pid, port, time.perf_counter() - started)
    finally:
        stop(process)


def _await(process: subprocess.Popen[bytes], port: int, first: Payload) -> None:
    last, refused_until = "nobody listens", math.inf

    def answers() -> bool:
        nonlocal last, refused_until
        if time.perf_counter() > refused_until:
            raise Late
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _ = post(port, first)
            if status == http.HTTPStatus.OK:
                return True
            if last != (last := f"status {status}"):
                refused_until = min(refused_until, time.perf_counter() + REFUSALS)
        return False

    try:
        wait_for(process, answers, PATIENCE)
    except Ended:
        text = f"It ended with code {process.returncode} before it answered; its log is below bench/out/logs."
        raise Unfit(text) from None
    except Late:
        raise Unfit(f"It gave no good answer in time (last: {last}); its log is below bench/out/logs.") from None


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and its child processes: SIGTERM first, then SIGKILL."""
    members = [member.number for member in processes.family(process.pid)]
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    for number in (process.pid, *members):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait()


def post(port: int, payload: Payload) -> tuple[int, bytes]:
    """Send one request; status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", payload.path, payload.body, {"Content-Type": payload.content_type})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def verify(subject: Subject, prepared: Prepared, port: int, rows: Rows) -> None:
    """Raise `Unfit` unless the server answers these rows as the fitted pipeline does."""
    try:
        status, content = post(port, subject.ask(prepared, rows))
    except (OSError, http.client.HTTPException) as error:
        raise Unfit(f"It broke the connection ({type(error).__name__}).") from None
    if status != http.HTTPStatus.OK:
        raise Unfit(f"It answers a good request with status {status}.")
    if subject.group == "floor":
        return
    try:
        answers = subject.read(json.loads(content), prepared)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Unfit("Its answer has another form than its documentation says.") from None
    compare(answers, rows)


def compare(answers: Sequence[Answer], rows: Rows) -> None:
    """Raise `Unfit` unless every answer is the fitted pipeline's."""
    if len(answers) != len(rows.labels):
        raise Unfit(f"It gives {len(answers)} answers for {len(rows.labels)} rows.")
    expected = zip(answers, rows.labels, rows.probabilities, strict=True)
    wrong = [not _same(answer, label, probabilities) for answer, label, probabilities in expected]
    if any(wrong):
        raise Unfit(f"It answers {sum(wrong)} of {len(wrong)} rows differently from the fitted pipeline.")


def _same(answer: Answer, label: str, probabilities: Sequence[float]) -> bool:
    if isinstance(answer, str):
        return answer == label
    return len(answer) == len(probabilities) and all(
        math.isclose(mine, theirs, abs_tol=TOLERANCE, rel_tol=0.0)
        for mine, theirs in zip(answer, probabilities, strict=True)
    )


def log_of(subject: Subject, prepared: Prepared) -> Path:
    """The path of the file for a server's output."""
    return OUT / "logs" / f"{subject.name}-{prepared.name}.log"


def quiet(command: Sequence[str], folder: Path, log: Path, environment: dict[str, str]) -> None:
    """Run the command that prepares a server; raises `Unfit`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603  # As above.
            command, cwd=folder, stdout=output, stderr=output, env=os.environ | environment, check=False
        )
    if done.returncode:
        raise Unfit(
            f"What it needs before its start failed with code {done.returncode}; see its log below bench/out/logs."
        )
