"""The footer of a Parquet file, moved: so groups of rows that were written as files of their own become one file.

pyarrow writes a footer only when a file is complete, and cannot go on with one that is not. The footer is a struct in
Thrift's compact protocol (https://github.com/apache/parquet-format, `FileMetaData` in parquet.thrift).
"""

from __future__ import annotations

import struct
from typing import Final

from twinserve.bulk.thrift import Thrift

MAGIC: Final = b"PAR1"
OFFSETS: Final = frozenset(
    {(4, 5), (4, 1, 2), (4, 1, 4), (4, 1, 6), (4, 1, 3, 9), (4, 1, 3, 10), (4, 1, 3, 11), (4, 1, 3, 14)}
)
"""The places of offsets into the file, by the numbers of the fields: of row groups, column chunks and their pages."""


def split(content: bytes) -> tuple[bytes, bytes]:
    """The pages of a whole Parquet file, without the first four bytes, and its footer."""
    size = struct.unpack("<I", content[-8:-4])[0]
    return content[len(MAGIC) : -8 - size], content[-8 - size : -8]


def whole(footer: bytes) -> bytes:
    """A file of that footer alone, which pyarrow reads as metadata."""
    return MAGIC + footer + struct.pack("<I", len(footer)) + MAGIC


def moved(footer: bytes, by: int) -> bytes:
    """The footer of the same pages, so many bytes further on in a file."""
    copier = Thrift(footer, OFFSETS, by)
    copier.struct(())
    return bytes(copier.written)
