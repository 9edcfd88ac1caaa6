"""The bytes of one HTTP/1.1 request as they come in: just enough framing to know when the request is whole.

What is whole here is parsed, and if need be refused, by gunicorn; a framing error only has to count as whole.
"""

from __future__ import annotations

import re
from typing import Final

from service.wire import MAX_FIELDS

LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,4000})[ \t]*\r\n", re.IGNORECASE)
CHUNK_SIZE: Final = re.compile(rb"(0*[0-9a-fA-F]{1,16})[ \t]*(?:;|\Z)")
CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
FRAMING: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n)", re.IGNORECASE)
EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
END_OF_HEAD: Final = b"\r\n\r\n"


class Arrival:
    """One request on its way in."""

    def __init__(self, max_head: int, max_body: int) -> None:
        self.data = bytearray()
        self._max_head, self._max_body = max_head, max_body
        self._head_end = 0
        """Where the body begins; 0 while the head is not whole."""
        self._fields = 0
        self._declared: int | None = None
        self._next_chunk: int | None = None
        """Where the next chunk of a chunked body begins."""
        self._joined = bytearray()
        """What the chunks before that hold."""

    def add(self, data: bytes) -> bytes:
        """Take what has come; gives what the client is to be sent meanwhile: `100 Continue` or nothing."""
        self.data += data
        if self._head_end:
            return b""
        end = self.data.find(END_OF_HEAD, max(0, len(self.data) - len(data) - 3))
        if end < 0:
            return b""
        return self._read_head(end + len(END_OF_HEAD))

    @property
    def head_too_large(self) -> bool:
        """Has the head not ended where it must have, or has it too many fields?"""
        return (self._head_end or len(self.data)) > self._max_head or self._fields > MAX_FIELDS

    @property
    def body_too_large(self) -> bool:
        """Is there, or will there be, more than is read? What follows on this connection is then no request."""
        return (self._declared or 0) > self._max_body or len(self._joined) > self._max_body

    def is_whole(self) -> bool:
        """Is everything there, or so much that it will be refused?"""
        if not self._head_end:
            return False
        if self._next_chunk is not None:
            whole = self._chunks_are_whole()
            del self.data[self._head_end : self._next_chunk]
            self._next_chunk = self._head_end
            return whole
        declared = self._declared or 0
        return declared > self._max_body or len(self.data) >= self._head_end + declared

    def request(self) -> bytes:
        """What the parser behind is to read. Many chunks have become one, as it takes time by the square of their
        number; where a faulty one follows, that is left for it to refuse. Of too much only the length is told."""
        if not self._joined:
            return bytes(self.data)
        if self.body_too_large:
            return FRAMING.sub(b"\r\nContent-Length: %d" % len(self._joined), self.data[: self._head_end])
        size = b"%x\r\n" % len(self._joined)
        return b"".join((self.data[: self._head_end], size, self._joined, b"\r\n", self.data[self._head_end :]))

    def _read_head(self, end: int) -> bytes:
        head = bytes(self.data[:end])
        self._fields = head.count(b"\r\n") - 2  # The request line and the empty one are none.
        length = LENGTH.search(head)
        self._declared = int(length[1]) if length else None
        answer = b""
        expectation = EXPECTS.search(head)
        if expectation:  # Answered here, so the parser behind must not see it and answer again.
            del self.data[expectation.start() : expectation.end()]
            end -= expectation.end() - expectation.start()
            answer = CONTINUE if (self._declared or 0) <= self._max_body else b""
        self._head_end = end
        self._next_chunk = end if CHUNKED.search(head) else None
        return answer

    def _chunks_are_whole(self) -> bool:
        while self._next_chunk is not None and len(self._joined) <= self._max_body:
            line_end = self.data.find(b"\r\n", self._next_chunk, self._next_chunk + self._max_head)
            if line_end < 0:
                return len(self.data) - self._next_chunk > self._max_head
            found = CHUNK_SIZE.match(self.data, self._next_chunk, line_end)
            if found is None:
                return True
            size = int(found[1], 16)
            if size == 0:  # The last chunk: trailers, if any, and an empty line.
                return self.data.find(END_OF_HEAD, line_end) >= 0 or len(self.data) - line_end > self._max_head
            start, end = line_end + 2, line_end + 2 + size
            if len(self._joined) + min(end, len(self.data)) - start > self._max_body:  # Whatever follows.
                self._joined += self.data[start:end]
                return True
            if len(self.data) < end + 2:
                return False
            if self.data[end : end + 2] != b"\r\n":
                return True
            self._joined += self.data[start:end]
            self._next_chunk = end + 2
        return True
