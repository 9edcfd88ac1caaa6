"""Scenarios of arrival: slow senders, slow readers, idle connections, and clients that leave."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness.accounts import account
from harness.clients import Health, get, ms, until
from harness.running import Running, read, request

SLOW: Final = 600
RECEIVE: Final = 4.0
"""The receive timeout of these scenarios, in seconds; shorter than the default of 10 to save time."""
IDLE: Final = 9_000
JSON: Final = "Content-Type: application/json\r\n"
PARTS: Final = {
    "half a head": b"POST /predict HTTP/1.1\r\nHost: h\r\nX-Slow: ",
    "half a body": f"POST /predict HTTP/1.1\r\nHost: h\r\n{JSON}Content-Length: 100\r\n\r\n{{".encode(),
    "nothing": b"",
}


@scenario(
    "F14",
    f"{SLOW:,} clients that send half a head, half a body or nothing, dripping on; receive timeout {RECEIVE:g} s",
    "health within 500 ms throughout; every one of them is closed, with 408 if it had begun, in 3 s past the timeout",
)
def slow_senders(stage: Stage) -> Outcome:
    """Slowloris: a byte now and then must not prolong a deadline."""
    with stage.server(receive_timeout=RECEIVE) as server, ExitStack() as stack, Health(server) as health:
        began = time.monotonic()
        clients = [(name, stack.enter_context(server.connect())) for _ in range(SLOW // 3) for name in PARTS]
        for name, client in clients:
            client.sendall(PARTS[name])
        _drip([client for name, client in clients if PARTS[name]], until=began + RECEIVE - 0.5)
        answers = Counter((name, _ending(client, began + RECEIVE + 5)) for name, client in clients)
        took = time.monotonic() - began
    good = {("half a head", "408"), ("half a body", "408"), ("nothing", "closed")}
    return all_of(
        (not health.failed and health.worst < 0.5, f"health in {ms(health.worst)} at most"),
        (set(answers) <= good, ", ".join(f"{n} of {name}: {words}" for (name, words), n in sorted(answers.items()))),
        (took < RECEIVE + 3 + 2, f"the last after {took:.1f} s"),
    )


def _drip(clients: Iterable[socket.socket], until: float) -> None:
    clients = list(clients)
    while time.monotonic() < until:
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(b" ")
        time.sleep(0.5)  # One byte every half second.


def _ending(client: socket.socket, deadline: float) -> str:
    """The status that the server sent, else `closed` or `reset`; `open` if nothing came before the deadline."""
    client.settimeout(max(0.05, deadline - time.monotonic()))
    try:
        data = client.recv(4096)
    except TimeoutError:
        return "open"
    except ConnectionError:
        return "reset"
    return data.split(b" ")[1].decode() if data else "closed"


@scenario(
    "F14",
    "300 clients that ask for large answers and do not read them",
    "health and a prediction within 500 ms meanwhile",
)
def slow_readers(stage: Stage) -> Outcome:
    """The answer is larger than the socket buffers of the kernel."""
    with stage.server() as server, ExitStack() as stack:
        for _ in range(300):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(request("GET", "/docs"))
        get(server.port, "/health/live")  # When it is answered, all others are answered or wait for their client.
        times = []
        for _ in range(10):
            began = time.monotonic()
            status = get(server.port, "/health/live", patience=3)
            times.append(time.monotonic() - began if status == 200 else float("inf"))
        began = time.monotonic()
        predicted = _predicts(server, stage.body, patience=3)
        took = time.monotonic() - began
    worst = max(times)
    return all_of(
        (worst < 0.5, f"health in {ms(worst)} at most" if worst < 1e9 else "health silent for 3 s"),
        (predicted and took < 0.5, f"a prediction in {ms(took)}" if predicted else "no prediction within 3 s"),
    )


def _predicts(server: Running, body: bytes, patience: float = 10) -> bool:
    address = ("127.0.0.1", server.port)
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=patience) as connection:
        connection.sendall(request("POST", "/predict", body))
        return [response.status for response in read(connection, 1)] == [200]
    return False


@scenario(
    "L7",
    f"{IDLE:,} connections that were used once and then say nothing; keep-alive 5 s",
    "health within 500 ms; less than 100 MB more; all closed within 10 s and the descriptors given back",
)
def idle_connections(stage: Stage) -> Outcome:
    """As many connections as the limit on open files allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = min(IDLE, hard // 2 - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with stage.server(keep_alive=5, access_log=False) as server, ExitStack() as stack:
            before = account(server.process.pid)
            used = sum(_used(stack.enter_context(server.connect()), turn % 10 == 0) for turn in range(number))
            with Health(server) as health:
                time.sleep(1)  # Several measurements while they are open.
            held = account(server.process.pid)
            rest = until(lambda: account(server.process.pid).descriptors <= before.descriptors + 5, 25)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    more = held.megabytes - before.megabytes
    return all_of(
        (used == number, f"{used:,} of {number:,} opened, every tenth used"),
        (not health.failed and health.worst < 0.5, f"health in {ms(health.worst)} at most"),
        (more < 100, f"{more:.0f} MB more"),
        (rest is not None, f"all closed {rest:.0f} s later" if rest is not None else "not closed after 25 s"),
    )


def _used(client: socket.socket, ask: bool) -> bool:  # noqa: FBT001  # A turn of the loop.
    if not ask:
        return True
    client.sendall(request("GET", "/health/live"))
    return [response.status for response in read(client, 1)] == [200]


@scenario(
    "F15",
    "clients that go away: after half a head, half a body, the whole request, or by reset; 400 of them",
    "no 5xx, no traceback, no descriptor or thread kept; one that only closes its side is answered",
)
def gone_clients(stage: Stage) -> Outcome:
    """Clients close the connection in every phase of a request."""
    whole = request("POST", "/predict", stage.body)
    with stage.server() as server:
        _predicts(server, stage.body)
        before = account(server.process.pid)
        for turn in range(400):
            with server.connect() as client:
                client.sendall(whole[: (20, len(whole) - 10, len(whole), len(whole))[turn % 4]])
                if turn % 4 == 3:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with server.connect() as half:
            half.sendall(whole)
            half.shutdown(socket.SHUT_WR)
            answered = [response.status for response in read(half, 1)]
        back = until(lambda: account(server.process.pid).descriptors <= before.descriptors, 15)
        after = account(server.process.pid)
        log = server.log.read_text()
    faults = log.count('"status": 5') + log.count("Traceback")
    return all_of(
        (faults == 0, f"{faults} faults in the log"),
        (answered == [200], f"half-closed: {answered}"),
        (back is not None, f"descriptors {before.descriptors} -> {after.descriptors}"),
    )


SCENES: Final = (slow_senders, slow_readers, idle_connections, gone_clients)
