"""Replacing JSON numbers with more digits than a parser takes by the doubles that they stand for."""

from __future__ import annotations

import re
from typing import Final

from twinserve.signature.request.nesting import without_escapes

NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
LONG: Final = re.compile(rb"(?<![0-9.eE+-])[0-9.eE+-]{309,}+")
"""A run of characters that may be a number beyond the largest double; one of 308 digits never is."""


def shorten(body: bytes) -> bytes:
    """The same document with each such number replaced and padded with blanks, so that no position changes.

    A number beyond the largest double becomes one that reads as infinity."""
    plain = without_escapes(body)  # Of the same length.
    pieces: list[bytes] = []
    position = quotes = 0
    for match in LONG.finditer(plain):
        quotes += plain.count(b'"', position, match.start())
        pieces += [body[position : match.start()], match[0] if quotes % 2 else _short(match[0])]
        position = match.end()
    return b"".join([*pieces, body[position:]])


def _short(text: bytes) -> bytes:
    if NUMBER.fullmatch(text) is None:
        return text
    return repr(float(text)).replace("inf", "1e999").encode().ljust(len(text))
