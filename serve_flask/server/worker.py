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

from serve_flask.body import BodyAwaited, StreamAwaited
from serve_flask.server.arriving import ArrivingWorker
from serve_flask.server.connection import Connection
from serve_flask.server.poller import BOTH
from serve_flask.server.streaming import BodyReader
from twinserve.service.http.head import Head
from twinserve.service.http.problem import Problem, bad_request, incomplete_body
from twinserve.service.http.raw_refusals import CONTINUE, refusal, too_slow


class DoorWorker(ArrivingWorker):
    """A threaded worker whose threads never wait for a client."""

    def answer_head(self, conn: Connection, head: Head, body: bytes) -> None:
        """Ask the app what it says to a request whose body is still to come: its answer, or that it wants the body."""
        conn.sock.body = None
        conn.sock.must_close = head.is_chunked or head.awaits or head.length > self.service.settings.max_body
        try:
            conn.keep = self.handle(conn, head)
        except BodyAwaited:
            self.await_body(conn, head, body)
            return
        except StreamAwaited:
            self.stream(conn, head, body)
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
            try:
                conn.keep = self.handle(conn, head)
            except StreamAwaited:
                self.stream(conn, head, body)
            else:
                self.send(conn)
            return
        try:
            conn.held.set(len(body) + len(conn.ahead))
        except Problem as problem:
            self.refuse(conn, problem)
            return
        self.forget(conn)
        self.tpool.submit(self.handle_whole, conn, head, body).add_done_callback(
            lambda outcome: self.method_queue.defer(self.finish_request, conn, outcome)
        )

    def is_quick(self, conn: Connection, body: bytes) -> bool:
        """Can this request hold up nobody? Then the version that was asked is the one that answers."""
        try:
            conn.sock.version = self.service.quick_version(body)
        except Problem:
            return True  # No model, so all that can come of it is a refusal.
        return conn.sock.version is not None

    def stream(self, conn: Connection, head: Head, body: bytes) -> None:
        """Have a request answered while it arrives, by a thread that reads what is still to come."""
        if head.awaits:
            conn.sock.sendall(CONTINUE)
            conn.sock.flush_now()
        self.forget(conn)
        conn.sock.must_close = False
        conn.sock.reader = BodyReader(conn, body, self.service.settings)
        conn.arrival = None
        self.tpool.submit(self.handle_stream, conn, head).add_done_callback(
            lambda outcome: self.method_queue.defer(self.finish_request, conn, outcome)
        )

    def handle_whole(self, conn: Connection, head: Head, body: bytes) -> bool:
        """Have the app answer a request that is there, in a thread."""
        try:
            return self.handle(conn, head)
        except StreamAwaited:
            conn.sock.reader = BodyReader(conn, body, self.service.settings)
            return self.handle_stream(conn, head)

    def handle_stream(self, conn: Connection, head: Head) -> bool:
        """The same in that thread; another request may come if all of this one has been read."""
        reader = conn.sock.reader
        with conn.sock.waiting(self.service.settings.send_timeout):
            keep = self.handle(conn, head)
            return keep and reader is not None and reader.is_whole and not conn.sock.is_cut

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
