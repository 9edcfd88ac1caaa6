"""A scenario of open files: none are left, then they are back."""

from __future__ import annotations

import json
import resource
import socket
import time
from contextlib import ExitStack
from typing import Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness import accounts, processes, swapping
from harness.clients import ms, until
from harness.running import Response, Running, read, request

LIMIT: Final = 80
"""Open files of each process."""
CROWD: Final = 600
SOON: Final = 5.0
"""Seconds in which a promotion is to be followed, or told as impossible: the contract's two and a margin."""
BUSY: Final = 0.3
"""Of a core for each worker; one that spins takes all of it."""


@scenario(
    "F28",
    f"{CROWD} connections at a server whose processes may open {LIMIT} files; a promotion meanwhile; then all are "
    "closed; with one worker and with two",
    "who is connected is answered with 200 throughout; no worker takes 30 % of a core; the promoted version is told as "
    "unreadable for want of open files, not as damaged; afterwards a new connection is answered within 2 s, by that "
    f"version within {SOON:g} s",
)
def no_open_files(stage: Stage) -> Outcome:
    """The system's limit on open files, set for a running server."""
    return all_of(*(check for workers in (1, 2) for check in _crowded(stage, workers)))


def _crowded(stage: Stage, workers: int) -> list[tuple[bool, str]]:
    registry = stage.copy(stage.models.fruit, swapping.NAME)
    folder = registry.folder.parent
    with stage.server(folder, model=swapping.NAME, workers=workers) as server, ExitStack() as stack:
        kept = stack.enter_context(server.connect())
        statuses = {_ask(kept).status}
        for process in processes.family(server.process.pid):
            resource.prlimit(process.number, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        with ExitStack() as crowd:
            for _ in range(CROWD):
                crowd.enter_context(server.connect())
            registry.promote(2)
            told = until(lambda: "(Too many open files)" in _reason(kept), SOON)
            used = accounts.seconds(server.process.pid)
            time.sleep(2)  # The time over which the use of the processor is measured.
            used = (accounts.seconds(server.process.pid) - used) / 2
            statuses |= {_ask(kept).status for _ in range(20)}
        began = time.monotonic()
        again = _new(server).status
        took = time.monotonic() - began
        follows = until(lambda: {_version(_new(server)) for _ in range(10)} == {"2"}, SOON)
        code = server.stop()
        log = server.log.read_text()
    wrong = [word for word in ("Traceback", "damaged") if word in log]
    return [
        (statuses == {200}, f"{workers} worker{'s' * (workers > 1)}: {sorted(statuses)} meanwhile"),
        (used < BUSY * workers, f"{used:.0%} of a core"),
        (told is not None and not wrong, f"told {_after(told)}" + "".join(f", and {word!r}" for word in wrong)),
        (again == 200 and took < 2, f"then {again} after {ms(took)}"),
        (follows is not None, f"the promoted version {_after(follows)}"),
        (code == 0, f"exit code {code}"),
    ]


def _ask(connection: socket.socket) -> Response:
    connection.sendall(request("POST", "/predict", swapping.BODY))
    (response,) = read(connection, 1)
    return response


def _new(server: Running) -> Response:
    return server.request("POST", "/predict", swapping.BODY, "Connection: close\r\n")


def _version(response: Response) -> str:
    return str(json.loads(response.body).get("version"))


def _reason(connection: socket.socket) -> str:
    """Why `/health/ready` says that a version was refused; empty if none was."""
    connection.sendall(request("GET", "/health/ready"))
    (response,) = read(connection, 1)
    return str(json.loads(response.body).get("refused", {}).get("reason", ""))


def _after(seconds: float | None) -> str:
    return "not in time" if seconds is None else f"after {ms(seconds)}"


SCENES: Final = (no_open_files,)
