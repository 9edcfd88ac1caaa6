"""Matplotlib, imported here only: it leaves nothing in anybody's home.

When it is loaded it makes two folders there, and a list of the system's fonts, as fontconfig may. Both go into a
temporary folder instead, which is gone afterwards: half a second for each training. Where `MPLCONFIGDIR` says a place,
or a host has loaded it before us, that is the host's wish.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PLACE: Final = "MPLCONFIGDIR"
CACHE: Final = "XDG_CACHE_HOME"


@contextmanager
def _elsewhere() -> Iterator[None]:
    """While this lasts, caches go into a folder that is removed at the end; then the environment is as it was."""
    if PLACE in os.environ:
        yield
        return
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory(prefix="twinserve-fonts-") as folder:
        os.environ[PLACE] = os.environ[CACHE] = folder
        try:
            yield
        finally:
            del os.environ[PLACE], os.environ[CACHE]
            if before is not None:
                os.environ[CACHE] = before


with _elsewhere():
    from matplotlib import rc_context
    from matplotlib.figure import Figure

__all__ = ["Figure", "rc_context"]
