"""`twinserve serve`: run FastAPI and Flask on this machine, side by side, or one door."""

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

from dotenv import dotenv_values

from twinserve.cli.command import USAGE, Command, fail
from twinserve.cli.options.shared import not_empty
from twinserve.errors import ModelError
from twinserve.service.process.startup import CannotStart, bind, run
from twinserve.service.settings import ENV_FILE, BadSetting, Settings, read_settings
from twinserve.store.models import models, only_model
from twinserve.store.registry import Registry

DOORS: Final = {"FastAPI": "serve_fastapi", "Flask": "serve_flask", "Django": "serve_django"}
TOGETHER: Final = ("FastAPI", "Flask")
"""Those that run where none is named."""
PORT: Final = 8000
"""The first door's; each other has the next."""
LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # Nothing is bound to them here.
DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks without the proxy that the environment may name: a door is on this machine."""
INTERRUPTED: Final = 130
PATIENCE: Final = 60.0
"""Seconds that a door may take to become ready."""


class Stopped(Exception):
    """A signal came, or a door has ended by itself."""


def command(_verb: str, program: str) -> Command:
    """`twinserve serve`."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve the champion through FastAPI and Flask, or through one door. Where the project's own model "
        "is not there yet, the train.py of this folder is run first.",
        epilog=f"FastAPI listens on TWINSERVE_PORT, by default {PORT}, and Flask on the port after it; one door alone "
        f"listens on TWINSERVE_PORT, by default {PORT}, {PORT + 1} or, for Django, {PORT + 2}. The settings "
        "are the doors' own: python -m serve_fastapi --help.",
    )
    parser.add_argument("door", nargs="?", choices=[module.removeprefix("serve_") for module in DOORS.values()])
    parser.add_argument(
        "--name", type=not_empty, help="the model (default: $TWINSERVE_MODEL, else the store's only one)"
    )
    parser.add_argument(
        "--artifacts", type=not_empty, help="the folder of the store (default: $TWINSERVE_ARTIFACTS, else artifacts)"
    )

    def act(options: argparse.Namespace) -> int:
        for variable, value in (("TWINSERVE_MODEL", options.name), ("TWINSERVE_ARTIFACTS", options.artifacts)):
            if value:
                os.environ[variable] = value  # For the doors, too.
        return main(options.door)

    return Command(parser, act)


def main(door: str | None = None) -> int:
    """Run the doors until Ctrl-C; the exit code is 0, or that of the door that failed."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # The latter when its terminal is closed.
        signal.signal(number, _stop)
    try:
        settings = read_settings()
    except BadSetting as error:
        return fail("serve", str(error), USAGE)
    chosen = TOGETHER if door is None else [name for name, module in DOORS.items() if module == f"serve_{door}"]
    doors = {name: DOORS[name] for name in chosen}
    return run("serve", lambda: _serve(settings, doors))


def _serve(settings: Settings, doors: Mapping[str, str]) -> int:
    settings = _with_only_model(settings)
    first = settings.port or PORT + list(DOORS).index(next(iter(doors)))
    ports = {name: first + number for number, name in enumerate(doors)}
    for port in ports.values():
        bind(settings, port).close()  # Otherwise another program's server could answer in place of a door.
    if not (Path(settings.artifacts) / settings.model / "champion").is_file():
        if settings.model != _own_name() or not Path("train.py").is_file():
            raise CannotStart(_nothing_to_serve(settings))
        say("There is no model yet; training one.")
        try:  # Our own program. A weak model is all that there is to serve, and its report says first that it is weak.
            code = subprocess.run([sys.executable, "train.py", "--allow-weak"], check=False).returncode
        except (KeyboardInterrupt, Stopped):
            return INTERRUPTED  # The training has printed why.
        if code:
            return code
    return _run(settings, doors, ports)


def _own_name() -> str:
    """The model that the `train.py` of this folder makes; under any other name it would train the wrong one."""
    default: str = Settings.model_fields["model"].default
    return dotenv_values(ENV_FILE).get("TWINSERVE_MODEL") or default


def _nothing_to_serve(settings: Settings) -> str:
    """Why, and what to do; the default name says nothing to somebody who gave none."""
    root = Path(settings.artifacts)
    try:
        if "model" in settings.model_fields_set or settings.model in models(root):
            Registry(root, settings.model).require_champion()
        only_model(root)
    except ModelError as error:
        return str(error)
    return f"The champion of {settings.model!r} in {root.resolve()} is no file; `twinserve promote` writes it anew."


def _with_only_model(settings: Settings) -> Settings:
    """The settings, with the store's only model where none is named and the default one is not there."""
    root = Path(settings.artifacts)
    if "model" in settings.model_fields_set or settings.model in (names := models(root)) or len(names) != 1:
        return settings
    say(f"Serving {names[0]}, the only model in {root}.")
    os.environ["TWINSERVE_MODEL"] = names[0]  # For the doors.
    return settings.model_copy(update={"model": names[0]})


def _run(settings: Settings, doors: Mapping[str, str], ports: Mapping[str, int]) -> int:
    processes = {name: _start(module, ports[name]) for name, module in doors.items()}
    urls = {name: _url(settings.host, port) for name, port in ports.items()}
    try:
        for url in urls.values():
            _wait_until_ready(processes, url)
        _welcome(settings, urls)
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


def _url(host: str, port: int) -> str:
    """The URL at which this machine reaches a door; a door on all addresses is asked on the loopback."""
    host = LOOPBACK.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _wait_until_ready(processes: Mapping[str, subprocess.Popen[bytes]], url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        _require_running(processes)
        try:
            with DIRECT.open(f"{url}/health/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    say(f"No answer at {url} within {PATIENCE:g} s.")
    raise Stopped


def _welcome(settings: Settings, urls: Mapping[str, str]) -> None:
    for name, url in urls.items():
        say(f"{name:<8} {url}   docs: {url}/docs")
    if (example := Path("examples", f"{settings.model}.json")).is_file():
        first = next(iter(urls.values()))
        say(f"Try it:  curl -d @{example} -H 'Content-Type: application/json' {first}/predict")
    say(f"Ctrl-C stops {'both' if len(urls) > 1 else 'it'}.")


def _require_running(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            say(f"{name} has ended{'; stopping the other' if len(processes) > 1 else ''}.")
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
