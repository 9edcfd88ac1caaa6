"""How a gunicorn worker of this door takes requests and gives answers: no thread of it ever waits for a client.

A request that is there, and quick to answer, is answered in the event loop: a hop to a thread and back costs as much as
Flask itself. One whose body is still to come is shown to the app by its head alone, so that whoever is refused sends
for nobody: what the app does not want is dropped as it comes. What a client does not take of an answer at once, the
loop sends on. A client that has sent everything and closed its side is answered.
"""

from __future__ import annotations

import selectors
from concurrent.futures import Future
from io import BytesIO

from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from serve_flask.body import BodyAwaited
from serve_flask.server.connection import Connection
from serve_flask.server.poller import BOTH, READ, WaitingWorker
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.body import SMALL, too_large
from twinserve.service.http.head import Head
from twinserve.service.http.problem import Problem, bad_request, incomplete_body
from twinserve.service.http.raw_refusals import CONTINUE, refusal, too_slow


class DoorWorker(WaitingWorker):
    """A threaded worker whose threads never wait for a client."""

    def begin(self, conn: Connection) -> None:
        """A new connection owes a request; read what it has sent."""
        self.expect(conn, self.service.settings.receive_timeout)
        self.receive(conn)

    def expect(self, conn: Connection, seconds: float) -> None:
        """Wait for a request on this connection."""
        conn.arrival = Arrival(self.service.settings.max_head)
        self.wait(conn, selectors.EVENT_READ, seconds)

    def receive(self, conn: Connection) -> None:
        """Read what there is."""
        data = conn.sock.receive(READ)
        if data:
            self.advance(conn, data)
        elif data is not None:
            self.end(conn)

    def advance(self, conn: Connection, data: bytes, *, may_be_familiar: bool = True) -> None:
        """Go on when the request is whole, or can be refused: this has come."""
        arrival = conn.arrival
        if arrival is None:
            return
        had_begun = arrival.has_begun
        if not had_begun and not arrival.kept:
            head = conn.familiar.whole(data) if may_be_familiar and len(data) < READ else None
            if head is not None:
                self.answer(conn, head, data[len(head.content) :])
                return
        is_new = arrival.head is None
        body = arrival.add(data)
        if not had_begun and arrival.has_begun:  # Once: no later byte prolongs it, and an empty line does not begin.
            self.wait(conn, selectors.EVENT_READ, self.service.settings.receive_timeout)
        if arrival.rest:
            self.keep_ahead(conn, data[-arrival.rest :])
        if conn.is_answered:
            self.go_on_behind(conn, arrival)
        else:
            self.take(conn, arrival, body, is_new=is_new)

    def take(self, conn: Connection, arrival: Arrival, body: bytes, *, is_new: bool) -> None:
        """Answer a request, ask the app about it, or keep what has come of it."""
        if arrival.is_whole and arrival.head is not None:
            self.answer(conn, arrival.head, body)
        elif is_new and arrival.head is not None:
            self.answer_head(conn, arrival.head, body)
        elif arrival.head is None:
            self.hold(conn, len(arrival.kept))
        else:
            self.keep(conn, body)
        if arrival.problem is not None and conn.arrival is arrival and not conn.is_answered:
            self.refuse(conn, arrival.problem)

    def keep_ahead(self, conn: Connection, data: bytes) -> None:
        """For later, if there is room; else this request is the last one."""
        try:
            conn.held.set(len(data))
            conn.ahead = data
        except Problem:
            conn.is_last = True

    def go_on_behind(self, conn: Connection, arrival: Arrival) -> None:
        """Drop what has come of a body behind its answer; once that is all, the next request may come."""
        if arrival.problem is not None:
            conn.keep = False
        if arrival.is_whole or arrival.problem is not None:
            conn.arrival = None
            self.send(conn)

    def keep(self, conn: Connection, body: bytes) -> None:
        """More of a body that is not whole: refused when it is too much."""
        conn.arrived.write(body)
        size, limit = conn.arrived.tell(), self.service.settings.max_body
        if size > limit:
            self.refuse(conn, too_large(limit))
        elif size > SMALL:
            self.hold(conn, size)

    def hold(self, conn: Connection, size: int) -> None:
        """So many bytes of a request that is not answered, as far as there is room."""
        try:
            conn.held.set(size)
        except Problem as problem:
            self.refuse(conn, problem)

    def answer_head(self, conn: Connection, head: Head, body: bytes) -> None:
        """Ask the app what it says to a request whose body is still to come: its answer, or that it wants the body."""
        conn.sock.body = None
        conn.sock.must_close = head.is_chunked or head.awaits or head.length > self.service.settings.max_body
        try:
            conn.keep = self.handle(conn, head)
        except BodyAwaited:
            self.await_body(conn, head, body)
            return
        conn.is_answered = True
        if not conn.keep:
            conn.arrival = None
        self.send(conn)

    def await_body(self, conn: Connection, head: Head, body: bytes) -> None:
        """Nothing speaks against this request."""
        if head.awaits:
            conn.sock.sendall(CONTINUE)
            conn.sock.flush_now()
        self.keep(conn, body)

    def answer(self, conn: Connection, head: Head, body: bytes) -> None:
        """Have a whole request answered, from memory: here if that is quick, else by a thread."""
        if conn.arrived.tell():
            conn.arrived.write(body)
            body, conn.arrived = conn.arrived.getvalue(), BytesIO()
        conn.arrival = None
        conn.sock.body, conn.sock.must_close = body, conn.is_last or len(body) > self.service.settings.max_body
        if self.is_quick(conn, body):
            conn.keep = self.handle(conn, head)
            self.send(conn)
            return
        try:
            conn.held.set(len(body) + len(conn.ahead))
        except Problem as problem:
            self.refuse(conn, problem)
            return
        self.forget(conn)
        self.tpool.submit(self.handle, conn, head).add_done_callback(
            lambda outcome: self.method_queue.defer(self.finish_request, conn, outcome)
        )

    def is_quick(self, conn: Connection, body: bytes) -> bool:
        """Can this request hold up nobody? Then the version that was asked is the one that answers."""
        try:
            conn.sock.version = self.service.quick_version(body)
        except Problem:
            return True  # No model, so all that can come of it is a refusal.
        return conn.sock.version is not None

    def handle(self, conn: Connection, head: Head) -> bool:
        """Have the app answer; gives whether another request may come. In the loop or in a thread."""
        try:
            if conn.request is None:
                conn.request = Request(self.cfg, IterUnreader((head.content,)), conn.client)
            return bool(self.handle_request(conn.request, conn))
        except ParseException:  # Nothing is known that passed before, and does not pass here.
            problem: Exception = bad_request("The server cannot read this request.")
        except (Exception, SystemExit) as error:
            problem = error if isinstance(error, Exception) else RuntimeError("aborted")
        if conn.sock.is_sent:  # Else an answer has begun, and can only be cut off.
            conn.sock.sendall(refusal(problem, self.service.begin_unseen()))
        return False

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
        else:  # A client that sends its body before it reads must not wait for one that waits for it.
            event = selectors.EVENT_WRITE if conn.arrival is None else BOTH
            if conn.event != event:
                self.wait(conn, event, self.service.settings.send_timeout)

    def go_on(self, conn: Connection) -> None:
        """After an answer: the rest of its request, or the next one, which may have come already, or the end."""
        if not conn.keep or conn.is_last:
            self.linger(conn)
        elif conn.arrival is not None:
            self.wait(conn, selectors.EVENT_READ, self.service.settings.receive_timeout)
        else:
            conn.finish()
            if conn.ahead:  # In the next round: others wait, too, and each of many would be a call inside the last.
                self.forget(conn)
                self.method_queue.defer(self.resume, conn)
            else:
                self.expect(conn, self.service.settings.keep_alive)

    def resume(self, conn: Connection) -> None:
        """Take up a connection with what had come behind the last request."""
        self.expect(conn, self.service.settings.keep_alive)
        data, conn.ahead = conn.ahead, b""
        conn.held.set(0)
        self.advance(conn, data, may_be_familiar=False)

    def end(self, conn: Connection) -> None:
        """The client has closed its side before its request was whole."""
        if conn.is_answered:
            conn.arrival, conn.keep = None, False
            self.send(conn)
        elif conn.arrival is None or conn.arrival.head is None:
            self.dismiss(conn)
        else:
            self.refuse(conn, incomplete_body())

    def give_up(self, conn: Connection) -> None:
        """A client has not done in time what it was waited for: a refusal, if there is a request to refuse."""
        if conn.arrival is None or conn.is_answered or not conn.arrival.has_begun:
            self.dismiss(conn)
        else:
            self.refuse(conn, too_slow(self.service.settings))

    def refuse(self, conn: Connection, problem: Problem) -> None:
        """End a connection with the answer to a request that will not be whole."""
        conn.arrival = None
        conn.keep = False
        conn.sock.sendall(refusal(problem, conn.sock.exchange or self.service.begin_unseen()))
        self.send(conn)
