"""How a server program starts, serves with several workers, and ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from harness.accounts import workers as workers_of_process
from harness.running import DEADLINE, DOORS, Running, golden, is_open, read, request, running, start, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.long]

each_door = pytest.mark.parametrize("door", DOORS)
each_number = pytest.mark.parametrize("workers", [1, 2])
FAILED = 2


@each_door
@each_number
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_the_server_cleanly(
    door: str, workers: int, number: int, tmp_path: Path, artifacts: Path
) -> None:
    """Exit code 0, no traceback, no leftover process, and a free port."""
    with running(door, tmp_path, artifacts, workers=workers, model="tumor") as server:
        assert server.request("POST", "/predict", golden(artifacts)).status == 200
        assert server.stop(number) == 0
        assert "Traceback" not in server.log.read_text()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", server.port))


@each_door
@each_number
def test_metrics_are_those_of_all_workers(door: str, workers: int, tmp_path: Path, artifacts: Path) -> None:
    """Each worker reports the metrics of all workers."""
    with running(door, tmp_path, artifacts, workers=workers) as server:
        body = golden(artifacts)
        for _ in range(40):
            assert server.request("POST", "/predict", body).status == 200
        for _ in range(6):
            assert predictions(server) == 40


def predictions(server: Running) -> float:
    """The number of predictions in the metrics."""
    text = server.request("GET", "/metrics").body.decode()
    matches = re.findall(
        r'^twinserve_requests_total\{(?=[^}]*route="predict")[^}]*status="200"[^}]*\} (\S+)$', text, re.M
    )
    return sum(map(float, matches))


@each_door
def test_every_request_has_one_line_in_the_log(door: str, tmp_path: Path, artifacts: Path) -> None:
    """Each request is one JSON line with id, status, duration and version."""
    with running(door, tmp_path, artifacts) as server:
        server.request("POST", "/predict", golden(artifacts))
        server.stop()
        (line,) = [line for line in server.log.read_text().splitlines() if '"/predict"' in line]
    for part in (
        '"request_id": "a-fixed-request-id"',
        '"status": 200',
        '"ms": ',
        '"version": "1"',
        '"event": "request"',
    ):
        assert part in line


def refusal(door: str, folder: Path, artifacts: Path, **settings: Any) -> tuple[int, str]:
    """Exit code and standard error of a server that must not start."""
    process = start(door, folder, artifacts, **settings)
    try:
        return process.wait(DEADLINE), (folder / "stderr").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@each_door
def test_a_port_that_is_taken_is_one_sentence_and_exit_code_2(door: str, tmp_path: Path, artifacts: Path) -> None:
    """The sentence names the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = refusal(door, tmp_path, artifacts, port=taken.getsockname()[1])
    assert code == FAILED
    assert re.fullmatch(rf"{door}: cannot listen on .*; choose another with TWINSERVE_PORT\.\n", text)


@each_door
@each_number
def test_no_model_is_one_sentence_and_exit_code_2(door: str, workers: int, tmp_path: Path) -> None:
    """The sentence names the folder, which may be the wrong one."""
    code, text = refusal(door, tmp_path, tmp_path / "nothing", workers=workers)
    assert code == FAILED
    assert re.fullmatch(rf"{door}: There are no models in /.*/nothing yet; train one, or .*\.\n", text)


@each_door
@each_number
def test_a_damaged_model_is_one_sentence_and_exit_code_2(
    door: str, workers: int, tmp_path: Path, artifacts: Path
) -> None:
    """One sentence is printed, however many workers fail."""
    code, text = refusal(door, tmp_path, damaged(artifacts, tmp_path), workers=workers)
    assert code == FAILED
    assert text == f"{door}: The file golden.json was altered after training; restore it or train again.\n"


@each_door
@each_number
def test_a_key_file_that_cannot_be_read_is_one_sentence_and_exit_code_2(
    door: str, workers: int, tmp_path: Path, artifacts: Path
) -> None:
    """The sentence names the command that makes one."""
    code, text = refusal(door, tmp_path, artifacts, workers=workers, auth="keys", keys=tmp_path)
    assert code == FAILED
    assert re.fullmatch(rf"{door}: TWINSERVE_KEYS cannot be read \(Is a directory\); make it with .*\.\n", text)


