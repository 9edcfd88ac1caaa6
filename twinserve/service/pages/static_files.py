"""The styles and scripts of the pages: exactly the packaged files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from twinserve.service.http.cacheable import CacheableDocument

STATIC: Final = Path(__file__).with_name("static")
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def assets() -> Mapping[str, CacheableDocument]:
    """Each file by its name."""
    return {
        path.name: CacheableDocument(path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in sorted(STATIC.iterdir())
    }
