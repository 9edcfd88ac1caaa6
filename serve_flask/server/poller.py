"""How a worker of this door holds its connections: it takes them, waits for what their clients do, and lets them go.

gunicorn's own threaded worker gives a connection to a thread as soon as it opens, so as many slow clients as there
are threads silence it. This one waits in its event loop, under a deadline.
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

from serve_flask.server.connection import ClientSocket, Connection
from serve_flask.server.lifecycle import ServiceWorker
from twinserve.service.http.buffer import Held
from twinserve.service.http.head import Familiar
from twinserve.service.http.raw_refusals import MOST_DROPPED, SILENCE
from twinserve.service.process.accept import Accepted, PendingConnections, accept_pending

READ: Final = 256 * 1024
MOST: Final = 64
"""Most connections taken at once."""
WELCOME: Final = 0.05
"""Seconds between two checks for pending connections, however busy the others are."""
LOOK: Final = 0.25
"""Seconds between two looks for clients that are overdue."""
BOTH: Final = selectors.EVENT_READ | selectors.EVENT_WRITE


class WaitingWorker(ServiceWorker):
    """A worker that waits for clients in its event loop."""

    def init_process(self) -> None:
        """Before the app is loaded and the loop runs."""
        self.waiting: set[Connection] = set()
        """For whose clients the event loop waits."""
        self.next_look = self.next_welcome = 0.0
        self.pending = PendingConnections(MOST)
        super().init_process()

    @abstractmethod
    def begin(self, conn: Connection) -> None:
        """A new connection owes a request; read what it has sent."""

    @abstractmethod
    def receive(self, conn: Connection) -> None:
        """A client that is to send something has done so, or has closed its side."""

    @abstractmethod
    def send(self, conn: Connection) -> None:
        """A client that is to take an answer takes more of it."""

    @abstractmethod
    def give_up(self, conn: Connection) -> None:
        """A client has not done in time what it was waited for."""

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # As gunicorn calls it.
        """Whoever comes when this worker takes no more is refused at once, and does not wait until it has ended; who
        has come is taken, as the system resets what it holds for a listener that is closed."""
        super().set_accept_enabled(enabled and self.alive)
        while not self.alive and self.sockets:  # Asked once more, there is none left.
            listener, taken = self.sockets.pop(), list[Connection]()
            while accepted := accept_pending(listener, MOST):
                taken += self.connect(listener, accepted)
            listener.close()
            self.welcome(taken)

    def accept(self, listener: socket.socket) -> None:
        """Accept pending connections, and answer them or wait for their requests in the event loop. With one in each
        turn, a connection would wait for as many turns as there are others before it, and a busy turn is long."""
        self.next_welcome = time.monotonic() + WELCOME
        self.welcome(self.connect(listener, self.pending.accept(listener)))

    def connect(self, listener: socket.socket, found: list[Accepted]) -> list[Connection]:
        """Their connections; nobody is answered yet, as somebody answered may come again at once."""
        taken: list[Connection] = []
        for accepted, address in found:
            conn = Connection(self.cfg, ClientSocket(accepted), address, listener.getsockname())
            conn.arrived, conn.held = BytesIO(), Held(self.service.room)
            conn.familiar = Familiar(self.service.settings.max_head)
            taken.append(conn)
        self.nr_conns += len(taken)
        return taken

    def welcome(self, taken: list[Connection]) -> None:
        """Read what they have sent."""
        for conn in taken:
            self.begin(conn)

    def wait(self, conn: Connection, event: int, seconds: float) -> None:
        """Have the client so long to send, or to take, the next bytes."""
        conn.deadline = time.monotonic() + seconds
        if conn.event == event:
            return
        if conn.event:
            self.poller.modify(conn.sock, event, partial(self.meet, conn))
        else:
            self.poller.register(conn.sock, event, partial(self.meet, conn))
            self.waiting.add(conn)
        conn.event = event

    def forget(self, conn: Connection) -> None:
        """Wait for this client no longer."""
        if conn.event:
            conn.event = 0
            self.waiting.remove(conn)
            self.poller.unregister(conn.sock)

    def meet(self, conn: Connection, _client: ClientSocket) -> None:
        """The client has done something that was waited for. Who has come meanwhile does not wait for all others."""
        if self._accepting and time.monotonic() > self.next_welcome:
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
        """Close our side, and read and drop what still comes until the client closes its own, is silent or sends too
        much: what is closed with bytes unread is reset, and with it what the client has not read yet."""
        conn.ahead = b""
        conn.finish()
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.dismiss(conn)
            return
        self.wait(conn, selectors.EVENT_READ, SILENCE)
        conn.until = time.monotonic() + (self.service.settings.receive_timeout if self.alive else SILENCE)

    def drop(self, conn: Connection) -> None:
        """Read behind the last answer; what comes now is no request."""
        data = conn.sock.receive(READ)
        if data is None:
            return
        conn.dropped += len(data)
        if not data or conn.dropped > MOST_DROPPED:
            self.dismiss(conn)
        else:
            conn.deadline = min(time.monotonic() + SILENCE, conn.until)

    def dismiss(self, conn: Connection) -> None:
        """Have done with a connection, at once."""
        conn.ahead = b""
        conn.finish()
        self.forget(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Called in every round of the loop: dismiss who is overdue, be it this worker."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + LOOK
        if self.service.must_give_up():
            self.handle_exit(signal.SIGTERM, None)
        for conn in list(self.waiting):
            if not self.alive and conn.arrival is not None and not conn.arrival.has_begun:
                conn.deadline = min(conn.deadline, now + SILENCE)
            if conn.deadline <= now:
                self.give_up(conn)
