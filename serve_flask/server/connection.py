"""A client's connection: what has come of its request, and what has not gone of its answer."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn

from serve_flask.body import KeptPlace
from serve_flask.server.streaming import BodyReader
from twinserve.service.exchange import Exchange
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.buffer import Held
from twinserve.service.http.head import Familiar
from twinserve.service.inference.version import ModelVersion


class ClientSocket(socket.socket):
    """A socket on which writing never waits: what is written stays here until the event loop sends it.

    It is what gunicorn hands through to the app, so it says what the app is to know of the request, too.
    """

    body: bytes | None = None
    """The whole body; none while that is still to come."""
    exchange: Exchange | None = None
    """The exchange that began with the head, where the body came later."""
    place: KeptPlace
    """What it holds of the places for requests in flight while a body comes."""
    reader: BodyReader | None = None
    """What reads the body, where the request is answered while it arrives."""
    is_cut = False
    """Was an answer cut off? Nothing more of it is sent."""
    version: ModelVersion | None = None
    """The version that can answer this request inline, once the worker has asked for one."""
    must_close = False
    """Is what follows the request that is answered not to be taken for another one?"""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._unsent = bytearray()
        self._seconds: float | None = None
        """How long writing may wait, where a thread writes."""
        self._has_written = False
        self.place = KeptPlace()

    @property
    def is_sent(self) -> bool:
        """Is nothing left to send, and nothing sent by a thread?"""
        return not self._unsent and not self._has_written

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Add to what is to be sent; in a thread that may wait, send it."""
        if self.is_cut:
            return
        if self._seconds is None:
            self._unsent += data
            return
        self._has_written = True
        self.settimeout(self._seconds)
        super().sendall(data)

    def flush(self) -> bool:
        """Send what the client takes now; is nothing left? Raises `OSError` if the client has gone."""
        while self._unsent:
            try:
                sent = self.send(self._unsent, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            del self._unsent[:sent]
        return True

    def flush_now(self) -> None:
        """Send what fits any socket's buffer; a client that has gone is noticed elsewhere."""
        with contextlib.suppress(OSError):
            self.flush()

    @contextlib.contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """While this lasts, whoever writes waits until the client has taken it, for so long."""
        self._seconds, self._has_written = seconds, False
        try:
            yield
        finally:
            self._seconds, self._has_written, self.is_cut, self.reader = None, False, False, None
            with contextlib.suppress(OSError):
                self.settimeout(None)

    def wait_for(self, size: int, seconds: float) -> bytes:
        """The next bytes, within so many seconds, else `TimeoutError`; empty if the client has closed its side."""
        self.settimeout(seconds)
        try:
            return self.recv(size)
        except TimeoutError:
            raise
        except OSError:
            return b""

    def receive(self, size: int) -> bytes | None:
        """What has come: none if there is nothing, empty if the client has closed its side or has gone."""
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
    """What it holds of the room for requests that arrive."""
    familiar: Familiar
    arrival: Arrival | None = None
    """The request that is awaited; none while one is answered, and when no other will be read."""
    request: Request | None = None
    """The head as gunicorn has it, once it is whole."""
    arrived: BytesIO
    """What has come of the body."""
    is_answered = False
    """Was the request answered by its head? What comes of its body is dropped."""
    ahead = b""
    """What has come behind the request."""
    is_last = False
    """Was there no room for what came behind the request? Then nothing behind it is one."""
    event = 0
    """What the event loop waits for, as `selectors` has it: to read, to write, both or nothing."""
    deadline = 0.0
    """When the client must have done what it is waited for, on the monotonic clock."""
    keep = False
    """Is another request welcome after the answer that is being sent?"""
    dropped = 0
    """Bytes that came behind the last answer."""
    until = 0.0
    """When to wait no longer for its end."""

    def finish(self) -> None:
        """Hold nothing of the request any more, but what came behind it."""
        self.arrival = self.request = self.sock.exchange = self.sock.body = self.sock.version = None
        self.is_answered = False
        if self.arrived.tell():
            self.arrived = BytesIO()
        self.held.set(len(self.ahead))
        self.sock.place.leave()
