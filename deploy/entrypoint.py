"""The image's entry point: `fastapi` (the default), `flask`, `django`, `train [options]`, `keys ...`, `health`.

Each command replaces this process, so that signals reach the server itself.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from typing import Final

COMMANDS: Final = {
    "fastapi": ["-m", "serve_fastapi"],
    "flask": ["-m", "serve_flask"],
    "django": ["-m", "serve_django"],
    "train": ["train.py"],
    "keys": ["-m", "twinserve.cli.main", "keys"],
}
PORTS: Final = (8000, 8001, 8002)
DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy that Docker may give every container, which does not reach this one's own loopback."""
GROUP_MAY_WRITE: Final = 0o002
"""The umask: what one user of group 0 writes to the store, another one may change."""
HELP: Final = ("-h", "--help")
USAGE: Final = """usage: docker run twinserve [command] [options]

  fastapi   the FastAPI door (the default)
  flask     the Flask door
  django    the Django door
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
    os.umask(GROUP_MAY_WRITE)
    os.execv(sys.executable, [sys.executable, *COMMANDS[command], *options])  # noqa: S606  # No shell is the point.


def health() -> int:
    """0 if a door of this container is ready, whichever it runs; else 1."""
    given = os.environ.get("TWINSERVE_PORT", "")  # Kubernetes may set it to tcp://..., for a service named twinserve.
    for port in (int(given),) if given.isdecimal() else PORTS:
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
