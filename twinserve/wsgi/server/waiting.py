"""How a worker holds its connections: it accepts them, waits for their clients, and closes them.

gunicorn's own threaded worker gives a connection to a thread as soon as it opens, so a few slow clients occupy all
threads. This one waits in its event loop, and each wait has a deadline.
"""

from __future__ import annotations

import selectors
import signal
import socket
import time
from abc import abstractmethod
from functools import partial
from io import BytesIO
from typing import Final

from twinserve.service.http.buffer import Held
from twinserve.service.http.head import Familiar
from twinserve.service.process.accept import Accepted, PendingConnections, accept_pending
from twinserve.service.raw_refusals import MOST_DROPPED, SILENCE
from twinserve.wsgi.server.connection import ClientSocket, Connection
from twinserve.wsgi.server.lifecycle import ServiceWorker

READ: Final = 256 * 1024
MOST: Final = 64
"""Maximum number of connections accepted at once."""
ACCEPT_INTERVAL: Final = 0.05
"""Seconds between two checks for pending connections while the loop is busy."""
DEADLINE_INTERVAL: Final = 0.25
"""Seconds between two checks for passed deadlines."""
BOTH: Final = selectors.EVENT_READ | selectors.EVENT_WRITE


class WaitingWorker(ServiceWorker):
    """A worker that waits for clients in its event loop."""

    def init_process(self) -> None:
        """Make the sets and deadlines of the event loop, before the app is loaded."""
        self.waiting: set[Connection] = set()
        """The connections that the event loop watches."""
        self.next_deadline_check = self.next_accept = 0.0
        self.pending = PendingConnections(MOST)
        super().init_process()

    @abstractmethod
    def begin(self, conn: Connection) -> None:
        """Read from a new connection."""

    @abstractmethod
    def receive(self, conn: Connection) -> None:
        """Read: a client has sent something or closed its side."""

    @abstractmethod
    def send(self, conn: Connection) -> None:
        """Send more of an answer: the client accepts it."""

    @abstractmethod
    def give_up(self, conn: Connection) -> None:
        """Act on a passed deadline."""

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # As gunicorn calls it.
        """When this worker stops, close its listeners at once, so that new clients are refused and do not wait for its
        end. Pending connections are accepted first: the system would reset them with the listener."""
        super().set_accept_enabled(enabled and self.alive and not self.pending.pause)
        while not self.alive and self.sockets:  # After the first call none is left.
            listener, taken = self.sockets.pop(), list[Connection]()
            while accepted := accept_pending(listener, MOST)[0]:
                taken += self.connect(listener, accepted)
            listener.close()
            self.read_new(taken)

    def accept(self, listener: socket.socket) -> None:
        """Accept the pending connections. If only one were accepted in each round of the loop, a connection would wait
        for as many rounds as there are others before it. Where there is no room, none is accepted for a while."""
        self.next_accept = time.monotonic() + ACCEPT_INTERVAL
        accepted = self.pending.accept(listener)
        if self.pending.pause:
            self.set_accept_enabled(False)
        self.read_new(self.connect(listener, accepted))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Handle what happens next, and return in time to accept again; gunicorn calls this each round."""
        super().wait_for_and_dispatch_events(min(timeout, self.pending.pause or timeout))

    def connect(self, listener: socket.socket, accepted_sockets: list[Accepted]) -> list[Connection]:
        """Connections for these sockets. None is answered yet: a client that is answered may reconnect at once."""
        taken: list[Connection] = []
        for accepted, address in accepted_sockets:
            conn = Connection(self.cfg, ClientSocket(accepted), address, listener.getsockname())
            conn.arrived, conn.held = BytesIO(), Held(self.service.room)
            conn.familiar = Familiar(self.service.settings.max_head)
            taken.append(conn)
        self.nr_conns += len(taken)
        return taken

    def read_new(self, taken: list[Connection]) -> None:
        """Read what new connections have sent."""
        for conn in taken:
            self.begin(conn)

    def wait(self, conn: Connection, event: int, seconds: float) -> None:
        """Watch a connection for these events, with a new deadline."""
        conn.deadline = time.monotonic() + seconds
        if conn.event == event:
            return
        if conn.event:
            self.poller.modify(conn.sock, event, partial(self.on_event, conn))
        else:
            self.poller.register(conn.sock, event, partial(self.on_event, conn))
            self.waiting.add(conn)
        conn.event = event

    def forget(self, conn: Connection) -> None:
        """Stop watching a connection."""
        if conn.event:
            conn.event = 0
            self.waiting.remove(conn)
            self.poller.unregister(conn.sock)

    def on_event(self, conn: Connection, _client: ClientSocket) -> None:
        """Handle an event. New connections are accepted in between, so that they do not wait for all others."""
        if self._accepting and time.monotonic() > self.next_accept:
            for listener in self.sockets:
                self.accept(listener)
        if conn.event == BOTH:
            self.receive(conn)
        if conn.event & selectors.EVENT_WRITE:
            self.send(conn)
        elif conn.arrival is not None:
            self.receive(conn)
        elif conn.event:
            self.drop(conn)

    def linger(self, conn: Connection) -> None:
        """Close our side, then read and drop until the client closes its own, is silent or sends too much. A socket
        that is closed with unread bytes is reset, and the client would lose the end of its answer."""
        conn.ahead = b""
        conn.finish()
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close_connection(conn)
            return
        self.wait(conn, selectors.EVENT_READ, SILENCE)
        conn.until = time.monotonic() + (self.service.settings.receive_timeout if self.alive else SILENCE)

    def drop(self, conn: Connection) -> None:
        """Read and drop what arrives after the last answer."""
        data = conn.sock.receive(READ)
        if data is None:
            return
        conn.dropped += len(data)
        if not data or conn.dropped > MOST_DROPPED:
            self.close_connection(conn)
        else:
            conn.deadline = min(time.monotonic() + SILENCE, conn.until)

    def close_connection(self, conn: Connection) -> None:
        """Close a connection at once."""
        conn.ahead = b""
        conn.finish()
        self.forget(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Act on passed deadlines, and stop this worker if it is stuck; gunicorn calls this each round."""
        now = time.monotonic()
        if now < self.next_deadline_check:
            return
        self.next_deadline_check = now + DEADLINE_INTERVAL
        if self.service.must_give_up():
            self.handle_exit(signal.SIGTERM, None)
        for conn in list(self.waiting):
            if not self.alive and conn.arrival is not None and not conn.arrival.has_begun:
                conn.deadline = min(conn.deadline, now + SILENCE)
            if conn.deadline <= now:
                self.give_up(conn)
