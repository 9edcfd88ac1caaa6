"""The column of a hashed token: MurmurHash3 of its UTF-8 bytes, seed 0, as scikit-learn's `FeatureHasher` has it.

Source: Austin Appleby, MurmurHash3_x86_32 (public domain); scikit-learn 1.9, `feature_extraction/_hashing_fast.pyx`.
"""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF


def murmur3(data: bytes) -> int:
    """The signed 32-bit hash of some bytes."""
    whole = len(data) & ~3
    h = 0
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        h ^= _mixed(block)
        h = ((h << 13 | h >> 19) * 5 + 0xE6546B64) & _MASK
    if whole < len(data):
        h ^= _mixed(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & _MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & _MASK
    h ^= h >> 16
    return h - (1 << 32) if h >> 31 else h


def _mixed(block: int) -> int:
    block = (block * 0xCC9E2D51) & _MASK
    return ((block << 15 | block >> 17) * 0x1B873593) & _MASK


def bucket(token: str, columns: int, *, alternate_sign: bool) -> int:
    """The column of a token, or its complement (`~column`) where the token adds -1 and not 1.

    Raises UnicodeEncodeError for half of a surrogate pair, as scikit-learn does."""
    h = murmur3(token.encode())
    column = abs(h) % columns
    return ~column if alternate_sign and h < 0 else column
