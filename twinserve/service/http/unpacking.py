"""Compressed bodies, unpacked a bounded piece at a time: while they arrive, or as a whole."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
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


PIECEWISE: Final = ("gzip", "zstd")
"""The codings of bodies in bulk."""


class Reader(Protocol):
    """Unpacks one member of gzip, one frame of zstd, or a body of deflate."""

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

    def __init__(
        self, make: Callable[[], Reader], errors: tuple[type[Exception], ...], *, is_series: bool = True
    ) -> None:
        """`errors`: what a reader raises for bytes that are not of its coding. `is_series`: may there be several
        members or frames?"""
        self._make, self._errors, self._is_series = make, errors, is_series
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
                    if not self._is_series:
                        raise Problem("bad-request", MALFORMED)
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

    def __init__(self, window: int = GZIP) -> None:
        self._reader = zlib.decompressobj(window)

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


class Inflate:
    """A body of deflate: it has zlib's two bytes in front (RFC 1950), or none, as some clients send it."""

    def __init__(self) -> None:
        self._head = b""
        self._reader: Gunzip | None = None

    @property
    def eof(self) -> bool:
        """Has it ended?"""
        return self._reader is not None and self._reader.eof

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        return b"" if self._reader is None else self._reader.unused_data

    def unpack(self, data: bytes, most: int) -> bytes:
        """See `Reader`."""
        if self._reader is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data, (method, check) = self._head, self._head[:2]
            has_head = method & 15 == zlib.DEFLATED and (method * 256 + check) % 31 == 0
            self._reader = Gunzip(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)
        return self._reader.unpack(data, most)


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


def _gzip(*, is_series: bool) -> Unpacker:
    return Unpacker(Gunzip, (zlib.error,), is_series=is_series)


def _deflate(*, is_series: bool) -> Unpacker:  # noqa: ARG001  # Nothing in the format says where another one begins.
    return Unpacker(Inflate, (zlib.error,), is_series=False)


def _zstd(*, is_series: bool) -> Unpacker:
    if find_spec(ZSTD.partition(".")[0]) is None or find_spec(ZSTD) is None:
        raise Problem(
            "unsupported-media-type",
            "Content-Encoding zstd needs backports.zstd on this server: pip install 'twinserve[zstd]'.",
        )
    zstd = import_module(ZSTD)
    return Unpacker(lambda: Unzstd(zstd), (zstd.ZstdError,), is_series=is_series)


class Make(Protocol):
    """Makes what unpacks one coding."""

    def __call__(self, *, is_series: bool) -> Unpacker:
        """See `Unpacker`."""


CODINGS: Final[Mapping[str, Make]] = {"gzip": _gzip, "deflate": _deflate, "zstd": _zstd}
ALIASES: Final = {"x-gzip": "gzip"}


def coding_of(content_encoding: str | None, among: Sequence[str]) -> str | None:
    """The coding of a body, None if it is not packed; raises `Problem` (415) for one that is not among these."""
    coding = (content_encoding or "identity").strip().lower()
    coding = ALIASES.get(coding, coding)
    if coding == "identity":
        return None
    if coding not in among:
        raise Problem("unsupported-media-type", f"Content-Encoding must be identity, {' or '.join(among)}.")
    return coding


def unpacker(content_encoding: str | None) -> Unpacker | None:
    """What unpacks a body in bulk, None if it is not packed; raises `Problem` (415)."""
    coding = coding_of(content_encoding, PIECEWISE)
    return None if coding is None else CODINGS[coding](is_series=True)


def unpacked(body: bytes, coding: str | None, limit: int) -> bytes:
    """A whole body without its coding; raises `Problem`: 400 if it is not of that coding, 413 beyond `limit` bytes, as
    soon as they are passed. It is of one member: nobody else has a turn while it is unpacked, and 8 MiB of empty ones
    would take a second."""
    if coding is None:
        return body
    made, size = CODINGS[coding](is_series=False), 0
    parts: list[bytes] = []
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        while piece or made.is_behind:
            parts.append(made.take(piece))
            piece, size = b"", size + len(parts[-1])
            if size > limit:
                raise Problem("too-large", f"The body must not exceed {limit} bytes when it is unpacked.")
    made.require_end()
    return b"".join(parts)
