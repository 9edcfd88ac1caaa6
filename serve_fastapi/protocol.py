"""HTTP as uvicorn speaks it, and what it leaves out: a deadline for the request to arrive and one for its answer to be
taken in, a limit on its head, and an answer for a client that closes its side after sending."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serve_fastapi.cycle import DoorCycle
from serve_fastapi.plain import header_lookup
from service.problem import Problem, incomplete_body
from service.settings import Settings
from service.wire import MAX_FIELDS, head_too_large, refusal, too_slow

END_OF_HEAD: Final = b"\r\n\r\n"
UPGRADE: Final = re.compile(rb"\nupgrade(?=:)", re.IGNORECASE)

LINGER: Final = 2.0
"""Seconds that a stopping server keeps an idle connection, for a request that may be on its way: gunicorn's figure."""


class DoorProtocol(HttpToolsProtocol):
    """One connection; the app's lifespan state holds the service, whose settings hold here."""

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # None until a head is whole.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """A new connection owes a request."""
        super().connection_made(transport)
        self._settings: Settings = self.app_state["service"].settings
        self._head_size = 0
        self._in_head = True
        self._last = b""
        self._in_message = False
        self._is_ending = False
        """Does the server take no more requests?"""
        self._is_refused = False
        """Was a request refused before the app saw it? Then nothing behind it is read."""
        self._last_words: bytes | None = None
        """The refusal, while answers to requests before it are owed."""
        self._owed: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is owed any more."""
        self._stop_waiting()
        self._stop_expecting_reading()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not take what is written; it has so long to."""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        self._stop_expecting_reading()

    def on_response_complete(self) -> None:
        """The answer is written; what the client has not taken when the connection is closed is not left for ever."""
        was_last = not self.pipeline
        super().on_response_complete()
        if was_last and self._last_words is not None:
            self._end_with(self._last_words)
        elif self.transport.is_closing():
            self._expect_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Idle for long; a client that has not even taken its last answer will not."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def eof_received(self) -> bool:  # type: ignore[override]  # The base class leaves the answer to its transport.
        """Keep the other side open while an answer is owed; a body that can never be whole is refused here."""
        cycle = self.cycle
        if self._is_refused:
            return True
        if cycle is not None and cycle.more_body and not cycle.response_started:
            self._refuse(incomplete_body(), header_lookup(cycle.scope)("x-request-id"))
            return True
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        """Count the bytes of the head, roughly: the last ones may belong to the body already."""
        if self._is_refused:
            return
        if self._in_head:
            self._head_size += len(data)
            data = self._without_upgrade(data)
        super().data_received(data)
        if self._in_message:  # A timer for every request would take 2 us; most arrive in one piece.
            self._expect_request()
        if self._in_head and self._head_size > self._settings.max_head:
            self._refuse(head_too_large(self._settings))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._in_message = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; one behind the body (a trailer) is not to be taken for it, RFC 9110 section 6.5.1."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: hand the request on, unless it is too large."""
        self._in_head = False
        if self._is_refused:
            return
        if self._head_is_too_large():
            self._refuse(head_too_large(self._settings))
        else:
            super().on_headers_complete()
            if self.cycle is not None and (self._is_ending or self._body_is_too_long()):
                self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.__class__ = DoorCycle  # uvicorn has no setting for it.
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """A body behind a refused head goes nowhere."""
        if self.cycle is not None and not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has arrived whole; what comes next is another head."""
        self._stop_waiting()
        self._in_message = False
        self._head_size, self._in_head, self._last = 0, True, b""
        if self.cycle is not None and not self._is_refused:
            super().on_message_complete()

    def _without_upgrade(self, data: bytes) -> bytes:
        """The field under a name that means nothing: the parser skips the body of a request with this one, which
        clients that prefer HTTP/2 send with every request; no upgrade is ever taken up here."""
        seen, before = self._last + data, len(self._last)
        self._last = seen[-len(b"\nupgrade") :]
        if UPGRADE.search(seen) is None:
            return data
        head, end, rest = seen.partition(END_OF_HEAD)
        return (UPGRADE.sub(rb"\g<0>-", head) + end + rest)[before:]

    def _head_is_too_large(self) -> bool:
        limit = self._settings.max_head
        too_long = self._head_size > limit and self._exact_head_size() > limit
        return too_long or len(self.headers) > MAX_FIELDS

    def _body_is_too_long(self) -> bool:
        """Is it too long to be read on, whatever the answer? Its rest must not be taken for requests."""
        return int(dict(self.headers).get(b"content-length", 0)) > self._settings.max_body

    def shutdown(self) -> None:
        """The server takes no more. uvicorn would close an idle connection now, and lose what is on its way."""
        self._is_ending = True
        if self._is_idle():
            self.loop.call_later(min(LINGER, self._settings.grace / 2), self._close_idle)
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_idle(self) -> None:
        if self._is_idle() and not self._head_size:  # A head that has begun has its own deadline.
            self.transport.close()

    def _exact_head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _expect_request(self) -> None:
        if self._owed is None:
            self._owed = self.loop.call_later(self._settings.receive_timeout, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._owed is not None:
            self._owed.cancel()
            self._owed = None

    def _expect_reading(self) -> None:
        if self._unread is None:
            self._unread = self.loop.call_later(self._settings.send_timeout, self.transport.abort)

    def _stop_expecting_reading(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _too_slow(self) -> None:
        self._owed = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_request()  # The app is reading the body, under a deadline of its own.
        elif self._in_head and self._head_size:
            self._refuse(too_slow(self._settings))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem, given_id: str | None = None) -> None:
        """End the connection with a refusal, behind the answers to the requests before this one."""
        if self._is_refused:
            return
        self._is_refused = True
        words, cycle = refusal(problem, given_id), self.cycle
        reached_the_app = cycle is not None and cycle.more_body  # Else what is refused is a head.
        if reached_the_app and self.pipeline:  # As the last of those that wait for their turn.
            self.pipeline.popleft()
            self._last_words = words
        elif not reached_the_app and not self._is_idle():
            self._last_words = words
        else:
            self._end_with(words)

    def _end_with(self, words: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(words)
            self.transport.close()
            self._expect_reading()
