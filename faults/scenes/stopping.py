"""Scenarios of signals: to the server, to a worker, to the parent of all workers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from typing import Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness import processes
from harness.accounts import workers
from harness.clients import LOST, Clients, asking, get, ms, until
from harness.running import is_open, read, request

DELAY: Final = 1.0
ROUNDS: Final = 3
KILLS: Final = 3
READY: Final = "/health/ready"
LIVE: Final = "/health/live"


@scenario(
    "F1",
    f"SIGTERM under load, {ROUNDS} times with one worker and {ROUNDS} with two; 8 clients stop when ready is not 200",
    "ready turns 503 first; no request lost; exit code 0 within drain delay and grace",
)
def sigterm(stage: Stage) -> Outcome:
    """The client stops when readiness fails, as a load balancer does."""
    rounds = [_drained(stage, number) for number in (1, 2) for _ in range(ROUNDS)]
    answered, bad = sum(item[0] for item in rounds), sum(item[1] for item in rounds)
    turned, ended = max(item[2] for item in rounds), max(item[3] for item in rounds)
    codes = {item[4] for item in rounds}
    return all_of(
        (bad == 0, f"{answered:,} answered, {bad} lost or refused"),
        (turned < DELAY, f"ready 503 after {ms(turned)} at most"),
        (codes == {0} and ended < DELAY + 8, f"ended after {ended:.1f} s at most with code {codes}"),
    )


def _drained(stage: Stage, number: int) -> tuple[int, int, float, float, int]:
    with stage.server(workers=number, drain_delay=DELAY, access_log=False) as server:
        with asking(Clients(server.port, stage.body)) as clients:
            time.sleep(0.5)  # Load, before the signal.
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            turned = until(lambda: get(server.port, READY) != 200, DELAY + 1)
            clients.cease()
        code = server.process.wait(20)
        ended = time.monotonic() - began
    seen = clients.seen
    return seen["200"], sum(seen.values()) - seen["200"], turned if turned is not None else DELAY + 1, ended, code


@scenario(
    "F1",
    "SIGTERM under load; 8 clients that take no notice and go on asking over their connections",
    "what was accepted is answered with 200 or 503, none lost; then connections are refused; exit code 0",
)
def sigterm_unnoticed(stage: Stage) -> Outcome:
    """TERM is sent twice, as some supervisors do."""
    with stage.server(workers=2, access_log=False) as server:
        with asking(Clients(server.port, stage.body, good=lambda status, _: status in (200, 503))) as clients:
            time.sleep(0.5)  # As above.
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGTERM)
            code = server.process.wait(20)
        traceback = "Traceback" in server.log.read_text()
    seen = clients.seen
    return all_of(
        (code == 0, f"exit code {code}"),
        (seen["wrong"] == 0, f"{seen['200']:,} times 200, {seen['503']} times 503, {seen['wrong']} others"),
        (seen[LOST] == 0, f"{seen[LOST]} lost"),
        (not traceback, "no traceback" if not traceback else "a traceback in the log"),
    )


@scenario(
    "F1",
    "SIGTERM between the two halves of a request, with one worker and with two",
    "new connections are refused within 2 s; the second half, sent after that, is answered with 200; exit code 0",
)
def sigterm_in_flight(stage: Stage) -> Outcome:
    """New connections are refused; the kernel does not queue them for a server that has stopped."""
    checks = []
    for number in (1, 2):
        whole = request("POST", "/predict", stage.body)
        with stage.server(workers=number) as server, server.connect() as connection:
            connection.sendall(whole[:-10])
            get(server.port, LIVE)
            server.process.send_signal(signal.SIGTERM)
            refused = until(lambda port=server.port: not is_open(port), 6)  # type: ignore[misc]
            connection.sendall(whole[-10:])
            statuses = [response.status for response in read(connection, 1)]
            code = server.process.wait(20)
        said = f"refused after {ms(refused)}" if refused is not None else "still accepted after 6 s"
        checks += [
            (refused is not None and refused < 2, f"{number} worker{'s' * (number > 1)}: {said}"),
            (statuses == [200] and code == 0, f"answered {statuses}, exit code {code}"),
        ]
    return all_of(*checks)


@scenario(
    "F2",
    f"SIGKILL of one of two workers under load, {KILLS} times",
    "only that worker's requests in flight fail; a new worker is there within 5 s",
)
def kill_worker(stage: Stage) -> Outcome:
    """Every client has one request in flight, so it can lose one for each kill at most."""
    with (
        stage.server(workers=2, access_log=False) as server,
        asking(Clients(server.port, stage.body)) as clients,
    ):
        slowest = 0.0
        for _ in range(KILLS):
            time.sleep(0.5)  # As above.
            victim = workers(server.process.pid)[0]
            before = server.log.read_text().count('"opened"')
            os.kill(victim, signal.SIGKILL)
            back = until(lambda before=before: server.log.read_text().count('"opened"') > before, 20)  # type: ignore[misc]
            slowest = max(slowest, float("inf") if back is None else back)
    seen = clients.seen
    return all_of(
        (seen[LOST] <= 8 * KILLS, f"{seen[LOST]} of {sum(seen.values()):,} requests lost, {seen['wrong']} wrong"),
        (seen["wrong"] == 0 and seen["refused"] == 0, f"{seen['refused']} refused"),
        (slowest < 5, f"a new worker after {slowest:.1f} s at most"),
    )


@scenario(
    "F3",
    "SIGSTOP of one of two workers for 8 s, then SIGCONT",
    "the other one, or a new one, answers new connections within 2 s; afterwards all is as before",
)
def stop_worker(stage: Stage) -> Outcome:
    """A stopped process accepts nothing, but what it had accepted waits with it."""
    with stage.server(workers=2, access_log=False) as server:
        victim = workers(server.process.pid)[0]
        os.kill(victim, signal.SIGSTOP)
        answers = []
        end = time.monotonic() + 8
        while time.monotonic() < end:
            answers.append(get(server.port, LIVE, patience=2))
            time.sleep(0.05)  # Twenty times a second is often enough.
        with contextlib.suppress(ProcessLookupError):  # It may have been replaced.
            os.kill(victim, signal.SIGCONT)
        healed = until(lambda: len(workers(server.process.pid)) == 2 and get(server.port, READY) == 200, 15)
    failed = sum(answer != 200 for answer in answers)
    return all_of(
        (failed == 0, f"{len(answers)} new connections, {failed} unanswered within 2 s"),
        (healed is not None, "two workers afterwards" if healed is not None else "no two workers afterwards"),
    )


@scenario("F4", "SIGKILL of the parent of two workers", "the workers end within 5 s and the port is free")
def kill_parent(stage: Stage) -> Outcome:
    """The workers get no signal; they notice that their parent has ended."""
    with stage.server(workers=2, access_log=False) as server:
        orphans = workers(server.process.pid)
        with asking(Clients(server.port, stage.body, number=2)):
            server.process.kill()
            server.process.wait()
            gone = until(lambda: not any(_runs(number) for number in orphans), 15)
    free = _is_free(server.port)
    for number in orphans:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return all_of(
        (gone is not None and gone < 5, f"ended after {gone:.1f} s" if gone is not None else "still there after 15 s"),
        (free, "the port is free" if free else "the port is taken"),
    )


def _runs(number: int) -> bool:
    return any(process.number == number for process in processes.family(number))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


SCENES: Final = (sigterm, sigterm_in_flight, sigterm_unnoticed, kill_worker, stop_worker, kill_parent)
