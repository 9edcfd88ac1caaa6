"""Which responses are sent as one piece, and which are left to uvicorn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from serve_fastapi.server.response_cycle import DoorCycle

LENGTH = (b"content-length", b"2")
DATE = (b"date", b"today")


class Wire(asyncio.Transport):
    """Records each piece that is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: object) -> None:
        self.sent.append(bytes(data))  # type: ignore[call-overload]  # Bytes is all that comes here.

    def close(self) -> None:
        self.sent.append(b"closed")

    def is_closing(self) -> bool:
        return b"closed" in self.sent


def made(wire: Wire, *, keep_alive: bool = True, method: str = "POST", continues: bool = False) -> DoorCycle:
    """A request that waits for its response."""
    log = logging.getLogger("test")
    return DoorCycle(
        scope={"type": "http", "http_version": "1.1", "method": method},  # type: ignore[typeddict-item]  # No more is read.
        transport=wire,
        flow=FlowControl(wire),
        logger=log,
        access_logger=log,
        access_log=False,
        default_headers=[DATE],
        message_event=asyncio.Event(),
        expect_100_continue=continues,
        keep_alive=keep_alive,
        on_response=lambda: wire.sent.append(b"done"),
    )


def start(*fields: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    """The ASGI message that starts a response."""
    return {"type": "http.response.start", "status": status, "headers": fields}


def body(data: bytes = b"{}", *, more: bool = False) -> dict[str, Any]:
    """The ASGI message with (a part of) its body."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def sent(cycle: DoorCycle, wire: Wire, messages: Sequence[Any]) -> list[bytes]:
    """The pieces that are sent for these messages."""

    async def send() -> None:
        for message in messages:
            await cycle.send(message)

    asyncio.run(send())
    return [data for data in wire.sent if data]


def test_a_head_and_its_body_are_one_piece() -> None:
    """Head and body are one piece, the server's default headers first."""
    wire = Wire()
    cycle = made(wire)
    whole = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\nx-a: b\r\n\r\n{}"
    assert sent(cycle, wire, [start(LENGTH, (b"x-a", b"b")), body()]) == [whole, b"done"]
    assert cycle.response_complete


def test_no_head_leaves_before_its_body() -> None:
    """No head is sent before its body, so that an error can still replace the response."""
    wire = Wire()
    cycle = made(wire)
    assert sent(cycle, wire, [start(LENGTH)]) == []
    assert not cycle.response_started
    pieces = sent(cycle, wire, [start(LENGTH, status=500), body()])
    assert pieces[0].startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([start(), body()], [b"transfer-encoding: chunked"]),
        ([start((b"content-length", b"4")), body(more=True), body()], [b"content-length: 4"]),
        ([start(LENGTH, (b"connection", b"close")), body()], [b"connection: close"]),
        ([start((b"transfer-encoding", b"chunked")), body()], [b"transfer-encoding: chunked"]),
        ([start(status=204), body(b"")], [b"204 No Content"]),
    ],
    ids=["no length", "in parts", "closing", "chunked", "without a body"],
)
def test_what_is_not_ordinary_leaves_as_uvicorn_has_it(messages: Sequence[Any], expected: Sequence[bytes]) -> None:
    """Other responses are sent by uvicorn, in two pieces."""
    wire = Wire()
    pieces = sent(made(wire), wire, messages)
    assert all(part in pieces[0] for part in expected)
    assert pieces[0].endswith(b"\r\n\r\n")
    assert pieces[-1] == b"done"


def test_a_connection_that_ends_says_so() -> None:
    """A response with `Connection: close` closes the connection."""
    wire = Wire()
    pieces = sent(made(wire, keep_alive=False), wire, [start(LENGTH), body()])
    assert b"connection: close" in pieces[0]
    assert b"closed" in pieces


def test_head_gets_no_body() -> None:
    """HEAD gets the Content-Length and no body."""
    wire = Wire()
    pieces = sent(made(wire, method="HEAD"), wire, [start(LENGTH), body()])
    assert pieces[0].endswith(b"content-length: 2\r\n\r\n")
    assert pieces[1:] == [b"done"]


@pytest.mark.parametrize("field", [(b"x-a", b"b\r\nx-c: d"), (b"x-a\r\nx-c", b"b"), (b"x-a", b"b\x00")])
def test_a_field_with_a_line_break_is_refused(field: tuple[bytes, bytes]) -> None:
    """A header with a line break is refused, as by uvicorn."""
    wire = Wire()
    with pytest.raises(RuntimeError, match="Invalid HTTP header"):
        sent(made(wire), wire, [start(LENGTH, field), body()])
    assert wire.sent == []


def test_whoever_is_gone_is_sent_nothing() -> None:
    """A client that has disconnected is sent nothing, without an error."""
    wire = Wire()
    cycle = made(wire)
    cycle.disconnected = True
    assert sent(cycle, wire, [start(LENGTH), body()]) == []
