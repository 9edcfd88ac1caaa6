"""Starts the apps of `tests/hosts/apps/` in an environment with other libraries, under other servers."""

from __future__ import annotations

import http.client
import os
import shlex
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness import ROOT
from harness.ports import free_port
from harness.running import DEADLINE, Running, launch, wait_for
from harness.wheel import build_wheel

ENVIRONMENT: Final = ROOT / ".venv-hosts" / "bin"
APPS: Final = ROOT / "tests" / "hosts" / "apps"
JSON: Final = {"Content-Type": "application/json"}
MAX_BODY: Final = 20_000
"""Bytes; the setting of every host here."""
STOPS: Final = 12.0
"""Seconds for a server to end after SIGTERM."""

ONE_WORKER: Final = "gunicorn gthread, one worker"
GUNICORN: Final = "python -m gunicorn -b 127.0.0.1:{port}"
UWSGI: Final = (
    "uwsgi --http=127.0.0.1:{port} --http-keepalive --http-manage-expect=8388608 --http-chunked-input "
    "--chunked-input-limit=8388608 --master --processes=2 --enable-threads "
    "--hook-master-start='unix_signal:15 gracefully_kill_them_all'"
)
WSGI: Final[Mapping[str, str]] = {
    "gunicorn sync": f"{GUNICORN} -w 2 {{app}}:create_app()",
    ONE_WORKER: f"{GUNICORN} -k gthread --threads 4 {{app}}:create_app()",
    "gunicorn gthread": f"{GUNICORN} -w 2 -k gthread --threads 4 {{app}}:create_app()",
    "gunicorn gevent": f"{GUNICORN} -w 2 -k gevent {{app}}:create_app()",
    "gunicorn preload": f"{GUNICORN} -w 2 -k gthread --threads 4 --preload {{app}}:create_app()",
    "gunicorn gevent preload": f"{GUNICORN} -w 2 -k gevent --preload {{app}}:create_app()",
    "waitress": "python -m waitress --listen=127.0.0.1:{port} --call {app}:create_app",
    "uwsgi": f"{UWSGI} --module={{app}}:create_app()",
    "uwsgi lazy": f"{UWSGI} --lazy-apps --module={{app}}:create_app()",
    "granian wsgi": "granian --interface wsgi --port {port} --workers 2 --factory {app}:create_app",
}
ASGI: Final[Mapping[str, str]] = {
    "uvicorn": "python -m uvicorn --port {port} --factory {app}:create_app",
    "uvicorn, a root path": "python -m uvicorn --port {port} --root-path /team/models --factory {app}:create_app",
    "uvicorn workers": "python -m uvicorn --port {port} --workers 2 --factory {app}:create_app",
    "gunicorn asgi": f"{GUNICORN} -w 2 -k asgi {{app}}:create_app()",
    "hypercorn": "hypercorn --bind 127.0.0.1:{port} --workers 2 {app}:create_app()",
    "granian asgi": "granian --interface asgi --port {port} --workers 2 --factory {app}:create_app",
}
SERVERS: Final = {**WSGI, **ASGI}


def app_of(server: str) -> str:
    """The plain app that a server can run."""
    return "plain_fastapi" if server in ASGI else "plain_flask"


@dataclass(frozen=True)
class Answer:
    """One answer; the names of its headers are lower-case."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for other, value in self.headers if other == name]

    def one(self, name: str) -> str:
        """The value of a header that is there exactly once."""
        (value,) = self.all(name)
        return value

    @property
    def type(self) -> str:
        """The media type of the body."""
        return self.one("content-type")

    def is_problem(self) -> bool:
        """Is this an error of ours?"""
        return self.type == "application/problem+json" and len(self.all("x-request-id")) == 1


@dataclass(frozen=True)
class Host:
    """A running host app."""

    server: Running

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request over a new connection; a body that is no bytes is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=DEADLINE)
        try:
            return asked(connection, method, path, body, headers)
        finally:
            connection.close()

    def predict(self, body: Any, path: str = "/ml/predict", **headers: str) -> Answer:
        """Ask for a prediction."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, body, {**JSON, **more})


def asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any, headers: Mapping[str, str] | None
) -> Answer:
    """Send one request over this connection."""
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    return Answer(response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read())


def unpacked(folder: Path) -> Path:
    """What users install: the files of the wheel of this checkout."""
    with zipfile.ZipFile(build_wheel(folder)) as wheel:
        wheel.extractall(folder)
    return folder


@contextmanager
def hosting(
    server: str,
    app: str,
    folder: Path,
    wheel: Path,
    store: Path,
    variables: Mapping[str, str] | None = None,
    root: str = "",
    **more: Any,
) -> Iterator[Host]:
    """A host app under a server, once it is ready.

    `root`: a prefix that the server takes off itself. `more`: settings of the service."""
    assert ENVIRONMENT.exists(), "make test-hosts makes the environment"
    port, log = free_port(), folder / "stderr"
    program, *options = shlex.split(SERVERS[server].format(port=port, app=app))
    settings = {"artifacts": store, "model": "fruit", "log_format": "json", "max_body": MAX_BODY} | more
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, (APPS, wheel))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),
        "HOME": str(folder),
        **{f"TWINSERVE_{name.upper()}": str(value) for name, value in settings.items()},
        **(variables or {}),
    }
    process = launch([str(ENVIRONMENT / program), *options], folder, environment, log, new_session=True)
    host = Host(Running(process, port, log))
    try:
        wait_for(process, lambda: is_up(host, root))
        yield host
    except Exception as error:
        raise AssertionError(f"{server}: {error}\n{log.read_text()[-4000:]}") from error
    finally:
        with suppress(ProcessLookupError):  # Its workers as well.
            os.killpg(process.pid, 9)
        process.wait(DEADLINE)


Start = Callable[[str], AbstractContextManager[Host]]
"""Starts an app, by its name."""
StartUnder = Callable[[str, str], AbstractContextManager[Host]]
"""Starts an app under a server, by their names."""


def is_up(host: Host, root: str) -> bool:
    """Does the host answer its own page?"""
    try:
        return host.ask("GET", f"{root}/own").status == 200
    except (OSError, http.client.HTTPException):
        return False
