"""Matplotlib, imported here only, so that it writes nothing into the user's home.

On import it makes two folders there and a list of the system's fonts, as fontconfig may. Here both go into a temporary
folder that is removed afterwards; that costs half a second for each training. Where `MPLCONFIGDIR` is set, or a host
has imported Matplotlib before, its own folders are used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FOLDER: Final = "MPLCONFIGDIR"
CACHE: Final = "XDG_CACHE_HOME"


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Send caches into a folder that is removed at the end, and restore the environment then."""
    if FOLDER in os.environ:
        yield
        return
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory(prefix="twinserve-fonts-") as folder:
        os.environ[FOLDER] = os.environ[CACHE] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER], os.environ[CACHE]
            if before is not None:
                os.environ[CACHE] = before


with _elsewhere():
    from matplotlib import rc_context
    from matplotlib.figure import Figure

__all__ = ["Figure", "rc_context"]
