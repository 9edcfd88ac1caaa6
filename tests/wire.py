"""Messages of protobuf as no library writes them: the same content in other bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from twinserve.graph.protobuf import BYTES, VARINT, fields

Change = Callable[[bytes], bytes]


class Part(NamedTuple):
    """A field, or a run of numbers: its number and all its bytes."""

    number: int
    kind: int
    raw: bytes
    content: bytes


def parts(message: bytes) -> list[Part]:
    """The fields of a message in their order."""
    in_order, at = [], 0
    for field in fields(message, 0, len(message)):
        in_order.append(Part(field.number, field.kind, message[at : field.stop], message[field.start : field.stop]))
        at = field.stop
    return in_order


def number(value: int) -> bytes:
    """A number as protobuf writes it."""
    return (bytes([value & 0x7F | 0x80]) + number(value >> 7)) if value > 0x7F else bytes([value])


def field(place: int, content: bytes) -> bytes:
    """A field of bytes."""
    return number(place << 3 | BYTES) + number(len(content)) + content


def inside(path: Sequence[int], change: Change) -> Change:
    """Change the message that is found by following the first field of each number."""
    if not path:
        return change
    below = inside(path[1:], change)

    def changed(message: bytes) -> bytes:
        listed = parts(message)
        at = next(place for place, part in enumerate(listed) if part.number == path[0])
        anew = [part.raw for part in listed]
        anew[at] = field(path[0], below(listed[at].content))
        return b"".join(anew)

    return changed


def twice(place: int) -> Change:
    """The first field of this number stands there twice, side by side."""

    def changed(message: bytes) -> bytes:
        raws = [part.raw for part in parts(message) if part.number == place]
        return message.replace(raws[0], 2 * raws[0], 1)

    return changed


def turned(message: bytes) -> bytes:
    """Its fields in the opposite order."""
    return b"".join(part.raw for part in reversed(parts(message)))


def longer(place: int) -> Change:
    """The number, or the length, of the first field of this number takes a byte more than it needs."""

    def changed(message: bytes) -> bytes:
        part = next(part for part in parts(message) if part.number == place)
        if part.kind == VARINT:
            anew = part.raw[:-1] + bytes([part.raw[-1] | 0x80, 0])
        else:
            length = number(len(part.content))
            anew = number(place << 3 | BYTES) + length[:-1] + bytes([length[-1] | 0x80, 0]) + part.content
        return message.replace(part.raw, anew, 1)

    return changed
