"""Starts a server program, before heavy imports: thread variables, metrics folder, listening socket."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from twinserve.errors import AskedWrongly
from twinserve.service.addresses import is_loopback
from twinserve.service.inference.memory import keep_free_memory
from twinserve.service.process.temporary import require_temporary_folder
from twinserve.service.settings import Settings
from twinserve.service.settings_together import PREFIX
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER

FAILED: Final = 2
"""The exit code of a server that could not start."""
VERTEX_PORT: Final = "AIP_HTTP_PORT"
FILES: Final = 32
"""How many files a server must be able to open: its own, which are about 20, and some connections."""

# One thread inside each prediction: many requests keep the cores busy, and starting threads for a small batch takes
# longer than the batch itself. The libraries read these variables once, when they are loaded.
THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

NEW_OBJECTS: Final = 20_000
"""New objects between two runs of the garbage collector; some megabytes, if all of them were garbage."""


class CannotStart(Exception):
    """The server cannot start; the text is one sentence that says what to do."""


def run(program: str, serve: Callable[[], int]) -> int:
    """Run a server; returns its exit code, or 2 after one sentence on standard error if it cannot start."""
    try:
        return serve()
    except CannotStart as error:
        return _fail(program, str(error))
    except OSError as error:
        reason = ": ".join(str(part) for part in (error.strerror or type(error).__name__, error.filename) if part)
        return _fail(program, f"the system ended it ({reason}); check its limits and permissions.")
    except SystemExit as end:  # Raised in workers, too.
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _fail(program: str, sentence: str) -> int:
    with suppress(OSError):  # Nobody can be told, but for the exit code.
        print(f"{program}: {sentence}", file=sys.stderr, flush=True)  # noqa: T201  # A command-line program prints.
    return FAILED


def prepare(settings: Settings) -> None:
    """Set the environment variables that must be set before NumPy and the metrics library are imported.

    Raises `CannotStart` where several workers have no folder for their metrics, the working folder is gone, or too few
    files may be open."""
    try:
        Path.cwd()
    except OSError as error:
        raise CannotStart(f"the working folder cannot be used ({error.strerror}); start in another one.") from None
    require_open_files()
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    if METRICS_FOLDER in os.environ:
        if not os.access(os.environ[METRICS_FOLDER], os.W_OK | os.X_OK):
            raise CannotStart(f"{METRICS_FOLDER} names no folder that can be written to; make it, or name another one.")
    elif settings.workers > 1:
        folder = tempfile.mkdtemp(prefix="twinserve-metrics-", dir=temporary_folder())
        os.environ[METRICS_FOLDER] = folder
        owner = os.getpid()  # A forked worker runs the exit handlers of its parent, too.
        atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)


def require_open_files() -> None:
    """Raise `CannotStart` where too few files may be open to serve anybody, which libraries tell in tracebacks."""
    with ExitStack() as opened:
        try:
            for _ in range(FILES):
                opened.enter_context(Path(os.devnull).open("rb", 0))
        except OSError as error:
            raise CannotStart(
                f"{error.strerror}: a server needs {FILES} of its own; allow the process more (ulimit -n)."
            ) from None


def temporary_folder() -> str:
    """The folder for temporary files; raises `CannotStart` where none can be written to."""
    try:
        return require_temporary_folder()
    except AskedWrongly as error:
        raise CannotStart(str(error)) from None


def spare_memory_work() -> None:
    """Collect garbage rarely and keep free memory, in each process that serves: those that uvicorn starts take over
    neither from its supervisor."""
    collect_rarely()
    keep_free_memory()


def collect_rarely() -> None:
    """Run the garbage collector less often. A request leaves no garbage for it, but a thousand in flight are many
    objects, and scanning them again and again would take a fifth of the processor's time."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def require_model(settings: Settings) -> None:
    """Raise `CannotStart` if there is no champion, before any worker is started."""
    from twinserve.errors import ModelError
    from twinserve.service.inference.models.opening import default_registry

    try:
        default_registry(settings).require_champion()
    except ModelError as error:
        raise CannotStart(str(error)) from None


def listen(settings: Settings, default_port: int) -> socket.socket:
    """The listening socket; raises `CannotStart` if the address cannot be used."""
    port = settings.port
    if port is None:
        port = _port_of_vertex() or default_port
    listener = bind(settings, port)
    if settings.auth == "none" and not is_loopback(settings.host):
        log.warning("open to anybody who reaches this address", host=settings.host)
    listener.set_inheritable(True)
    return listener


def _port_of_vertex() -> int | None:
    """The port that Vertex AI asks, if it says one; raises `CannotStart` if that is none."""
    given = os.environ.get(VERTEX_PORT, "")
    if given and not (given.isdecimal() and 0 < int(given) < 1 << 16):
        raise CannotStart(f"{VERTEX_PORT} must be a port.")
    return int(given) if given else None


def bind(settings: Settings, port: int) -> socket.socket:
    """A socket bound to this port of the settings' host; raises `CannotStart` if the address cannot be used."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # Else a reply in two packets may wait 40 ms.
    try:
        listener.bind((settings.host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        unknown_host = isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL
        reason = getattr(error, "strerror", "the port number is out of range")
        raise CannotStart(
            f"cannot listen on {settings.host} port {port} ({reason}); "
            f"choose another with {PREFIX}{'HOST' if unknown_host else 'PORT'}."
        ) from None
    return listener


def url(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
