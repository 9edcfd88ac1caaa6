"""How uvicorn runs the FastAPI door."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from model.errors import ModelError
from serve_fastapi.app import create_app
from serve_fastapi.protocol import DoorProtocol
from service import logs
from service.settings import Settings
from service.startup import FAILED, CannotStart, listen, url

PORT: Final = 8000


def serve(settings: Settings) -> int:
    """Serve until a signal ends it; gives the exit code."""
    logs.configure(settings)
    listener = listen(settings, PORT)
    if settings.workers > 1:
        return _supervise(settings, listener)
    app = open_app()
    signal.signal(signal.SIGTERM, _exit)  # What uvicorn hands the signal back to, when it has shut down.
    logs.log.info("listening", url=url(listener), door="fastapi", workers=1)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C, after a clean shutdown.
        uvicorn.Server(_config(settings, app)).run(sockets=[listener])
    return 0


def open_app() -> FastAPI:
    """The app of the champion; raises `CannotStart` when there is none that can be opened."""
    try:
        return create_app()
    except ModelError as error:
        raise CannotStart(str(error)) from None


def worker_app() -> FastAPI:
    """The app of one worker process among several."""
    try:
        return open_app()
    except CannotStart as error:
        logs.log.error("cannot start", reason=str(error))
        sys.exit(STARTUP_FAILURE)  # Tells the supervisor that another try would end the same way.


def _supervise(settings: Settings, listener: socket.socket) -> int:
    supervisor = Multiprocess(_config(settings, f"{__name__}:worker_app"), sockets=[listener])
    logs.log.info("listening", url=url(listener), door="fastapi", workers=settings.workers)
    supervisor.run()
    codes = [process.exitcode for process in supervisor.processes]
    return FAILED if STARTUP_FAILURE in codes else 0


def _config(settings: Settings, app: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.workers,
        http=DoorProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=round(settings.keep_alive),
        timeout_graceful_shutdown=round(settings.grace),
    )


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
