"""A client's connection: what has come of its request, and what has not gone of its answer."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

from gunicorn.workers.gthread import TConn

from serve_flask.arrival import Arrival


class ClientSocket(socket.socket):
    """A socket on which writing never waits: what is written stays here until the event loop sends it."""

    must_close = False
    """Is what follows the request that is answered not to be taken for another one?"""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._unsent = bytearray()

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Add to what is to be sent."""
        self._unsent += data

    def flush(self) -> bool:
        """Send what the client takes now; is nothing left? Raises `OSError` if the client has gone."""
        while self._unsent:
            try:
                sent = self.send(self._unsent, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            del self._unsent[:sent]
        return True

    def receive(self, size: int) -> bytes | None:
        """What has come: none if there is nothing, empty if the client has closed its side or has gone."""
        try:
            return self.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def limit_waiting(self, seconds: float) -> None:
        """Let nobody wait longer than this for bytes: the kernel ends the call."""
        interval = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types.
    """One connection in the event loop."""

    sock: ClientSocket
    arrival: Arrival | None = None
    """The request that is awaited; none while one is answered, and when no other will be read."""
    event = 0
    """What the event loop waits for, as `selectors` has it: to read, to write, or nothing."""
    deadline = 0.0
    """When the client must have done what it is waited for, on the monotonic clock."""
    keep = False
    """Is another request welcome after the answer that is being sent?"""

    def send_now(self, data: bytes) -> None:
        """Send what fits any socket's buffer; a client that has gone is not missed."""
        with contextlib.suppress(OSError):
            self.sock.send(data, socket.MSG_DONTWAIT)
