"""Start real server processes, and talk to them over raw connections."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness import ROOT
from harness.processes import family

DOORS: Final = ("serve_fastapi", "serve_flask")
DJANGO: Final = "serve_django"
"""The third door. Its server is that of Flask, so it is started only where something of its own can fail."""
DEADLINE: Final = 60.0
"""The timeout, in seconds, of steps that take one or two on an idle machine."""
POLL: Final = 0.02
BLOCKING: Final = "HARNESS_BLOCK_WHILE_EXISTS"
ID: Final = "X-Request-Id: a-fixed-request-id\r\n"


class NotReady(AssertionError):
    """A condition did not come true."""


class Late(NotReady):
    """The condition did not come true in time."""


class Ended(NotReady):
    """The process ended before the condition came true."""


@dataclass(frozen=True)
class Response:
    """One response, read from the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def comparable(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body that must be equal at both servers; headers of the connection may differ."""
        unlike = {"server-timing", "date", "server", "connection", "keep-alive", "x-request-id"}
        return self.status, {name: value for name, value in self.headers.items() if name not in unlike}, self.body

    def nameless(self) -> tuple[int, dict[str, str], bytes]:
        """The same without the request id, for requests that sent none."""
        status, headers, body = self.comparable()
        return status, headers, re.sub(rb'"instance":"[^"]*"', b"", body)


@dataclass(frozen=True)
class Running:
    """A running server that listens on a port."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def send(self, data: bytes, *, responses: int = 1, head: bool = False) -> list[Response]:
        """Send bytes over a new connection and read this many responses, or fewer if it is closed."""
        with self.connect() as connection:
            connection.sendall(data)
            return read(connection, responses, head=head)

    def request(self, method: str, target: str, body: bytes = b"", headers: str = "") -> Response:
        """Send one complete request over a new connection."""
        (response,) = self.send(request(method, target, body, headers), head=method == "HEAD")
        return response

    def open_sockets(self) -> int:
        """The number of sockets that its processes hold."""
        folders = [Path(f"/proc/{process.number}/fd") for process in family(self.process.pid)]
        return sum(link.readlink().name.startswith("socket:") for folder in folders for link in folder.iterdir())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal the server, wait for its end and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)


def request(method: str, target: str, body: bytes = b"", headers: str = "") -> bytes:
    """The bytes of a request; JSON if it has a body."""
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {target} HTTP/1.1\r\nHost: here\r\n{ID}{content}{headers}\r\n".encode("latin-1") + body


def read(connection: socket.socket, count: int, *, head: bool = False, data: bytes = b"") -> list[Response]:
    """Read this many responses, or fewer if the connection is closed; `100 Continue` counts as one.

    The responses to a HEAD request have no body, whatever Content-Length is. `data`: bytes that were read already."""
    responses: list[Response] = []
    while len(responses) < count:
        response, used = parse(data, head=head)
        if response is None:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            data += piece
        else:
            responses.append(response)
            data = data[used:]
    return responses


def parse(data: bytes, *, head: bool = False) -> tuple[Response | None, int]:
    """The first response in these bytes and its length in bytes; None if it is incomplete."""
    start, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return None, 0
    status, *lines = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = 0 if head else int(headers.get("content-length", 0))
    whole = len(start) + 4 + length
    if len(data) < whole:
        return None, 0
    return Response(int(status.split()[1]), headers, data[len(start) + 4 : whole]), whole


def start(
    door: str,
    folder: Path,
    artifacts: Path,
    *,
    blocking_file: Path | None = None,
    python: Path | None = None,
    module: str | None = None,
    **settings: Any,
) -> subprocess.Popen[bytes]:
    """Start a server process; its output goes to the file `stderr` in the folder.

    `blocking_file`: the file for whose removal a blocking model waits (the variable `BLOCKING`). `python`: the
    interpreter of another environment, in which the door is installed; it does not see the checkout. `module`: a
    program that starts the door named by its argument; by default the door's own."""
    given = {"port": 0, "artifacts": artifacts, "log_format": "json"} | settings
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "" if python else str(ROOT),
        "TMPDIR": str(folder),
        BLOCKING: str(blocking_file or ""),
        **{f"TWINSERVE_{name.upper()}": str(value) for name, value in given.items()},
    }
    program = [module, door] if module else [door]
    return launch([str(python or sys.executable), "-m", *program], folder, environment, folder / "stderr")


def launch(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, *, new_session: bool = False
) -> subprocess.Popen[bytes]:
    """Start a process in a folder, with only these variables; its output goes to the log.

    `new_session`: Ctrl-C at the terminal does not reach the process; its starter must stop it."""
    with log.open("wb") as said:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=new_session
        )


@contextmanager
def running(door: str, folder: Path, artifacts: Path, **options: Any) -> Iterator[Running]:
    """A context with a server that is ready; the options are those of `start`."""
    with ready(start(door, folder, artifacts, **options), folder / "stderr") as server:
        yield server


@contextmanager
def ready(process: subprocess.Popen[bytes], log: Path) -> Iterator[Running]:
    """A context with the server of this process, once it is ready; the port is read from the log."""
    try:
        wait_for(process, lambda: port_of(log) is not None)
        server = Running(process, port_of(log) or 0, log)
        wait_for(process, lambda: is_ready(server))
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE)


def is_ready(server: Running) -> bool:
    """Is `/health/ready` 200?"""
    try:
        responses = server.send(request("GET", "/health/ready"))
    except OSError:
        return False
    return [response.status for response in responses] == [200]


def is_open(port: int) -> bool:
    """Whether anybody accepts connections at this port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(process: subprocess.Popen[bytes], condition: Callable[[], bool], patience: float = DEADLINE) -> None:
    """Wait until a condition holds; raises `Ended` if the process ends first, and `Late` after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise Late(f"not within {patience:g} s")
        try:
            process.wait(POLL)
        except subprocess.TimeoutExpired:
            continue
        raise Ended(f"the process has ended with code {process.returncode}")


def port_of(log: Path) -> int | None:
    """The port that the log names; None if it names none yet."""
    address = re.search(r"http://127\.0\.0\.1:([0-9]+)", log.read_text())
    return int(address[1]) if address else None


def golden(artifacts: Path, model: str = "tumor") -> bytes:
    """A valid instance of a real model."""
    return json.dumps(json.loads((artifacts / model / "1" / "golden.json").read_text())[0]["request"]).encode()
