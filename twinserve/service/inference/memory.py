"""Free memory: how much of it the C library keeps for the next request, and when all is returned to the system."""

from __future__ import annotations

import ctypes
import os
from typing import Final

KEPT: Final = 16 * 1024 * 1024
"""Bytes that stay free at the end of a thread's memory."""
LARGE_BLOCK: Final = 4 * 1024 * 1024
"""Bytes of a block that is taken from the system by itself, and returned by itself."""
TRIM_THRESHOLD: Final = -1
"""What the library's header calls `M_TRIM_THRESHOLD`."""
MMAP_THRESHOLD: Final = -3
"""`M_MMAP_THRESHOLD`."""
OWN_SETTINGS: Final = ("MALLOC_", "GLIBC_TUNABLES")


def keep_free_memory() -> None:
    """Keep what one request has freed for the next one, unless the library's own variables say what is kept.

    By itself the library returns it as soon as a few hundred kilobytes are free, and takes it anew page by page: 430
    page faults and 1.3 ms of 5 for 1,000 rows of JSON at the FastAPI door."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None and not any(name.startswith(OWN_SETTINGS) for name in os.environ):
        set_option(TRIM_THRESHOLD, KEPT)
        set_option(MMAP_THRESHOLD, LARGE_BLOCK)


def give_back_memory() -> None:
    """Return free memory, which the C library keeps otherwise: after many swaps or large bodies that adds up.

    `gc.collect` is not needed, because a version has no reference cycles; it would stop all threads for 10 to 20 ms.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
