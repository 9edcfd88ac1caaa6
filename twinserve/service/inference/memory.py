"""Returns free memory to the operating system."""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """Return free memory, which the C library keeps otherwise: after many swaps or large bodies that adds up.

    `gc.collect` is not needed, because a version has no reference cycles; it would stop all threads for 10 to 20 ms.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
