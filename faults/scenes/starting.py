"""Scenarios of starting: starts that must fail, and the contents of the log."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any, Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness.clients import until
from harness.credentials import write_keys
from harness.running import DEADLINE, request, start

MARK: Final = "7654321.0123"
"""A value that no log may hold."""


@scenario(
    "",
    "start with the port taken, without a model, with a damaged model, with a bad setting, with an unreadable key file",
    "one sentence and nothing else, exit code 2, with one worker and with two",
)
def refused_starts(stage: Stage) -> Outcome:
    """A refused start prints one line that names its cause."""
    damaged = _damaged(stage)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        starts: dict[str, tuple[Path, dict[str, Any]]] = {
            "port": (stage.models.tumor, {"port": taken.getsockname()[1]}),
            "none": (stage.new_folder(), {}),
            "damaged": (damaged, {}),
            "setting": (stage.models.tumor, {"workers": "many"}),
            "keys": (stage.models.tumor, {"auth": "keys", "keys": stage.folder}),
        }
        ends = {
            f"{name}, {number} workers": _end(stage, store, {"workers": number, **settings})
            for name, (store, settings) in starts.items()
            for number in (1, 2)
        }
    bad = [f"{name}: code {code}, {said}" for name, (code, said) in ends.items() if code != 2 or said != "one sentence"]
    return all_of((not bad, "; ".join(bad) or f"{len(ends)} times code 2 and one sentence"))


def _damaged(stage: Stage) -> Path:
    registry = stage.copy(stage.models.tumor, "tumor")
    path = registry.path(1) / "golden.json"
    path.write_bytes(path.read_bytes()[:-1])
    return registry.folder.parent


def _end(stage: Stage, store: Path, settings: dict[str, Any]) -> tuple[int, str]:
    folder = stage.new_folder()
    process = start(stage.door, folder, store, **settings)
    try:
        code = process.wait(DEADLINE)
    finally:
        process.kill()
        process.wait()
    lines = (folder / "stderr").read_text().splitlines()
    return code, "one sentence" if len(lines) == 1 and lines[0].startswith(stage.door) else f"{len(lines)} lines"


@scenario(
    "",
    "marked values, a key, a query and headers in requests that succeed, fail and are refused",
    "one log line for each request; none holds a value, a key, a query or a header",
)
def discreet_logs(stage: Stage) -> Outcome:
    """Line feeds in a path start no new line of the log."""
    key = write_keys(stage.folder / "keys.json", alice="predict read")["alice"]
    instance = json.loads(stage.body)
    instance["mean"]["radius"] = float(MARK)
    headers = f"X-API-Key: {key}\r\nX-Marked: {MARK}\r\nCookie: {MARK}\r\n"
    bodies = [json.dumps(instance).encode(), f'{{"mean": {MARK}}}'.encode(), f"[{MARK}".encode()]
    asked = [request("POST", f"/predict?q={MARK}", body, headers) for body in bodies]
    asked += [request("POST", "/predict", bodies[0], f"Authorization: Bearer {MARK}\r\n")]
    asked += [request("GET", "/a%0ab%1b[31m", headers=headers)]
    with stage.server(auth="keys", keys=stage.folder / "keys.json") as server:
        answers = [response for data in asked for response in server.send(data)]
        until(lambda: server.log.read_text().count('"request"') >= len(asked), 5)
        text = server.log.read_text()
    ready = text.count('"/health/ready"')
    lines = text.count('"event": "request"') - ready
    shown = [name for name, secret in {"a value": MARK, "the key": key}.items() if secret in text]
    echoed = sum(MARK.encode() in answer.body for answer in answers if answer.status != 200)
    return all_of(
        (lines == len(asked), f"{lines} lines for {len(asked)} requests: {[answer.status for answer in answers]}"),
        (not shown, f"shown: {', '.join(shown) or 'nothing'}"),
        (echoed == 0, f"{echoed} answers echo a value"),
    )


@scenario(
    "F7",
    "a log that cannot be written: standard error on a full disk (/dev/full)",
    "predictions are answered all the same",
)
def full_log(stage: Stage) -> Outcome:
    """The port is chosen beforehand, because no log can name it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = stage.new_folder()
    (folder / "stderr").symlink_to("/dev/full")
    process = start(stage.door, folder, stage.models.tumor, port=port)
    try:
        up = until(lambda: _predicts(port, stage.body), 20)
        good = sum(_predicts(port, stage.body) for _ in range(50))
        process.terminate()
        code = process.wait(20)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)
    return all_of((up is not None and good == 50, f"{good} of 50 answered; exit code {code}"))


def _predicts(port: int, body: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request("POST", "/predict", body))
            return connection.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


SCENES: Final = (refused_starts, discreet_logs, full_log)
