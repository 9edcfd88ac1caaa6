"""The size to which a skops file unpacks, computed from its directory and its schema before it is opened.

A file of 0.3 MB may unpack to 800 MB: by compression, by an archive inside the archive (such as a sparse matrix), or by
a schema that names one array a thousand times.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from zipfile import ZipFile

from twinserve.bounds import UNPACKED, UNPACKED_TIMES
from twinserve.errors import ArtifactRefused

SCHEMA: Final = "schema.json"
ARCHIVE: Final = ".npz"
RESTORE: Final = "restore the artifact or train again"
"""What to do about a version with a damaged pipeline."""


def require_bounded(content: bytes) -> None:
    """Raise `ArtifactRefused` if a skops file unpacks to more than `UNPACKED` and `UNPACKED_TIMES` times its size."""
    most = max(UNPACKED, UNPACKED_TIMES * len(content))
    with ZipFile(io.BytesIO(content)) as archive:
        sizes = _sizes(archive, most)
        named = Counter(_named(json.loads(archive.read(SCHEMA))))
        for name in [name for name in sizes if name.endswith(ARCHIVE)]:
            with ZipFile(io.BytesIO(archive.read(name))) as inner:
                sizes[name] += sum(_sizes(inner, most).values())
        if sum(size * max(1, named[name]) for name, size in sizes.items()) > most:
            raise _too_large(most)


def _sizes(archive: ZipFile, most: int) -> dict[str, int]:
    """The unpacked size of each file; reading one never gives more than this."""
    sizes = [(item.filename, item.file_size) for item in archive.infolist()]
    if sum(size for _, size in sizes) > most:
        raise _too_large(most)
    return dict(sizes)


def _named(schema: Any) -> Iterator[str]:
    """The names of files in a schema, as often as each occurs."""
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("file"), str):
                yield item["file"]
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _too_large(most: int) -> ArtifactRefused:
    return ArtifactRefused(f"The pipeline unpacks to more than {most} bytes; {RESTORE}.")
