"""What leaves together, and what is left to uvicorn."""

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
    """Remembers what was sent in one piece each."""

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
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item]  # No more is read.
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
    """The message that begins a response."""
    return {"type": "http.response.start", "status": status, "headers": fields}


def body(data: bytes = b"{}", *, more: bool = False) -> dict[str, Any]:
    """A message that goes on with it."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def sent(cycle: DoorCycle, wire: Wire, messages: Sequence[Any]) -> list[bytes]:
    """What these messages put on the wire."""

    async def send() -> None:
        for message in messages:
            await cycle.send(message)

    asyncio.run(send())
    return [data for data in wire.sent if data]


def test_a_head_and_its_body_are_one_piece() -> None:
    """With the server's own fields first, and the request is done."""
    wire = Wire()
    cycle = made(wire)
    whole = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\nx-a: b\r\n\r\n{}"
    assert sent(cycle, wire, [start(LENGTH, (b"x-a", b"b")), body()]) == [whole, b"done"]
    assert cycle.response_complete


def test_no_head_leaves_before_its_body() -> None:
    """Until then, what fails can still be answered otherwise."""
    wire = Wire()
    cycle = made(wire)
    assert sent(cycle, wire, [start(LENGTH)]) == []
    assert not cycle.response_started
    found = sent(cycle, wire, [start(LENGTH, status=500), body()])
    assert found[0].startswith(b"HTTP/1.1 500 ")


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
    """In two pieces, and done in the end."""
    wire = Wire()
    found = sent(made(wire), wire, messages)
    assert all(part in found[0] for part in expected)
    assert found[0].endswith(b"\r\n\r\n")
    assert found[-1] == b"done"


def test_a_connection_that_ends_says_so() -> None:
    """And is closed."""
    wire = Wire()
    found = sent(made(wire, keep_alive=False), wire, [start(LENGTH), body()])
    assert b"connection: close" in found[0]
    assert b"closed" in found


def test_head_gets_no_body() -> None:
    """Its length all the same."""
    wire = Wire()
    found = sent(made(wire, method="HEAD"), wire, [start(LENGTH), body()])
    assert found[0].endswith(b"content-length: 2\r\n\r\n")
    assert found[1:] == [b"done"]


@pytest.mark.parametrize("field", [(b"x-a", b"b\r\nx-c: d"), (b"x-a\r\nx-c", b"b"), (b"x-a", b"b\x00")])
def test_a_field_with_a_line_break_is_refused(field: tuple[bytes, bytes]) -> None:
    """As uvicorn does."""
    wire = Wire()
    with pytest.raises(RuntimeError, match="Invalid HTTP header"):
        sent(made(wire), wire, [start(LENGTH, field), body()])
    assert wire.sent == []


def test_whoever_is_gone_is_sent_nothing() -> None:
    """And nothing fails."""
    wire = Wire()
    cycle = made(wire)
    cycle.disconnected = True
    assert sent(cycle, wire, [start(LENGTH), body()]) == []
