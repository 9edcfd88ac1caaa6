"""A server that answers as it is told to, byte for byte: what proxies, restarts and broken networks put in the way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

DEADLINE: Final = 20.0
Reply = bytes | Callable[[bytes], bytes]
"""What is sent for a request, given its head and body; nothing closes the connection without an answer."""


@dataclass
class Scripted:
    """Gives each request the next reply, and the last one to all that follow."""

    replies: Sequence[Reply]
    url: str = ""
    asked: list[bytes] = field(default_factory=list)
    """The requests that came: head and body."""

    def reply(self, request: bytes) -> bytes:
        """The reply to this request."""
        self.asked.append(request)
        given = self.replies[min(len(self.asked), len(self.replies)) - 1]
        return given if isinstance(given, bytes) else given(request)


@contextmanager
def scripted(*replies: Reply, host: str = "127.0.0.1") -> Iterator[Scripted]:
    """A context with such a server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        shown = f"[{host}]" if ":" in host else host
        server = Scripted(replies, f"http://{shown}:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, server))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(DEADLINE)


def _serve(listener: socket.socket, server: Scripted) -> None:
    threads = []
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(DEADLINE)
            threads.append(threading.Thread(target=_answer, args=(connection, server)))
            threads[-1].start()
    for thread in threads:
        thread.join(DEADLINE)


def _answer(connection: socket.socket, server: Scripted) -> None:
    """One request a connection, which is closed after its reply."""
    with connection, suppress(OSError):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        is_chunked = b"transfer-encoding: chunked" in head.lower()
        while len(body) < length or (is_chunked and not body.endswith(b"0\r\n\r\n")):
            body += connection.recv(65536)
        connection.sendall(server.reply(head + b"\r\n\r\n" + body))


def http(
    status: int, body: bytes = b"", kind: str = "application/json", *headers: str, length: int | None = None
) -> bytes:
    """The bytes of an answer; `length`: one that is not the body's."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", f"Content-Length: {size}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def problem(kind: str, status: int, *headers: str, detail: str = "Told.") -> bytes:
    """A problem document of this kind."""
    body = f'{{"type":"urn:twinserve:problem:{kind}","title":"T","status":{status},"detail":"{detail}","errors":[]}}'
    return http(status, body.encode(), "application/problem+json", *headers)
