"""Run both doors on this machine, side by side: `make serve`. Trains the default model first if there is none."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

from twinserve.service.process.startup import bind, run
from twinserve.service.settings import BadSetting, Settings, read_settings

DOORS: Final = {"FastAPI": "serve_fastapi", "Flask": "serve_flask"}
PORT: Final = 8000
"""The first door's; each other has the next."""
INTERRUPTED: Final = 130
PATIENCE: Final = 60.0
"""Seconds that a door may take to become ready."""


class Stopped(Exception):
    """A signal came, or a door has ended by itself."""


def main() -> int:
    """Run both doors until Ctrl-C; the exit code is 0, or that of the door that failed."""
    argparse.ArgumentParser(
        description="Run the FastAPI door and the Flask door; train the default model first if there is none.",
        epilog="The settings are the doors' own: python -m serve_fastapi --help. "
        f"FastAPI listens on TWINSERVE_PORT, by default {PORT}, and Flask on the port after it.",
    ).parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):  # The latter when its terminal is closed.
        signal.signal(number, _stop)
    try:
        settings = read_settings()
    except BadSetting as error:
        say(str(error))
        return 2
    return run("serve", lambda: _serve(settings))


def _serve(settings: Settings) -> int:
    ports = {name: (settings.port or PORT) + number for number, name in enumerate(DOORS)}
    for port in ports.values():
        bind(settings, port).close()  # Otherwise another program's server could answer in place of a door.
    if not (Path(settings.artifacts) / settings.model / "champion").is_file():
        say("There is no model yet; training one.")
        try:
            code = subprocess.run([sys.executable, "train.py"], check=False).returncode  # Our own program.
        except (KeyboardInterrupt, Stopped):
            return INTERRUPTED  # The training has printed why.
        if code:
            return code
    return _run(settings, ports)


def _run(settings: Settings, ports: Mapping[str, int]) -> int:
    processes = {name: _start(module, ports[name]) for name, module in DOORS.items()}
    try:
        for port in ports.values():
            _wait_until_ready(processes, port)
        _welcome(settings, ports)
        while True:
            _require_running(processes)
            time.sleep(0.2)
    except (KeyboardInterrupt, Stopped):
        return _end(processes)


def say(text: str) -> None:
    """Print a line for the person at the terminal, at once."""
    print(text, flush=True)  # noqa: T201  # The output of the command.


def _start(module: str, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"TWINSERVE_PORT": str(port)}
    # A session of its own: Ctrl-C reaches this program alone, which then stops both in order.
    return subprocess.Popen(  # noqa: S603  # Our own program.
        [sys.executable, "-m", module], env=environment, start_new_session=True
    )


def _wait_until_ready(processes: Mapping[str, subprocess.Popen[bytes]], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        _require_running(processes)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1):  # Loopback.
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    say(f"No answer on port {port} within {PATIENCE:g} s.")
    raise Stopped


def _welcome(settings: Settings, ports: Mapping[str, int]) -> None:
    for name, port in ports.items():
        say(f"{name:<8} http://127.0.0.1:{port}   docs: http://127.0.0.1:{port}/docs")
    if settings.model == "tumor":
        url = f"http://127.0.0.1:{next(iter(ports.values()))}/predict"
        say(f"Try it:  curl -d @examples/tumor.json -H 'Content-Type: application/json' {url}")
    say("Ctrl-C stops both.")


def _require_running(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            say(f"{name} has ended; stopping the other.")
            raise Stopped


def _end(processes: Mapping[str, subprocess.Popen[bytes]]) -> int:
    ended = [process.returncode for process in processes.values() if process.poll() is not None]
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    try:
        for process in processes.values():
            process.wait()
    except (KeyboardInterrupt, Stopped):  # Asked again: at once.
        for process in processes.values():
            process.kill()
            process.wait()
    return ended[0] if ended else 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
