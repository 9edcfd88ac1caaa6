"""How gunicorn runs a WSGI door."""

from __future__ import annotations

import logging
import math
import os
import signal
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from twinserve.service.process import signals
from twinserve.service.process.startup import (
    FAILED,
    listen,
    require_model,
    spare_memory_work,
    temporary_folder,
    url,
)
from twinserve.service.process.workers import Start
from twinserve.service.settings import Settings
from twinserve.service.telemetry import logs
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER
from twinserve.wsgi.server.door import Door, request_threads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def serve(settings: Settings, door: Door) -> int:
    """Serve until a signal ends it; returns the exit code."""
    logs.configure(settings)
    temporary_folder()  # gunicorn has a temporary file for each worker.
    listener = listen(settings, door.port)
    require_model(settings)
    arbiter = os.getpid()
    application = DoorApplication(settings, door, f"fd://{listener.fileno()}")
    try:
        application.run()
    except SystemExit as end:
        if os.getpid() != arbiter:
            raise  # A forked worker's, for the arbiter to read.
        if application.is_stopping:
            return 0  # The code is that of a worker that was still starting.
        if application.start.failure is not None:
            raise application.start.failure from None
        return FAILED if end.code == Arbiter.WORKER_BOOT_ERROR else int(end.code or 0)
    except HaltServer:  # A second worker that cannot start, while the arbiter is ending because of the first.
        return 0 if application.is_stopping else FAILED
    return 0


class DoorApplication(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types.
    """gunicorn with our settings; the app is made in each worker, after the fork."""

    def __init__(self, settings: Settings, door: Door, bind: str) -> None:
        self._settings, self._bind = settings, bind
        self.door = door
        self.start = Start()
        self.is_stopping = False
        """Has a signal asked to stop?"""
        super().__init__()

    def run(self) -> None:
        """Serve until a signal ends it."""
        DoorArbiter(self).run()

    def load_config(self) -> None:
        """Our settings as gunicorn's."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": settings.workers,
            "worker_class": "twinserve.wsgi.server.worker.DoorWorker",
            "threads": request_threads(settings),
            "worker_connections": 10_000,
            "keepalive": math.ceil(settings.keep_alive),
            "graceful_timeout": math.ceil(settings.drain_delay + settings.grace),
            "control_socket_disable": True,
            # The head's limits are those of `twinserve.service.raw_refusals`, held where a request arrives.
            "limit_request_line": 0,
            "limit_request_field_size": settings.max_head,
            "limit_request_fields": 32_768,
            # No header of a caller says where the app is mounted, or who asks.
            "forwarder_headers": "",
            "forwarded_allow_ips": "",
            "logger_class": DoorLogger,
            "child_exit": forget_worker,
            "when_ready": note_signals,
            "post_worker_init": report_start,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """The app of one worker."""
        spare_memory_work()
        return self.start.attempt(self.door.create_app)


class DoorArbiter(Arbiter):  # type: ignore[misc]  # As above.
    """gunicorn's supervisor, which logs that it listens as soon as one worker serves."""

    def manage_workers(self) -> None:
        """Start missing workers, and read how their start went; called in every round of the arbiter's loop."""
        super().manage_workers()
        start = self.app.start
        if start.is_over:
            return
        if start.wait(lambda: not self.SIG_QUEUE.empty(), seconds=1):
            logs.log.info(
                "listening", url=url(self.LISTENERS[0].sock), door=self.app.door.name, workers=self.cfg.workers
            )
        elif start.failure is not None:
            raise StopIteration  # As gunicorn itself ends its loop.

    def handle_term(self) -> None:
        """Stop once the workers have answered; gunicorn itself does so after TERM, and not after INT and QUIT."""
        raise StopIteration

    handle_int = handle_quit = handle_term

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        """The signals that arrived, without those that are ignored."""
        received = super().wait_for_signals(timeout)
        for number in received:
            if number in signals.IGNORED:
                signals.ignored(number)
        return [number for number in received if number not in signals.IGNORED]


class DoorLogger(Logger):  # type: ignore[misc]  # As above.
    """gunicorn's log lines in our format; its access log stays off, as ours has one line for each request."""

    def setup(self, cfg: Any) -> None:
        """Leave everything to the root logger."""
        self.cfg = cfg
        self.error_log = logging.getLogger("gunicorn.error")
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True  # The base class has set it to False.
        self.access_log = logging.getLogger("gunicorn.access")
        self.access_log.disabled = True


def note_signals(arbiter: Arbiter) -> None:
    """Remember that a signal asked to stop, before gunicorn acts on it; a second urgent one kills all processes."""
    urgency = signals.Urgency()
    for number in signals.STOP:
        handle: Any = signal.getsignal(number)

        def noted(number: int, frame: FrameType | None, handle: Any = handle) -> None:
            arbiter.app.is_stopping = True
            if urgency.is_final(number):
                arbiter.kill_workers(signal.SIGKILL)
                signals.leave_at_once(number)
            handle(number, frame)

        signal.signal(number, noted)


def report_start(worker: Worker) -> None:
    """Report that this worker serves; called just before it takes requests."""
    worker.app.start.succeed()


def forget_worker(_arbiter: Arbiter, worker: Worker) -> None:
    """Tell the metrics library that a worker has ended."""
    if METRICS_FOLDER in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # The library has no types here.
