"""A path that a caller gives."""

from __future__ import annotations

import os
from pathlib import Path

from twinserve.errors import AskedWrongly


def given_path(path: str | Path) -> Path:
    """The path; raises `AskedWrongly` for a text that names no file on any system, which Python tells by a bare
    `ValueError` wherever it is first used."""
    try:
        is_none = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        is_none = True
    if is_none:
        raise AskedWrongly(f"{str(path)!r} is no path: it holds a null character or half of another one.")
    return Path(path)
