"""How a gunicorn worker of this door takes requests and gives answers: no thread of it ever waits for a client.

gunicorn's own threaded worker gives a connection to a thread as soon as it opens, so as many slow clients as there
are threads silence it. This one receives in its event loop, under a deadline. A request that is there, and quick to
answer, is answered in the loop, too: a hop to a thread and back costs as much as Flask itself. What a client does not
take of an answer at once, the loop sends on. A client that has sent everything and closed its side is answered.
"""

from __future__ import annotations

import selectors
import signal
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Final

from gunicorn.http.unreader import IterUnreader

from serve_flask.arrival import Arrival
from serve_flask.client import ClientSocket, Connection
from serve_flask.life import ServiceWorker
from service.newcomers import Accepted, Newcomers, waiting
from service.problem import Problem
from service.wire import head_too_large, refusal, too_slow

READ: Final = 256 * 1024
MOST: Final = 64
"""Most connections taken at once."""
WELCOME: Final = 0.05
"""Seconds between two looks for newcomers, however many others ask."""
LINGER: Final = 2.0
"""Seconds that a connection is left to the client: for a first byte while the worker stops, and to close its side."""
LOOK: Final = 0.25
"""Seconds between two looks for clients that are overdue."""


class DoorWorker(ServiceWorker):
    """A threaded worker whose threads never wait for a client."""

    def init_process(self) -> None:
        """Before the app is loaded and the loop runs."""
        self.waiting: set[Connection] = set()
        """For whose clients the event loop waits."""
        self.next_look = self.next_welcome = 0.0
        self.newcomers = Newcomers(MOST)
        super().init_process()

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # As gunicorn calls it.
        """Whoever comes when this worker takes no more is refused at once, and does not wait until it has ended; who
        has come is taken, as the system resets what it holds for a listener that is closed."""
        super().set_accept_enabled(enabled and self.alive)
        while not self.alive and self.sockets:  # Asked once more, there is none left.
            listener, taken = self.sockets.pop(), list[Connection]()
            while found := waiting(listener, MOST):
                taken += self.connect(listener, found)
            listener.close()
            self.welcome(taken)

    def accept(self, listener: socket.socket) -> None:
        """Take who has come and answer them, or wait for their requests in the event loop. One at a time would let a
        newcomer wait for as many turns of the loop as there are others before it, and a turn is long when many ask."""
        self.next_welcome = time.monotonic() + WELCOME
        self.welcome(self.connect(listener, self.newcomers.take(listener)))

    def connect(self, listener: socket.socket, found: list[Accepted]) -> list[Connection]:
        """Their connections; nobody is answered yet, as somebody answered may come again at once."""
        taken: list[Connection] = []
        for accepted, address in found:
            client = ClientSocket(accepted)
            client.limit_waiting(self.service.settings.receive_timeout)
            taken.append(Connection(self.cfg, client, address, listener.getsockname()))
        self.nr_conns += len(taken)
        return taken

    def welcome(self, taken: list[Connection]) -> None:
        """Read what they have sent."""
        for conn in taken:
            self.receive(conn, self.expect(conn, self.service.settings.receive_timeout))

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
        if conn.event == selectors.EVENT_WRITE:
            self.send(conn)
        elif conn.arrival is not None:
            self.receive(conn, conn.arrival)
        elif conn.sock.receive(READ) == b"":  # It closes its side; what else comes now is not read as a request.
            self.dismiss(conn)

    def expect(self, conn: Connection, seconds: float) -> Arrival:
        """Wait for a request on this connection; gives what it will arrive in."""
        settings = self.service.settings
        conn.arrival = Arrival(settings.max_head, settings.max_body)
        self.wait(conn, selectors.EVENT_READ, seconds)
        return conn.arrival

    def receive(self, conn: Connection, arrival: Arrival) -> None:
        """Read what there is."""
        data = conn.sock.receive(READ)
        if data is not None:
            self.advance(conn, arrival, data)

    def advance(self, conn: Connection, arrival: Arrival, data: bytes) -> None:
        """Go on when the request is whole or can never be: `data` has come, empty when the client closed its side."""
        if not arrival.data:
            conn.deadline = time.monotonic() + self.service.settings.receive_timeout
        answer = arrival.add(data)
        if answer:
            conn.send_now(answer)
        if arrival.head_too_large:
            self.dismiss(conn, head_too_large(self.service.settings))
        elif arrival.is_whole() or (not data and arrival.data):
            self.answer(conn, arrival)
        elif not data:
            self.dismiss(conn)

    def answer(self, conn: Connection, arrival: Arrival) -> None:
        """Have a request answered, from memory: here if that is quick, else by a thread."""
        data, conn.sock.must_close = arrival.request(), arrival.body_too_large
        conn.arrival = None
        conn.init()
        conn.parser.unreader = IterUnreader(())  # Whatever its framing says, nobody waits for more than came.
        conn.parser.unreader.unread(data)
        conn.data_ready = True
        if self.is_quick(data):
            conn.keep = self.handle(conn)
            self.send(conn)
        else:
            self.forget(conn)
            self.enqueue_req(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:  # noqa: FBT001  # As gunicorn calls it.
        """May another request come? What was not read of a body is in memory, so however much it is nobody waits."""
        return bool(keepalive and conn.parser.finish_body())

    def is_quick(self, data: bytes) -> bool:
        """Can this request hold up nobody?"""
        try:
            return self.service.is_quick(data)
        except Problem:
            return True  # No model, so all that can come of it is a refusal.

    def finish_request(self, conn: Connection, outcome: Future[bool]) -> None:
        """A thread has made an answer."""
        conn.keep = not outcome.cancelled() and outcome.exception() is None and outcome.result()
        self.send(conn)

    def send(self, conn: Connection) -> None:
        """Send an answer, now and whenever the client can take more of it."""
        try:
            sent = conn.sock.flush()
        except OSError:
            self.dismiss(conn)
            return
        if sent:
            self.go_on(conn)
        elif conn.event != selectors.EVENT_WRITE:
            self.wait(conn, selectors.EVENT_WRITE, self.service.settings.send_timeout)

    def go_on(self, conn: Connection) -> None:
        """After an answer: the next request, of which the client may have sent some already, or the end."""
        ahead = conn.keep and conn.parser.unreader.take_buffered()
        if ahead:  # In the next round: others wait, too, and each of many requests would be a call inside the last.
            self.forget(conn)
            self.method_queue.defer(self.resume, conn, ahead)
        elif conn.keep:
            self.expect(conn, self.service.settings.keep_alive)
        else:
            self.linger(conn)

    def resume(self, conn: Connection, ahead: bytes) -> None:
        """Take up a connection with what had come behind the last request."""
        self.advance(conn, self.expect(conn, self.service.settings.keep_alive), ahead)

    def linger(self, conn: Connection) -> None:
        """Close our side and wait for the client to close its own; until then what it has not read yet could get lost
        (RFC 9112 section 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.dismiss(conn)
            return
        self.wait(conn, selectors.EVENT_READ, LINGER)

    def dismiss(self, conn: Connection, problem: Problem | None = None) -> None:
        """Have done with a connection: at once, or after a refusal if there is a request to refuse."""
        conn.arrival = None
        if problem is not None:
            conn.send_now(refusal(problem))
            self.linger(conn)
            return
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
            has_begun = conn.arrival is not None and bool(conn.arrival.data)
            if not self.alive and conn.arrival is not None and not has_begun:
                conn.deadline = min(conn.deadline, now + LINGER)
            if conn.deadline <= now:
                self.dismiss(conn, too_slow(self.service.settings) if has_begun else None)
