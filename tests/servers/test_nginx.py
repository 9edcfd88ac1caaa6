"""deploy/nginx.conf in a real nginx in front of both doors."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import ROOT
from harness.ports import free_port
from harness.running import DOORS, Response, Running, golden, launch, running, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]


@dataclass(frozen=True)
class Front:
    """nginx and the doors behind it."""

    nginx: Running
    doors: list[Running]
    body: bytes

    def predict(self, headers: str = "") -> Response:
        """One prediction through nginx."""
        return self.nginx.request("POST", "/predict", self.body, headers)


@contextmanager
def in_front_of(doors: list[Running], folder: Path) -> Iterator[Running]:
    """nginx with the shipped configuration, except the ports."""
    port = free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for given, door in zip((8000, 8001), doors, strict=True):
        site = site.replace(f"127.0.0.1:{given}", f"127.0.0.1:{door.port}")
    (folder / "site.conf").write_text(re.sub(r"listen 80;", f"listen 127.0.0.1:{port};", site))
    paths = "".join(f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid nginx.pid; error_log error.log; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/site.conf; }}"
    )
    log = folder / "error.log"
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(log)]
    process = launch(command, folder, os.environ, log)
    front = Running(process, port, log)
    try:
        wait_for(process, lambda: accepts(front))
        yield front
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def accepts(server: Running) -> bool:
    """Does a server listen on this port?"""
    try:
        server.connect().close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[Front]:
    """Both doors behind nginx."""
    with ExitStack() as stack:
        doors = [
            stack.enter_context(running(door, tmp_path_factory.mktemp(door), artifacts, drain_delay=60))
            for door in DOORS
        ]
        nginx = stack.enter_context(in_front_of(doors, tmp_path_factory.mktemp("nginx")))
        yield Front(nginx, doors, golden(artifacts))


def test_predictions_come_from_both_doors_alike(front: Front) -> None:
    """Both doors give the same prediction through nginx."""
    answers = [front.predict() for _ in range(6)]
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert all(b'"POST"' in door.log.read_bytes() for door in front.doors)


def test_a_request_id_goes_through_or_is_made(front: Front) -> None:
    """A valid request id is passed on; otherwise nginx makes one that the doors accept."""
    assert front.predict().headers["x-request-id"] == "a-fixed-request-id"
    bare = b"GET /model HTTP/1.1\r\nHost: here\r\n%s\r\n"
    for given in (b"", b"X-Request-Id: not fit\r\n"):
        (answer,) = front.nginx.send(bare % given)
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
        assert answer.headers["x-request-id"].encode() in b"".join(door.log.read_bytes() for door in front.doors)


def test_a_body_that_is_too_large_is_refused_as_the_doors_would(front: Front) -> None:
    """nginx refuses a too large body itself, with a problem."""
    head = b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    (answer,) = front.nginx.send(head % (8 * 1024 * 1024 + 1))
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(answer.body)["instance"] == answer.headers["x-request-id"]
    assert json.loads(answer.body)["type"] == "urn:twinserve:problem:too-large"


def test_what_a_door_refuses_comes_through_as_it_is(front: Front) -> None:
    """nginx passes a door's problems on unchanged."""
    answer = front.nginx.request("POST", "/predict", b"{")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert front.nginx.request("GET", "/nothing").headers["content-type"] == "application/problem+json"
    assert front.nginx.request("GET", "/metrics").status == 404


def test_while_a_door_stops_nobody_is_refused(front: Front) -> None:
    """A 503 or a broken connection of a stopping door is retried at the other door."""
    stopping = front.doors[0]
    stopping.process.send_signal(signal.SIGTERM)
    wait_for(front.nginx.process, lambda: stopping.request("GET", "/health/ready").status == 503)
    assert {front.nginx.request("GET", "/health/ready").status for _ in range(6)} == {200}
    end(stopping)
    assert {front.predict().status for _ in range(6)} == {200}


def test_when_no_door_answers_nginx_says_so_as_they_would(front: Front) -> None:
    """Without doors the answer is 503 with Retry-After. This test stops the doors, so it is the last one."""
    for door in front.doors:
        end(door)
    answer = front.predict()
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert json.loads(answer.body)["type"] == "urn:twinserve:problem:unavailable"


def end(door: Running) -> None:
    """Kill a door, and wait until its workers end."""
    door.process.kill()
    while accepts(door):
        threading.Event().wait(0.05)
