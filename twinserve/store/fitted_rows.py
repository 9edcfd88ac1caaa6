"""The rows that a version was fitted on, as hashes over its own columns: by them the gate knows a row that it saw.

A file of 8 bytes for each row, little-endian and ascending; of equal rows one is kept."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

NAME: Final = "fitted-rows.bin"

Hashes = NDArray[np.uint64]


def write(hashes: Hashes) -> bytes:
    """The content of the file."""
    return np.unique(hashes).astype("<u8").tobytes()


def read(content: bytes | None) -> Hashes | None:
    """The hashes, ascending; None for a version that keeps none. Raises ValueError for what is no such file."""
    return None if content is None else np.frombuffer(content, dtype="<u8").astype(np.uint64)
