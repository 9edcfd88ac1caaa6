"""How uvicorn runs the FastAPI door."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from serve_fastapi.app import create_app
from serve_fastapi.server.protocol import DoorProtocol
from twinserve.errors import ModelError
from twinserve.service.process import signals
from twinserve.service.process.startup import FAILED, CannotStart, collect_rarely, listen, require_model, url
from twinserve.service.process.workers import Start
from twinserve.service.service import Service
from twinserve.service.settings import BadSetting, Settings
from twinserve.service.telemetry import logs

PORT: Final = 8000
GAVE_UP: Final = 1
"""The exit code of a single process whose prediction threads are stuck; one of several workers is replaced."""
SPARE_SECONDS: Final = 1.0
"""How long the supervisor waits for its workers beyond the drain delay and the grace period."""
SET_PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of <linux/prctl.h>."""
UNFINISHED: Final = "ASGI callable returned without completing response."
"""What uvicorn logs as an error where an answer is cut off; we log that ourselves, with the request's id and the
reason, and any client can bring it about."""


def serve(settings: Settings) -> int:
    """Serve until a signal ends it; returns the exit code."""
    logs.configure(settings)
    listener = listen(settings, PORT)
    require_model(settings)
    if settings.workers > 1:
        return _supervise(settings, listener)
    collect_rarely()
    app = open_app()
    service: Service = app.state.twinserve
    # When uvicorn has shut down, it restores these handlers and raises the signal again.
    signals.install(lambda *_: signals.leave(GAVE_UP if service.gave_up else 0))
    logs.log.info("listening", url=url(listener), door="fastapi", workers=1)
    uvicorn.Server(_config(settings, app)).run(sockets=[listener])
    return 0


def open_app() -> FastAPI:
    """The app of the champion; raises `CannotStart` when there is none that can be opened."""
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        return create_app()
    except (ModelError, BadSetting) as error:
        raise CannotStart(str(error)) from None


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != UNFINISHED


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which kills workers that do not end; uvicorn itself would wait for them without a limit."""

    def __init__(self, settings: Settings, listener: socket.socket, start: Start) -> None:
        super().__init__(_config(settings, partial(worker_app, start)), [listener])
        self._start = start
        self._patience = settings.drain_delay + settings.grace + SPARE_SECONDS
        """Seconds that the workers get to end after SIGTERM, all together."""
        self._urgency = signals.Urgency()
        for number in signals.URGENT:
            signal.signal(number, self._on_urgent_signal)

    def _on_urgent_signal(self, number: int, _: FrameType | None) -> None:
        if self._urgency.is_final(number):
            for worker in self.processes:
                worker.process.kill()
            signals.leave_at_once(number)
        self.signal_queue.append(number)

    def handle_signals(self) -> None:
        """Act on the signals that arrived since the last call."""
        while self.signal_queue:
            number = self.signal_queue.pop(0)
            if number in signals.STOP:
                self.should_exit.set()
            elif number in signals.IGNORED:
                signals.ignored(number)

    def init_processes(self) -> None:
        """Start the workers, and read their reports."""
        super().init_processes()
        self._read_start_reports()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have ended, with a log line. If one ends before any has served, report its reason."""
        self._read_start_reports()
        before = [*self.processes]
        super().keep_subprocess_alive()
        for ended in set(before) - set(self.processes):
            logs.log.warning("worker replaced", pid=ended.pid, exit_code=ended.exitcode)

    def _read_start_reports(self) -> None:
        if self._start.is_over or self.should_exit.is_set():
            return
        if self._start.wait(self._has_other_work):
            logs.log.info("listening", url=url(self.sockets[0]), door="fastapi", workers=self.config.workers)
        elif self._start.failure is not None:
            self.should_exit.set()

    def _has_other_work(self) -> bool:
        return bool(self.signal_queue) or not all(worker.process.is_alive() for worker in self.processes)

    def terminate_all(self) -> None:
        """Stop the workers, and close our listener, so that new connections are refused once no worker listens."""
        super().terminate_all()
        for listener in self.sockets:
            listener.close()

    def join_all(self) -> None:
        """Wait for the workers, and kill those that do not end."""
        end = time.monotonic() + self._patience
        for worker in self.processes:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def worker_app(start: Start) -> FastAPI:
    """The app of one worker process among several."""
    end_with_parent()
    signals.ignore_others()
    signal.signal(signal.SIGQUIT, lambda *_: signal.raise_signal(signal.SIGTERM))
    collect_rarely()
    app = start.attempt(create_app)
    start.succeed()
    return app


def _supervise(settings: Settings, listener: socket.socket) -> int:
    start = Start()
    supervisor = Supervisor(settings, listener, start)
    supervisor.run()
    if start.failure is not None:
        raise start.failure
    codes = [process.exitcode for process in supervisor.processes]
    return FAILED if STARTUP_FAILURE in codes else 0


def end_with_parent() -> None:
    """Have the kernel end this process with its parent: a supervisor that is killed cannot stop its workers."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Only Linux has it.
    if prctl is not None:
        prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        sys.exit(0)  # The parent ended before `prctl` was called.


def _config(settings: Settings, app: FastAPI | Callable[[], FastAPI]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=not isinstance(app, FastAPI),
        workers=settings.workers,
        http=DoorProtocol,
        loop="serve_fastapi.server.accept_loop:DoorLoop",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # A caller must not choose the address that its rate is counted by.
        timeout_keep_alive=round(settings.keep_alive),
        timeout_graceful_shutdown=round(settings.grace),
    )
