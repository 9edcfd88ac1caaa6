"""The image's entry point: `fastapi` (the default), `flask`, `django`, `serve`, `train ...`, `keys ...`, `health`.

Each command replaces this process, so that signals reach the server itself.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

COMMANDS: Final = {
    "fastapi": ["-m", "serve_fastapi"],
    "flask": ["-m", "serve_flask"],
    "django": ["-m", "serve_django"],
    "serve": ["-m", "serve_fastapi"],
    "train": ["train.py"],
    "keys": ["-m", "twinserve.cli.main", "keys"],
}
PORTS: Final = (8000, 8001, 8002)
PLATFORM_PORT: Final = "8080"
"""Where a platform asks a container that was started by `serve`, unless it says otherwise."""
PLATFORM_STORE: Final = Path("/opt/ml/model")
"""Where SageMaker puts what it was given as a model."""
STORE: Final = "TWINSERVE_ARTIFACTS"
KSERVE: Final = {
    "--model_name": "TWINSERVE_MODEL",
    "--model_dir": STORE,
    "--http_port": "TWINSERVE_PORT",
}
"""The options with which KServe starts any server of models, as the settings that they stand for."""
DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy that Docker may give every container, which does not reach this one's own loopback."""
GROUP_MAY_WRITE: Final = 0o002
"""The umask: what one user of group 0 writes to the store, another one may change."""
HELP: Final = ("-h", "--help")
USAGE: Final = """usage: docker run twinserve [command] [options]

  fastapi   the FastAPI door (the default)
  flask     the Flask door
  django    the Django door
  serve     the FastAPI door for a platform: on port 8080 or $PORT, with the store at /opt/ml/model if one is there;
            KServe's options --model_name NAME, --model_dir FOLDER and --http_port PORT are understood
  train     train a model
  keys      create, list and revoke keys
  health    exit with 0 if a door of this container is ready, else with 1

Add --help to a command for its options: docker run twinserve train --help"""


def main(arguments: list[str]) -> int:  # noqa: RET503  # `execv` never returns.
    """Run one command. Returns an exit code for `health`, `--help` and an unknown command; the others do not return."""
    command, *options = arguments or ["fastapi"]
    if command in HELP:
        print(USAGE)  # noqa: T201  # What was asked for.
        return 0
    if command == "health":
        return health()
    if command not in COMMANDS:
        return _no_such(command)
    if command == "serve":
        asked, options = of_kserve(options)
        os.environ.update(asked)
        os.environ.update(as_on_a_platform(os.environ, Path(asked.get(STORE, PLATFORM_STORE))))
    os.umask(GROUP_MAY_WRITE)
    os.execv(sys.executable, [sys.executable, *COMMANDS[command], *options])  # noqa: S606  # No shell is the point.


def of_kserve(options: list[str]) -> tuple[dict[str, str], list[str]]:
    """The variables that KServe's options stand for, `--name VALUE` or `--name=VALUE`, and the other options."""
    given: dict[str, str] = {}
    others: list[str] = []
    words = iter(options)
    for word in words:
        option, equals, value = word.partition("=")
        if option in KSERVE:
            given[KSERVE[option]] = value if equals else next(words, "")
        else:
            others.append(word)
    return given, others


def as_on_a_platform(given: Mapping[str, str], store: Path) -> dict[str, str]:
    """The variables that `serve` adds to those that are given: the port, and the store that the platform has put there,
    with its model where it has only one."""
    added = {"TWINSERVE_PORT": given.get("AIP_HTTP_PORT") or given.get("PORT") or PLATFORM_PORT}
    names = sorted(path.parent.name for path in store.glob("*/champion"))
    if names:
        added[STORE] = str(store)
    if len(names) == 1:
        added["TWINSERVE_MODEL"] = names[0]
    return {name: value for name, value in added.items() if name not in given or name == STORE}


def health() -> int:
    """0 if a door of this container is ready, whichever it runs; else 1."""
    given = os.environ.get("TWINSERVE_PORT", "")  # Kubernetes may set it to tcp://..., for a service named twinserve.
    named = (os.environ.get("AIP_HTTP_PORT", ""), os.environ.get("PORT", ""), PLATFORM_PORT)
    platform = tuple(int(port) for port in named if port.isdecimal())
    for port in (int(given),) if given.isdecimal() else (*PORTS, *platform):
        try:
            with DIRECT.open(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                return 0
        except (urllib.error.URLError, OSError):
            continue
    return 1


def _no_such(command: str) -> int:
    known = ", ".join([*COMMANDS, "health"])
    print(f"There is no command {command!r}; choose one of: {known}.", file=sys.stderr)  # noqa: T201  # Its own voice.
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
