"""Memory that was needed once, given back to the system."""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """Return what is free: the C library would keep it for later, and after many swaps, or large bodies, that adds up.

    Looking for circles, as `gc.collect` does, would stop every thread for 10 to 20 ms, and a version has none.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
