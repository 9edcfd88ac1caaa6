"""Numbers of more digits than a parser holds, exchanged for the doubles that they mean."""

from __future__ import annotations

import re
from typing import Final

from twinserve.signature.request.nesting import without_escapes

NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
LONG: Final = re.compile(rb"(?<![0-9.eE+-])[0-9.eE+-]{309,}+")
"""What may be a number that no double holds, or none: 308 digits are always one."""


def shorten(body: bytes) -> bytes:
    """The same document with blanks behind each number that became shorter, so that every place stays what it was. A
    number past the largest double becomes one that reads as infinity."""
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
