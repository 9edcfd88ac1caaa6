"""A client's connection: the received part of its request, and the unsent part of its answer."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn

from twinserve.service.exchange import Exchange
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.buffer import Held
from twinserve.service.http.head import Familiar, Head
from twinserve.service.http.spool import Spool
from twinserve.service.inference.version import ModelVersion
from twinserve.wsgi.kept_place import KeptPlace
from twinserve.wsgi.server.streaming import BodyReader


class ClientSocket(socket.socket):
    """A socket that buffers what is written until the event loop sends it; a streaming thread writes directly, but for
    what a client does not read while it sends.

    gunicorn passes the socket on to the app, so it also carries what the app must know of the request.
    """

    body: bytes | None = None
    """The complete body; None until it has arrived."""
    exchange: Exchange | None = None
    """The exchange, if it began before the body arrived."""
    place: KeptPlace
    """The place among the requests in flight, held while the body arrives."""
    reader: BodyReader | None = None
    """Reads the body of a streamed request."""
    is_cut = False
    """Was an answer cut off? Nothing more of it is sent."""
    version: ModelVersion | None = None
    """The version that can answer this request inline, once the worker has asked for one."""
    must_close = False
    """Must the connection be closed after the answer, because what follows may not be a request?"""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._unsent = bytearray()
        self._seconds: float | None = None
        """How long writing may wait, where a thread writes."""
        self._spool: Spool | None = None
        """What follows the unsent bytes, where a thread writes."""
        self._has_written = False
        self.place = KeptPlace()

    @property
    def is_sent(self) -> bool:
        """Has nothing been written by a thread, and is nothing left to send?"""
        return not self._unsent and not self._has_written

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Buffer the data; in a streaming thread, send it, or keep it while the client sends and does not read."""
        if self.is_cut:
            return
        if self._spool is None:
            self._unsent += data
            return
        self._has_written = True
        self._spool.add(bytes(data))
        if self.reader is None or self.reader.is_whole or self._spool.is_full:
            self.drain()
        else:
            self._advance(self._spool)

    def drain(self) -> None:
        """In a streaming thread, send everything, and wait for the client."""
        self.settimeout(self._seconds)
        while piece := bytes(self._unsent) or (self._spool.take() if self._spool else b""):
            self._unsent.clear()
            super().sendall(piece)

    def _advance(self, spool: Spool) -> None:
        """Send what the client accepts now."""
        while self.flush() and spool:
            self._unsent += spool.take()

    def flush(self) -> bool:
        """Send what the client accepts now; is nothing left? Raises `OSError` if the client has gone."""
        while self._unsent:
            try:
                sent = self.send(self._unsent, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            del self._unsent[:sent]
        return True

    def flush_now(self) -> None:
        """Send a few bytes at once; an error is ignored, as the next read will report it."""
        with contextlib.suppress(OSError):
            self.flush()

    @contextlib.contextmanager
    def waiting(self, seconds: float, most: int) -> Iterator[None]:
        """Within this context, writing sends directly and waits for the client, up to `seconds` each time. As long as
        the body arrives, up to `most` bytes of the answer wait for a client that does not read."""
        self._seconds, self._has_written, self._spool = seconds, False, Spool(most)
        try:
            yield
            self.drain()
        finally:
            self._spool.close()
            self._unsent.clear()
            self._seconds, self._has_written, self._spool, self.is_cut, self.reader = None, False, None, False, None
            with contextlib.suppress(OSError):
                self.settimeout(None)

    def wait_for(self, size: int, seconds: float) -> bytes:
        """The next bytes; empty if the client has closed its side. Raises `TimeoutError` after `seconds`."""
        try:
            if self._unsent or self._spool:
                self._send_until_readable(time.monotonic() + seconds)
            self.settimeout(seconds)
            return self.recv(size)
        except TimeoutError:
            raise
        except OSError:
            return b""

    def _send_until_readable(self, deadline: float) -> None:
        """Send what the client accepts until it sends something itself."""
        poll = select.poll()
        poll.register(self, select.POLLIN | select.POLLOUT)
        while ready := poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            if ready[0][1] & ~select.POLLOUT:
                return
            self.flush()
            if self._spool and not self._unsent:
                self._unsent += self._spool.take()
            if not self._unsent:
                return
        raise TimeoutError

    def receive(self, size: int) -> bytes | None:
        """What has arrived: None if nothing has, empty if the client has closed its side or has gone."""
        try:
            return self.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types.
    """One connection in the event loop."""

    sock: ClientSocket
    held: Held
    """The bytes that it holds, counted in `service.room`."""
    familiar: Familiar
    arrival: Arrival | None = None
    """The request that is being read; None while one is answered, and when no other will be read."""
    head: Head | None = None
    """The head that gunicorn parsed last."""
    request: Request | None = None
    """That head as gunicorn parses it; the app is given copies of what is in it."""
    arrived: BytesIO
    """The received part of the body."""
    is_answered = False
    """Has the request been answered before its body arrived? Then the body is dropped."""
    ahead = b""
    """What arrived after the request."""
    is_last = False
    """Was there no room for what arrived after the request? Then the connection closes after it."""
    event = 0
    """The `selectors` events that the loop waits for; 0 for none."""
    deadline = 0.0
    """When the loop stops waiting for the client, on the monotonic clock."""
    keep = False
    """Can the connection be used again after the answer that is being sent?"""
    dropped = 0
    """Bytes that arrived after the last answer."""
    until = 0.0
    """When lingering ends, on the monotonic clock."""

    def finish(self) -> None:
        """Forget the request, but keep what arrived after it."""
        self.arrival = self.sock.exchange = self.sock.body = self.sock.version = None
        self.is_answered = False
        if self.arrived.tell():
            self.arrived = BytesIO()
        self.held.set(len(self.ahead))
        self.sock.place.leave()
