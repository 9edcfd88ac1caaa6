"""The versions of scikit-learn that the bytes of a saved model name; nothing in it is run.

Each estimator of scikit-learn stores the version that wrote it, as `_sklearn_version`. In a pickle the version follows
that text, so it is found without unpickling. One that occurs again is stored as a reference to its first occurrence.
"""

from __future__ import annotations

import bz2
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

KEY: Final = "_sklearn_version"
VERSION: Final = re.compile(rb"_sklearn_version.{0,12}?(\d+\.\d+(?:\.\d+)*(?:\.?(?:dev|rc|post)\d+)?)", re.DOTALL)


class Decompressor(Protocol):
    """A decompressor of the standard library, for bytes in pieces."""

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """At most `max_length` bytes."""


COMPRESSED: Final[Mapping[bytes, Callable[[], Decompressor]]] = {
    b"\x78": zlib.decompressobj,
    b"\x1f\x8b": lambda: zlib.decompressobj(31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lzma.LZMADecompressor,
    b"\x5d\x00\x00": lzma.LZMADecompressor,
}
"""The compressions of joblib by the first bytes of a file, but for LZ4, which the standard library cannot read."""
LZ4: Final = b"\x04\x22\x4d\x18"


def is_compressed(content: bytes) -> bool:
    """Does the file begin as joblib's compressed files do?"""
    return content.startswith((*COMPRESSED, LZ4))


def versions_in_pickle(content: bytes, most: int) -> list[str]:
    """The versions in a pickle, each once; of a compressed one the first `most` bytes are looked at."""
    return list(dict.fromkeys(found.decode() for found in VERSION.findall(_plain(content, most))))


def _plain(content: bytes, most: int) -> bytes:
    for start, decompressor in COMPRESSED.items():
        if content.startswith(start):
            try:
                return decompressor().decompress(content, most)
            except (zlib.error, OSError, lzma.LZMAError, EOFError):  # Damaged, which opening it will say.
                return b""
    return content


def versions_in_skops(schema: bytes) -> list[str]:
    """The versions in the schema of a skops file, each once."""
    return list(dict.fromkeys(_texts(json.loads(schema))))


def _texts(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            recorded = item.get(KEY)
            if isinstance(recorded, dict) and isinstance(recorded.get("content"), str):
                yield recorded["content"].strip('"')
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
