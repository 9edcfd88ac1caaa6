"""Bodies of any size that are made to cost as much as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

Shape = Callable[[int], bytes]
"""Makes a body of about this many bytes."""


def repeated(begin: bytes, piece: bytes, end: bytes) -> Shape:
    """A shape that repeats a piece."""
    return lambda size: begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end


def _unknown_keys(size: int, end: bytes = b"}") -> bytes:
    return b"{" + b",".join(b'"k%07d":1' % number for number in range(size // 13)) + end


SHAPES: Final[Mapping[str, Shape]] = {
    "open arrays": repeated(b"", b"[", b""),
    "empty instances": repeated(b"[", b"{},", b"{}]"),
    "empty arrays": repeated(b"[", b"[],", b"[]]"),
    "wrong instances": repeated(b"[", b'{"a":1},', b"1]"),
    "nested instances": repeated(b"[", b'{"a":' * 50 + b"1" + b"}" * 50 + b",", b"1]"),
    "unknown keys": _unknown_keys,
    "a duplicate at the end": lambda size: _unknown_keys(size, b',"k0000001":1}'),
    "NaN at the end": repeated(b"[", b"1,", b"NaN]"),
    "a long list for an unknown field": repeated(b'{"x":[', b"1,", b"1]}"),
    "long numbers": repeated(b"[", b"1" * 5000 + b",", b"1]"),
    "escapes": repeated(b'["', b"\\ud83d\\ude00\\u00e9", b'"]'),
    "strings of brackets": repeated(b"[", b'"\\"[{",', b"1]"),
}
