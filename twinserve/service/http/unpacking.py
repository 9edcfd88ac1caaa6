"""Compressed bodies that are unpacked while they arrive, a bounded piece at a time."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

from twinserve.service.http.problem import Problem

GZIP: Final = 16 + zlib.MAX_WBITS
MALFORMED: Final = "The body is not of its Content-Encoding."
PIECE: Final = 64 * 1024
"""Bytes that are unpacked at once, however small they were packed."""
MOST_BEGUN: Final = 16
"""Members or frames that are begun at once: an empty one takes 20 bytes, and beginning it 3 us."""
WINDOW: Final = 23
"""The logarithm of the memory that unpacking zstd may take: 8 MiB, which any decoder must have (RFC 9659)."""
ZSTD: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


class Reader(Protocol):
    """Unpacks one member of gzip, or one frame of zstd."""

    @property
    def eof(self) -> bool:
        """Has it ended?"""

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""

    def unpack(self, data: bytes, most: int) -> bytes:
        """At most so many bytes of what these unpack to, after those before; with none, of what is left of those."""


class Unpacker:
    """Unpacks a body. Several members or frames in a row are one body, as the formats have it."""

    def __init__(self, make: Callable[[], Reader], errors: tuple[type[Exception], ...]) -> None:
        """`errors`: what a reader raises for bytes that are not of its coding."""
        self._make, self._errors = make, errors
        self._reader = make()
        self._ahead = b""
        self.is_behind = False
        """Is there more to unpack without another piece?"""

    def take(self, piece: bytes) -> bytes:
        """At most `PIECE` bytes of what this piece unpacks to, or, with an empty one, of what is left of the last one.

        Raises `Problem` (400) if it is not of this coding."""
        data, self._ahead = self._ahead + piece, b""
        unpacked: list[bytes] = []
        left = PIECE
        try:
            for _ in range(MOST_BEGUN):
                if self._reader.eof and data:
                    self._reader = self._make()
                unpacked.append(self._reader.unpack(data, left) if not self._reader.eof else b"")
                left -= len(unpacked[-1])
                data = self._reader.unused_data if self._reader.eof else b""
                if not (data and left):
                    break
        except self._errors:
            raise Problem("bad-request", MALFORMED) from None
        self._ahead = data
        self.is_behind = bool(data) or not left
        return b"".join(unpacked)

    def require_end(self) -> None:
        """Raise `Problem` (400) unless a member or frame has just ended."""
        if not self._reader.eof or self._ahead:
            raise Problem("bad-request", MALFORMED)


class Gunzip:
    """A member of gzip (RFC 1952)."""

    def __init__(self) -> None:
        self._reader = zlib.decompressobj(GZIP)

    @property
    def eof(self) -> bool:
        """Has it ended?"""
        return self._reader.eof

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        return self._reader.unused_data

    def unpack(self, data: bytes, most: int) -> bytes:
        """See `Reader`."""
        return self._reader.decompress(self._reader.unconsumed_tail + data, most)


class Unzstd:
    """A frame of zstd (RFC 8878), through the module of Python 3.14 or its backport."""

    def __init__(self, zstd: Any) -> None:
        self._reader = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW})

    @property
    def eof(self) -> bool:
        """Has it ended?"""
        return bool(self._reader.eof)

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        unused: bytes = self._reader.unused_data
        return unused

    def unpack(self, data: bytes, most: int) -> bytes:
        """See `Reader`."""
        unpacked: bytes = self._reader.decompress(data, most)
        return unpacked


def _gzip() -> Unpacker:
    return Unpacker(Gunzip, (zlib.error,))


def _zstd() -> Unpacker:
    if find_spec(ZSTD.partition(".")[0]) is None or find_spec(ZSTD) is None:
        raise Problem(
            "unsupported-media-type",
            "Content-Encoding zstd needs backports.zstd on this server: pip install 'twinserve[zstd]'.",
        )
    zstd = import_module(ZSTD)
    return Unpacker(lambda: Unzstd(zstd), (zstd.ZstdError,))


CODINGS: Final[Mapping[str, Callable[[], Unpacker]]] = {"gzip": _gzip, "x-gzip": _gzip, "zstd": _zstd}


def unpacker(content_encoding: str | None) -> Unpacker | None:
    """What unpacks a body of this Content-Encoding, None if it is not packed; raises `Problem` (415)."""
    coding = (content_encoding or "identity").strip().lower()
    if coding == "identity":
        return None
    if coding not in CODINGS:
        raise Problem("unsupported-media-type", "Content-Encoding must be identity, gzip or zstd.")
    return CODINGS[coding]()
