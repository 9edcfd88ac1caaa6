"""How a request that has been read reaches the app: by uvicorn's parser, or without it if it repeats the last head."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, cast

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from serve_fastapi.server.connection import TimedProtocol
from serve_fastapi.server.response_cycle import NOTHING_YET, DoorCycle
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.head import METHODS, Head, known
from twinserve.service.http.problem import Problem, bad_request

LAST_CHUNK: Final = b"0\r\n\r\n"
LONG: Final = 16 * 1024
"""Bytes that take longer to be copied behind their head than the parser takes to be called once more."""


class ParsingProtocol(TimedProtocol):
    """Gives uvicorn's parser what our own reader has accepted, and starts the app."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """Begin without a head."""
        super().connection_made(transport)
        self._shown: Head | None = None
        """The head that the parser was given last."""
        self._fresh_scope: Mapping[str, Any] = {}
        """The scope of that head, as no app has changed it."""

    @abstractmethod
    def _refuse(self, problem: Problem) -> None:
        """Refuse a request."""

    def _pass_on(self, head: Head, data: bytes) -> None:
        """Give the parser a whole request, or start the app at once if its head is the last one's."""
        if head is self._shown and self.cycle is not None and self.cycle.keep_alive and not self._is_ending:
            self._repeat(data[len(head.content) :])
        else:
            self._shown = head
            self._feed(data)

    def _repeat(self, body: bytes) -> None:
        """Start the app for a request with the head of the last one, without the parser: 8 to 10 % more requests of
        three header fields, measured at one connection and at 16."""
        fresh = self._fresh_scope
        own = {"asgi": {**fresh["asgi"]}, "headers": [*fresh["headers"]], "state": self.app_state.copy()}
        self.cycle = self._cycle({**fresh, **own})
        self.cycle.body = body  # type: ignore[assignment]  # See `NOTHING_YET`.
        self.cycle.more_body = False
        self.cycle.message_event.set()
        super()._start_asgi_task(self.cycle, self.app)

    def _cycle(self, scope: Any) -> DoorCycle:
        """The next request of a connection that is kept, as uvicorn makes one."""
        return DoorCycle(
            scope=scope,
            transport=self.transport,  # type: ignore[arg-type]  # It has the methods of one.
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )

    def _show(self, arrival: Arrival, head: Head, body: bytes, *, is_new: bool) -> None:
        """Give the parser what has arrived of a request, without its chunked coding."""
        if head.is_chunked:
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + (LAST_CHUNK if arrival.is_whole else b"")
        if is_new:
            self._shown = head
            content = head.content if head.method in METHODS else known(head.content)
            if len(body) < LONG:
                body = content + body
            else:
                self._feed(content)
        self._feed(body)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserError:  # No request is known that our reader accepts and httptools refuses.
            self._refuse(bad_request("The server cannot read this request."))

    def on_headers_complete(self) -> None:
        """Start the app: the head is complete."""
        head = cast("Head", self._shown)
        self.expect_100_continue = head.awaits
        super().on_headers_complete()
        if head.method not in METHODS:
            self.scope["method"] = head.method.decode("ascii")
        self._fresh_scope = {**self.scope, "asgi": {**self.scope["asgi"]}, "headers": [*self.headers]}
        if self.cycle is not None:
            self.cycle.closes_unread = head.awaits or head.is_chunked
            if self._is_ending or head.length > self._settings.max_body:
                self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.__class__ = DoorCycle  # uvicorn has no setting for it.
        cycle.body = NOTHING_YET
        super()._start_asgi_task(cycle, app)
