"""How a gunicorn worker of a WSGI door starts and stops: its service is drained first and closed last."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from twinserve.service.process import signals
from twinserve.service.service import Service
from twinserve.wsgi.server.wsgi import adapt, name_no_server


class ServiceWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types.
    """A threaded worker with a service."""

    service: Service
    """Set when the app is loaded."""
    wsgi: Any

    def load_wsgi(self) -> None:
        """Load the app, and take the service from it."""
        super().load_wsgi()
        name_no_server()
        self.service = self.app.door.service_of(self.wsgi)
        self.wsgi = adapt(self.wsgi)

    def init_signals(self) -> None:
        """Let INT and QUIT stop as TERM does; gunicorn's workers would drop their requests."""
        super().init_signals()
        self.urgency = signals.Urgency()
        for number in signals.URGENT:
            signal.signal(number, self.handle_exit)
        signals.ignore_others()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Stop: the service turns not ready at once, and the worker closes its listeners after the drain delay."""
        if self.urgency.is_final(number):
            signals.leave_at_once(number)
        if not self.alive:
            return
        if not hasattr(self, "service"):
            super().handle_exit(number, frame)
            return
        self.service.drain()
        timer = threading.Timer(self.service.settings.drain_delay, super().handle_exit, (number, frame))
        timer.daemon = True
        timer.start()

    def is_parent_alive(self) -> bool:
        """Is the arbiter alive? If it was killed, this worker stops as if by a signal."""
        if not super().is_parent_alive():
            self.service.drain()
            self.alive = False
        return self.alive

    def run(self) -> None:
        """Serve until a signal; requests in flight are answered before the service closes."""
        super().run()
        self.service.close()
