"""How a response is sent: head and body in one write, where uvicorn writes twice."""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

from twinserve.service.http.problem import Problem
from twinserve.service.raw_refusals import CONTINUE

NOTHING_YET: Final[Any] = b""
"""What a piece of a body is added to. uvicorn takes a `bytearray`, into and out of which each piece is copied: 0.45 ms
of 0.6 MB, new memory included. Adding to no bytes copies none, and the app has mostly taken a piece before the next."""


class DoorCycle(RequestResponseCycle):
    """A request and its response. The head waits for its body, and both leave together if that is all.

    Measured at one worker: 12 us less for a request, and at one connection 15 % more requests, as each is one packet.
    """

    start: Any = None
    """The first message of the response, kept until its body is known."""
    _ends_with_connection = False
    """Does the end of the connection show where the body ends?"""
    problem: Problem | None = None
    """Why the body can never be complete."""
    closes_unread = False
    """Must the connection close if the answer is sent before the body has arrived? True for a chunked body, whose end
    could only be found by reading it, and for one that the client was not asked to send (100 Continue)."""

    def refuse(self, problem: Problem) -> None:
        """Make the app's next read of the body fail; its answer is the last one on this connection."""
        self.problem, self.keep_alive = problem, False
        self.message_event.set()

    async def receive(self) -> Any:
        """The next message, as uvicorn gives it; raises the `Problem` of a malformed or incomplete body."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(CONTINUE)
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        if self.problem is not None and self.more_body:
            raise self.problem
        message = {"type": "http.request", "body": self.body, "more_body": self.more_body}
        self.body = NOTHING_YET
        return message

    async def send(self, message: Any) -> None:
        """Send a message of the response. What `_whole` does not handle is left to uvicorn."""
        if message["type"] == "http.response.start" and not self.response_started:
            self.start = message
            return
        # While more of the answer follows, the body may still arrive completely.
        if self.closes_unread and self.more_body and not message.get("more_body"):
            self.keep_alive = False
        if self.disconnected and message.get("more_body"):
            raise ConnectionResetError("The client has gone.")  # As ASGI 2.4 requires.
        start, self.start = self.start, None
        if start is not None:
            whole = self._whole(start, message)
            if whole is not None:
                self._finish(whole)
                return
            self._frame(start)
            await super().send(start)
        if self._ends_with_connection:
            self.expected_content_length += len(message.get("body", b""))
        await super().send(message)

    def _frame(self, start: Any) -> None:
        """For HTTP/1.0, which has no chunks, the end of the connection is that of a body of unknown length."""
        has_length = any(name == b"content-length" for name, _ in start.get("headers", ()))
        if not has_length and self.scope["http_version"] == "1.0":
            self.chunked_encoding, self._ends_with_connection = False, True

    def _whole(self, start: Any, message: Any) -> bytes | None:
        """The bytes of an ordinary response: its body has the declared length and the connection is kept. Else None."""
        fields, body = tuple(start.get("headers", ())), message.get("body", b"")
        names, values = zip(*fields, strict=True) if fields else ((), ())
        if (
            message.get("more_body")
            or (b"content-length", b"%d" % len(body)) not in fields
            or b"connection" in names
            or b"transfer-encoding" in names
            or not self.keep_alive
            or self.disconnected
            or self.flow.write_paused
            or self.scope["method"] == "HEAD"
            or HEADER_RE.search(b"".join(names))
            or HEADER_VALUE_RE.search(b"".join(values))
        ):
            return None
        lines = [b"%s: %s\r\n" % field for field in (*self.default_headers, *fields)]
        return b"".join((STATUS_LINE[start["status"]], *lines, b"\r\n", body))

    def _finish(self, whole: bytes) -> None:
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(whole)
        self.message_event.set()
        self.on_response()
