"""A stream at this door whose client leaves: what then fails in the task that answers is nobody's to be told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast

from starlette.types import Message

from serve_fastapi.streaming import answer_pieces
from twinserve.service.http.reply import Header
from twinserve.service.inference.pool import Pool
from twinserve.service.inference.question import Question
from twinserve.service.inference.streaming import Streaming
from twinserve.service.protocols.dialect import Asked, Codec
from twinserve.service.settings import Settings


class Echo:
    """A stream that answers with what it is fed."""

    media_type = "text/plain"
    headers: tuple[Header, ...] = ()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    def end(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """It holds nothing."""


def test_a_client_that_leaves_while_nobody_takes_the_next_piece_is_logged_nowhere() -> None:
    told: list[dict[str, Any]] = []

    async def leave() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        left = asyncio.Event()

        async def receive() -> Message:
            if left.is_set():
                return {"type": "http.disconnect"}
            left.set()
            return {"type": "http.request", "body": b"a row", "more_body": True}

        question = Question(b"", cast("Asked", None), cast("Codec", None), "7", None)
        streaming = Streaming(Echo(), question, Pool(1, 1, 10.0), 1_000, ExitStack())
        pieces = answer_pieces(Settings(), streaming, receive)
        assert await anext(pieces) == b"a row"
        while len(asyncio.all_tasks()) > 1:  # The one that answers fails meanwhile.
            await asyncio.sleep(0.001)
        await pieces.aclose()
        del pieces
        gc.collect()

    asyncio.run(leave())
    assert told == []
