"""How a gunicorn worker takes requests and sends answers, so that a slow client holds no thread.

A complete request that is quick to answer is answered in the event loop: a hop to a thread and back costs as much as
a framework. When only the head of a request has arrived, the app is called with the head alone; if it refuses, the
body is dropped as it arrives. Whatever a client does not accept of an answer at once is sent by the loop later. A
client that closes its side after its request still gets the answer. Only a streamed request holds a thread while its
client sends and reads, and `service.streams` limits those.
"""

from __future__ import annotations

import selectors
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from io import BytesIO

from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from twinserve.service.background import let_others_go_first
from twinserve.service.http.head import Head
from twinserve.service.http.problem import Problem, bad_request, incomplete_body
from twinserve.service.raw_refusals import CONTINUE, refusal, too_slow
from twinserve.wsgi.second_call import BodyAwaited, StreamAwaited
from twinserve.wsgi.server.arriving import ArrivingWorker
from twinserve.wsgi.server.connection import Connection
from twinserve.wsgi.server.door import request_threads
from twinserve.wsgi.server.streaming import BodyReader
from twinserve.wsgi.server.waiting import BOTH


class DoorWorker(ArrivingWorker):
    """A threaded worker that reads requests and sends answers in its event loop."""

    @cached_property
    def stream_threads(self) -> ThreadPoolExecutor:
        """For streams whose body comes while they are answered; they let the event loop go first."""
        return ThreadPoolExecutor(request_threads(self.service.settings), "stream", let_others_go_first)

    def answer_head(self, conn: Connection, head: Head, body: bytes) -> None:
        """Call the app with a request whose body has not arrived: it refuses the head, or asks for the body."""
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
        """Wait for the body of a request whose head was not refused; `body` is the part that has arrived."""
        if head.awaits:
            conn.sock.sendall(CONTINUE)
            conn.sock.flush_now()
        self.keep(conn, body)

    def answer(self, conn: Connection, head: Head, body: bytes) -> None:
        """Answer a complete request: in the event loop if that is quick, else in a thread."""
        if conn.arrived.tell():
            conn.arrived.write(body)
            body, conn.arrived = conn.arrived.getvalue(), BytesIO()
        conn.arrival = None
        conn.sock.body, conn.sock.must_close = body, conn.is_last or len(body) > self.service.settings.max_body
        if self.is_quick(conn, head, body):
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

    def is_quick(self, conn: Connection, head: Head, body: bytes) -> bool:
        """Can the event loop answer this request without delaying others? The version that says so will answer it."""
        try:
            conn.sock.version = self.service.quick_version(body, head.path)
        except Problem:
            return True  # No model is open, so the answer is a refusal.
        return conn.sock.version is not None

    def stream(self, conn: Connection, head: Head, body: bytes) -> None:
        """Answer a request while it arrives, in a thread that reads the rest of its body."""
        if head.awaits:
            conn.sock.sendall(CONTINUE)
            conn.sock.flush_now()
        self.forget(conn)
        conn.sock.must_close = False
        self.read_from(conn, body)
        conn.arrival = None
        self.stream_threads.submit(self.handle_stream, conn, head).add_done_callback(
            lambda outcome: self.method_queue.defer(self.finish_request, conn, outcome)
        )

    def read_from(self, conn: Connection, body: bytes) -> None:
        """Let the app read the body from the connection; `body` is the part that has arrived."""
        receive = partial(conn.sock.wait_for, seconds=self.service.settings.receive_timeout)
        conn.sock.reader = BodyReader(receive, conn.arrival, body)

    def handle_whole(self, conn: Connection, head: Head, body: bytes) -> bool:
        """Call the app with a complete request, in a thread."""
        try:
            return self.handle(conn, head)
        except StreamAwaited:
            self.read_from(conn, body)
            return self.handle_stream(conn, head)

    def handle_stream(self, conn: Connection, head: Head) -> bool:
        """Call the app with a streamed request, in a thread; returns whether the connection can be used again."""
        reader, settings = conn.sock.reader, self.service.settings
        with conn.sock.waiting(settings.send_timeout, settings.max_bulk):
            keep = self.handle(conn, head)
            conn.ahead = (reader.ahead if reader else b"") or conn.ahead
            return keep and reader is not None and reader.is_whole and not conn.sock.is_cut

    def handle(self, conn: Connection, head: Head) -> bool:
        """Call the app, in the event loop or in a thread; returns whether the connection can be used again."""
        try:
            return bool(self.handle_request(self.parsed(conn, head), conn))
        except ParseException:  # Not expected: the head has passed our own parser.
            problem: Exception = bad_request("The server cannot read this request.")
        except (Exception, SystemExit) as error:
            problem = error if isinstance(error, Exception) else RuntimeError("aborted")
        if conn.sock.is_sent:  # Else an answer has begun, and can only be cut off.
            conn.sock.sendall(refusal(problem, self.service.begin_unseen()))
        return False

    def parsed(self, conn: Connection, head: Head) -> Request:
        """The head as gunicorn parses it, once for all requests in a row that repeat it: 20 % more requests at one
        connection, 40 % at 16."""
        if conn.request is None or conn.head is not head:
            conn.request, conn.head = Request(self.cfg, IterUnreader((head.content,)), conn.client), head
        return conn.request

    def finish_request(self, conn: Connection, outcome: Future[bool]) -> None:
        """Send the answer that a thread has made."""
        conn.keep = not outcome.cancelled() and outcome.exception() is None and outcome.result()
        self.send(conn)

    def send(self, conn: Connection) -> None:
        """Send as much of the answer as the client accepts now; the loop sends the rest later."""
        try:
            sent = conn.sock.flush()
        except OSError:
            self.close_connection(conn)
            return
        if sent:
            self.go_on(conn)
        else:  # Read as well: the client may send its whole body before it reads the answer.
            event = selectors.EVENT_WRITE if conn.arrival is None else BOTH
            if conn.event != event:
                self.wait(conn, event, self.service.settings.send_timeout)

    def go_on(self, conn: Connection) -> None:
        """After an answer: wait for the rest of the request, take the next one, or close."""
        if not conn.keep or conn.is_last:
            self.linger(conn)
        elif conn.arrival is not None:
            self.wait(conn, selectors.EVENT_READ, self.service.settings.receive_timeout)
        else:
            conn.finish()
            if conn.ahead:  # In the loop's next round: other clients wait, and the calls must not nest.
                self.forget(conn)
                self.method_queue.defer(self.resume, conn)
            else:
                self.expect(conn, self.service.settings.keep_alive)

    def resume(self, conn: Connection) -> None:
        """Go on with the bytes that arrived after the last request."""
        self.expect(conn, self.service.settings.keep_alive)
        data, conn.ahead = conn.ahead, b""
        conn.held.set(0)
        self.advance(conn, data, may_be_familiar=False)

    def end(self, conn: Connection) -> None:
        """The client has closed its side before its request was complete."""
        if conn.is_answered:
            conn.arrival, conn.keep = None, False
            self.send(conn)
        elif conn.arrival is None or conn.arrival.head is None:
            self.close_connection(conn)
        else:
            self.refuse(conn, incomplete_body())

    def give_up(self, conn: Connection) -> None:
        """A client was too slow: refuse its request, or close the connection if none has begun."""
        if conn.arrival is None or conn.is_answered or not conn.arrival.has_begun:
            self.close_connection(conn)
        else:
            self.refuse(conn, too_slow(self.service.settings))

    def refuse(self, conn: Connection, problem: Problem) -> None:
        """Refuse a request that will not be read completely, and close the connection."""
        conn.arrival = None
        conn.keep = False
        conn.sock.sendall(refusal(problem, conn.sock.exchange or self.service.begin_unseen()))
        self.send(conn)
