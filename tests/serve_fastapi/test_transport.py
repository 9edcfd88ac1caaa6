"""What is sent together, and what is not kept."""

from __future__ import annotations

import asyncio

import pytest

from serve_fastapi.transport import CONTINUE, OnePiece

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Remembers what was sent in one piece each."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: object) -> None:
        self.sent.append(data)  # type: ignore[arg-type]  # Bytes is all that comes here.

    def close(self) -> None:
        self.sent.append(b"closed")


@pytest.fixture
def wire() -> Wire:
    """Nothing sent yet."""
    return Wire()


def test_a_head_and_its_body_are_one_piece(wire: Wire) -> None:
    transport = OnePiece(wire)
    for data in (HEAD, b"{}", b"more", HEAD, b"[]"):
        transport.write(data)
    assert wire.sent == [HEAD + b"{}", b"more", HEAD + b"[]"]


def test_100_continue_is_not_kept(wire: Wire) -> None:
    """The client waits for it."""
    OnePiece(wire).write(CONTINUE)
    assert wire.sent == [CONTINUE]


def test_a_head_without_a_body_is_sent_when_that_is_known(wire: Wire) -> None:
    """Once, whether the answer is complete or the connection closed."""
    transport = OnePiece(wire)
    transport.write(HEAD)
    transport.flush()
    transport.flush()
    transport.write(HEAD)
    transport.close()
    assert wire.sent == [HEAD, HEAD, b"closed"]
