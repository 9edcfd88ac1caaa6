"""Compressed bodies; unpacking one that would become too large ends early."""

from __future__ import annotations

import zlib
from typing import Final

from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.unpacking import GZIP, MALFORMED

ENCODINGS: Final = ("identity", "gzip", "deflate")


def encoding_of(header: HeaderLookup) -> str:
    """The Content-Encoding of a request; raises `Problem` (415) for one that is not among `ENCODINGS`."""
    encoding = (header("content-encoding") or "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise Problem("unsupported-media-type", "Content-Encoding must be identity, gzip or deflate.")
    return encoding


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its encoding; raises `Problem`: 400 if it is not of that encoding, 413 beyond `limit` bytes."""
    if encoding == "identity":
        return body
    reader = zlib.decompressobj(GZIP if encoding == "gzip" else _window(body))
    try:
        whole = reader.decompress(body, limit + 1)
    except zlib.error:
        raise Problem("bad-request", MALFORMED) from None
    if len(whole) > limit:
        raise Problem("too-large", f"The body must not exceed {limit} bytes when it is unpacked.")
    if not reader.eof or reader.unused_data:
        raise Problem("bad-request", MALFORMED)
    return whole


def _window(body: bytes) -> int:
    """The window of a deflate body: it has zlib's two bytes in front (RFC 1950), or none, as some clients send it."""
    has_head = len(body) > 1 and body[0] & 15 == zlib.DEFLATED and (body[0] * 256 + body[1]) % 31 == 0
    return zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS
