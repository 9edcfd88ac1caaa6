"""How a gunicorn worker of this door takes requests: whole, before a thread sees them.

gunicorn's own threaded worker gives a connection to a thread as soon as it opens, so as many slow clients as there
are threads silence it. This one receives in its event loop, under a deadline, and hands a thread a request that is
there already. A client that has sent everything and closed its side is answered.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any, Final

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import ClientDisconnected

from serve_flask.arrival import Arrival
from service.problem import Problem
from service.service import Service
from service.wire import head_too_large, refusal, too_slow

READ: Final = 256 * 1024
LINGER: Final = 2.0
"""Seconds that a stopping worker waits for the first byte on a connection that it has accepted."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class DoorWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types.
    """A threaded worker whose threads never wait for a client to send."""

    service: Service
    """There once the app is loaded."""
    wsgi: Any

    def init_process(self) -> None:
        """Before the app is loaded and the loop runs."""
        self.arrivals: dict[TConn, Arrival] = {}
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the app; its service knows the limits that hold here."""
        super().load_wsgi()
        self.service = self.wsgi.extensions["twinserve"]
        self.wsgi = as_http_has_it(self.wsgi)

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM: not ready at once, closed after the drain delay."""
        if not self.alive:
            return
        if not hasattr(self, "service"):
            super().handle_exit(number, frame)
            return
        self.service.drain()
        timer = threading.Timer(self.service.settings.drain_delay, super().handle_exit, (number, frame))
        timer.daemon = True
        timer.start()

    def run(self) -> None:
        """Serve until a signal; what is in flight is answered before the service closes."""
        super().run()
        self.service.close()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request in the event loop."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # Another worker was faster, or the client has gone.
        limit_waiting(client, self.service.settings.receive_timeout)
        self.nr_conns += 1
        self.expect(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request on a connection that was kept open."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.expect(conn)
        self.receive(conn, client)

    def expect(self, conn: TConn) -> None:
        """Wait for a request on this connection."""
        settings = self.service.settings
        self.arrivals[conn] = Arrival(time.monotonic() + settings.receive_timeout, settings.max_body)
        conn.sock.settimeout(0)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.receive, conn))

    def receive(self, conn: TConn, client: socket.socket) -> None:
        """Read what there is; go on when the request is whole or can never be."""
        try:
            data = client.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.advance(conn, self.arrivals[conn], data)

    def advance(self, conn: TConn, arrival: Arrival, data: bytes) -> None:
        """One step of an arrival: `data` is what has come, empty when the client has closed its side."""
        answer = arrival.add(data)
        if answer:
            send(conn.sock, answer)
        if arrival.head_too_large:
            self.dismiss(conn, head_too_large())
        elif arrival.is_whole() or (not data and arrival.data):
            self.hand_over(conn, bytes(arrival.data))
        elif not data:
            self.dismiss(conn)

    def hand_over(self, conn: TConn, data: bytes) -> None:
        """Give a request to a thread; it reads from memory what was received here."""
        self.poller.unregister(conn.sock)
        del self.arrivals[conn]
        conn.init()
        conn.parser.unreader.unread(data)
        conn.data_ready = True
        self.enqueue_req(conn)

    def dismiss(self, conn: TConn, problem: Problem | None = None) -> None:
        """Close a connection, with a refusal if there was a request to refuse."""
        self.poller.unregister(conn.sock)
        del self.arrivals[conn]
        self.nr_conns -= 1
        if problem is not None:
            send(conn.sock, refusal(problem))
        conn.close()

    def finish_request(self, conn: TConn, outcome: Any) -> None:
        """A thread is done. What the client has already sent behind its request becomes the next arrival."""
        kept = conn.parser is not None and not outcome.cancelled() and outcome.exception() is None and outcome.result()
        ahead = conn.parser.unreader.take_buffered() if kept else b""
        if not ahead:
            super().finish_request(conn, outcome)
            return
        self.expect(conn)
        self.advance(conn, self.arrivals[conn], ahead)

    def murder_pending(self) -> None:
        """Called about once a second: dismiss what is overdue."""
        now = time.monotonic()
        for conn, arrival in list(self.arrivals.items()):
            if not self.alive and not arrival.data:
                arrival.deadline = min(arrival.deadline, now + LINGER)
            if arrival.deadline <= now:
                self.dismiss(conn, too_slow(self.service.settings) if arrival.data else None)


def send(client: socket.socket, data: bytes) -> None:
    """Send what fits any socket's buffer; a client that has gone is not missed."""
    with contextlib.suppress(OSError):
        client.send(data)


def limit_waiting(client: socket.socket, seconds: float) -> None:
    """Let no thread wait longer than this for a client to take in an answer: the kernel ends the call."""
    interval = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, interval)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)


class Input:
    """A request's body as gunicorn reads it; a body that is no body is one that ended early."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """Some of the body; raises `ClientDisconnected` where its framing is wrong."""
        try:
            data: bytes = self._body.read(None if size < 0 else size)
        except ParseException as error:
            raise ClientDisconnected from error
        return data


def as_http_has_it(app: WsgiApp) -> WsgiApp:
    """Where gunicorn and WSGI part from HTTP: `Connection: close` closes, framing faults are the caller's, and an
    absolute request target without a path means `/`."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if ("Connection", "close") in headers:
                start_response.__self__.force_close()  # type: ignore[attr-defined]  # gunicorn's response object.
            return start_response(status, headers, exc_info)

        environ["wsgi.input"] = Input(environ["wsgi.input"])
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        return app(environ, start)

    return wrapped
