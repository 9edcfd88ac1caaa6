"""Headers of a name that is there twice; streamed answers under ASGI, made in a thread and ended with the client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from http import HTTPStatus

import pytest

from serve_django.app import set_up
from serve_django.responses import Rendered, in_thread

set_up()
TWICE = [("Vary", "Accept"), ("X-Empty", ""), ("vary", "Origin"), ("X-List", "Accept, Origin")]
ENDED: list[str] = []


def pieces() -> Generator[bytes]:
    """Two pieces, each with the name of its thread."""
    try:
        for _ in range(2):
            yield threading.current_thread().name.encode()
    finally:
        ENDED.append(threading.current_thread().name)


def test_a_header_that_is_there_twice_is_sent_twice() -> None:
    """And another of the same value, or of none, as it is."""
    sent = list(Rendered(b"", HTTPStatus.OK, TWICE).items())
    assert sent == [("vary", "Accept"), ("vary", "Origin"), ("X-Empty", ""), ("X-List", "Accept, Origin")]


def test_a_header_to_which_a_middleware_added_is_one() -> None:
    response = Rendered(b"", HTTPStatus.OK, TWICE)
    response.headers["Vary"] += ", Cookie"
    assert dict(response.items())["Vary"] == "Accept, Origin, Cookie"


@pytest.mark.parametrize("wanted", [1, 2])
def test_pieces_are_made_beside_the_loop_and_closed_in_the_end(wanted: int) -> None:
    """Also where a client leaves before the end."""
    ENDED.clear()

    async def taken() -> list[bytes]:
        answer, found = in_thread(pieces()), []
        async for piece in answer:
            found.append(piece)
            if len(found) == wanted:
                break
        await answer.aclose()  # type: ignore[attr-defined]  # A generator has it.
        return found

    names = asyncio.run(taken())
    assert len(names) == wanted
    assert threading.current_thread().name.encode() not in names
    assert len(ENDED) == 1
