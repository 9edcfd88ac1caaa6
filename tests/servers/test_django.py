"""What of a real server can differ at the Django door, whose worker is that of Flask: how it starts and ends, and what
Django makes of a request."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ROOT
from harness.clients import LOST, Clients, asking
from harness.running import DEADLINE, DJANGO, Running, golden, read, request, running, start, wait_for

pytestmark = pytest.mark.slow

RECEIVE_TIMEOUT = 1.0
MAX_BODY = 200_000
TARGETS = (
    *("/", "/predict", "/model", "/predict/", "//predict", "/nothing", "/health/live?x=1", "/%ff", "/%0a", "/a%2fb"),
    *(
        "/%00",
        "/;a",
        "/predict;a=1",
        "/model%20",
        "/assets/page.css",
        "/assets/..%2f",
        "/%c3%bc",
        "/assets/%ff",
        "/%e2",
    ),
)


@pytest.fixture(scope="module")
def servers(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Running]]:
    """One worker of Django and one of Flask, with a short timeout and small limits."""
    with contextlib.ExitStack() as stack:
        options = {"receive_timeout": RECEIVE_TIMEOUT, "max_body": MAX_BODY, "cors_origins": "https://page.example"}
        folders = {door: tmp_path_factory.mktemp(door) for door in (DJANGO, "serve_flask")}
        yield [stack.enter_context(running(door, folder, artifacts, **options)) for door, folder in folders.items()]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "FOO", "A-B"])
@pytest.mark.parametrize("target", TARGETS)
def test_any_method_and_path_is_answered_with_the_same_bytes(servers: list[Running], method: str, target: str) -> None:
    """As they arrive: Django decodes paths in its own way, and keeps one header of a name."""
    django, flask = (
        server.request(method, target, b"{}" if method == "POST" else b"", "Origin: https://page.example\r\n")
        for server in servers
    )
    assert django.comparable() == flask.comparable()


def test_bodies_are_answered_with_the_same_bytes(servers: list[Running], artifacts: Path) -> None:
    """Whole, in chunks, behind a wait, too large, and before they have arrived."""
    instance = golden(artifacts)
    head = "POST /predict HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\r\nContent-Type: application/json\r\n"
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, instance[:10], len(instance) - 10, instance[10:])
    for data, number, status in (
        (request("POST", "/predict", instance) * 2, 2, 200),
        (f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks, 1, 200),
        (f"{head}Content-Length: {MAX_BODY + 1}\r\n\r\n".encode(), 1, 413),
        (f"{head}Content-Length: 5\r\n\r\n".encode() + b"{", 1, 408),
        (f"{head.replace('json', 'x')}Content-Length: 5\r\n\r\n".encode(), 1, 415),
    ):
        django, flask = (server.send(data, responses=number) for server in servers)
        assert [answer.status for answer in django] == [status] * number
        assert [answer.comparable() for answer in django] == [answer.comparable() for answer in flask]


def test_a_body_is_asked_for_once_the_head_is_accepted(servers: list[Running], artifacts: Path) -> None:
    """The app is called twice for one request: with the head, and with the body."""
    body = golden(artifacts)
    head, _, _ = request("POST", "/predict", body, "Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with servers[0].connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        (answer,) = read(connection, 1)
    assert answer.status == 200


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 2), (signal.SIGINT, 1)])
def test_what_was_accepted_is_answered_before_the_end(
    number: int, workers: int, tmp_path: Path, artifacts: Path
) -> None:
    """Exit code 0, nothing lost; the log names the door."""
    with running(DJANGO, tmp_path, artifacts, workers=workers) as server:
        with asking(Clients(server.port, golden(artifacts), number=4)) as clients:
            wait_for(server.process, lambda: clients.seen["200"] > 20)
            code = server.stop(number)
        log = server.log.read_text()
    assert (code, clients.seen[LOST], clients.seen["wrong"]) == (0, 0, 0)
    assert '"door": "django"' in log
    assert "Traceback" not in log


def test_without_a_champion_it_says_what_to_do(tmp_path: Path) -> None:
    process = start(DJANGO, tmp_path, tmp_path / "nothing")
    assert process.wait(DEADLINE) == 2
    said = (tmp_path / "stderr").read_text()
    assert said.startswith("serve_django: ")
    assert said.count("\n") == 1


def test_its_help_names_every_setting() -> None:
    done = subprocess.run(
        [sys.executable, "-m", DJANGO, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: serve_django ")
    assert "TWINSERVE_MAX_BODY" in done.stdout
