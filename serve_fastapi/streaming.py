"""Streamed requests at this door: answered while the body arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from http import HTTPStatus

from starlette.types import Message, Receive

from serve_fastapi.deadline import reply_of_step, within
from twinserve.service.http.problem import incomplete_body
from twinserve.service.http.reply import StreamedReply
from twinserve.service.inference.streaming import STEP_SIZE, Streaming
from twinserve.service.raw_refusals import too_slow
from twinserve.service.settings import Settings


async def streamed(settings: Settings, streaming: Streaming, receive: Receive) -> StreamedReply:
    """The reply, once its first bytes are there; raises `Problem` if the request fails before them."""
    pieces = answer_pieces(settings, streaming, receive)
    try:
        first = await anext(pieces)
    except StopAsyncIteration:
        first = b""

    async def all_pieces() -> AsyncIterator[bytes]:
        try:
            yield first
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    return StreamedReply(HTTPStatus.OK, all_pieces(), streaming.media_type, streaming.headers)


async def answer_pieces(settings: Settings, streaming: Streaming, receive: Receive) -> AsyncGenerator[bytes, None]:
    """What can be answered so far, while the body is read: many a client reads nothing until it has sent everything."""
    with streaming:
        relay = Relay(settings, streaming, receive)
        task = asyncio.create_task(relay.run())
        try:
            while piece := await relay.next(task):
                yield piece
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task  # Also if it has ended: an error that nobody takes is logged with its traceback.


class Relay:
    """Reads and answers in a task of its own; another one takes the pieces of the answer and sends them."""

    def __init__(self, settings: Settings, streaming: Streaming, receive: Receive) -> None:
        self._settings, self._streaming, self._receive = settings, streaming, receive
        self._spool = streaming.spool
        self._added, self._taken = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Read the body and answer it, then give the rest as fast as the client reads; raises `Problem`."""
        async for chunk in body_pieces(self._settings, self._receive):
            for step in self._streaming.feed(chunk):
                self._add((await reply_of_step(step, self._settings.predict_timeout)).body)
                while self._spool.is_full:
                    await self._wait()
        for step in self._streaming.end():
            self._add((await reply_of_step(step, self._settings.predict_timeout)).body)
            while self._spool:
                await self._wait()

    async def next(self, task: asyncio.Task[None]) -> bytes:
        """The next piece, once there is one; empty where there will be none, as the task has ended."""
        while not self._spool and not task.done():
            self._added.clear()
            added = asyncio.ensure_future(self._added.wait())
            await asyncio.wait((task, added), return_when=asyncio.FIRST_COMPLETED)
            added.cancel()
        piece = self._spool.take()
        self._taken.set()
        return piece

    def _add(self, piece: bytes) -> None:
        if piece:
            self._spool.add(piece)
            self._added.set()

    async def _wait(self) -> None:
        self._taken.clear()
        await self._taken.wait()


async def body_pieces(settings: Settings, receive: Receive) -> AsyncIterator[bytes]:
    """The body as it arrives, in pieces of at most `STEP_SIZE` bytes, each awaited for `receive_timeout`."""
    more = True
    while more:
        try:
            message = await within(settings.receive_timeout, next_message(receive))
        except TimeoutError:
            raise too_slow(settings) from None
        if message["type"] != "http.request":
            raise incomplete_body()
        body, more = message.get("body", b""), message.get("more_body", False)
        for begin in range(0, len(body), STEP_SIZE):
            yield body[begin : begin + STEP_SIZE]


async def next_message(receive: Receive) -> Message:
    """The next message of the request."""
    return await receive()