@each_door
def test_a_worker_that_cannot_take_anothers_place_leaves_the_other_serving(
    door: str, tmp_path: Path, artifacts: Path
) -> None:
    """A replacement worker is tried again until the model can be opened; the other worker serves on."""
    store = shutil.copytree(artifacts, tmp_path / "store")
    golden_rows = store / "tumor" / "1" / "golden.json"
    with running(door, tmp_path, store, workers=2) as server:
        wait_for(server.process, lambda: server.log.read_text().count('"opened"') == 2)
        content = golden_rows.read_bytes()
        golden_rows.write_bytes(content[:-1])
        os.kill(workers_of_process(server.process.pid)[0], signal.SIGKILL)
        wait_for(server.process, lambda: server.log.read_text().count('"cannot start"') == 2)
        assert server.request("POST", "/predict", golden(artifacts)).status == 200
        golden_rows.write_bytes(content)
        wait_for(server.process, lambda: server.log.read_text().count('"opened"') == 3)
        assert server.stop() == 0


def damaged(artifacts: Path, folder: Path) -> Path:
    """A copy of the store whose champion lacks a byte."""
    store = shutil.copytree(artifacts, folder / "damaged")
    golden_rows = store / "tumor" / "1" / "golden.json"
    golden_rows.write_bytes(golden_rows.read_bytes()[:-1])
    return store


@each_door
@pytest.mark.parametrize(
    ("setting", "value"),
    [("port", "x"), ("workers", 0), ("max_body", -1), ("out_of_range", "maybe"), ("keep_alive", 0)],
)
def test_a_bad_setting_is_one_sentence_and_exit_code_2(
    door: str, setting: str, value: Any, tmp_path: Path, artifacts: Path
) -> None:
    """The sentence names the variable."""
    code, text = refusal(door, tmp_path, artifacts, **{setting: value})
    assert code == FAILED
    assert text.startswith(f"{door}: TWINSERVE_{setting.upper()}: ")
    assert text.count("\n") == 1


@each_door
def test_a_request_in_flight_is_answered_before_the_end(door: str, tmp_path: Path, artifacts: Path) -> None:
    """A request whose body follows SIGTERM is still answered."""
    body = golden(artifacts)
    with running(door, tmp_path, artifacts) as server, server.connect() as connection:
        connection.sendall(request("POST", "/predict", body).removesuffix(body[1:]))
        assert server.request("GET", "/health/live").status == 200  # By now the half request is being waited for.
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.3)
        connection.sendall(body[1:])
        assert connection.recv(12) == b"HTTP/1.1 200"
        assert server.process.wait(DEADLINE) == 0


@each_door
def test_a_stopping_server_refuses_new_connections_and_answers_those_it_has(
    door: str, tmp_path: Path, artifacts: Path
) -> None:
    """A request on a persistent connection is answered, then the connection is closed."""
    whole = request("GET", "/health/live")
    with running(door, tmp_path, artifacts, workers=2) as server, server.connect() as kept, server.connect() as busy:
        kept.sendall(whole)
        assert [response.status for response in read(kept, 1)] == [200]
        busy.sendall(request("POST", "/predict", golden(artifacts))[:-1])  # So the end has to wait.
        server.process.send_signal(signal.SIGTERM)
        wait_for(server.process, lambda: not is_open(server.port))
        kept.sendall(whole)
        (response,) = read(kept, 2)
        assert (response.status, response.headers["connection"].lower()) == (200, "close")
        busy.sendall(b"}")
        assert [response.status for response in read(busy, 2)] == [200]
        assert server.process.wait(DEADLINE) == 0


@each_door
def test_workers_whose_parent_was_killed_end(door: str, tmp_path: Path, artifacts: Path) -> None:
    """Workers end when their parent was killed, even with an open connection, and release the port."""
    with running(door, tmp_path, artifacts, workers=2, grace=30) as server, server.connect() as kept:
        kept.sendall(request("GET", "/health/live"))
        assert [response.status for response in read(kept, 1)] == [200]
        server.process.kill()
        began = time.monotonic()
        while is_open(server.port):
            assert time.monotonic() < began + 15
        assert kept.recv(1) == b""
        assert time.monotonic() < began + 15
