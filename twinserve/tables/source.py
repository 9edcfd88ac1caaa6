"""The bytes of a table, opened anew by each reader and not held: a file, packed or not, or what was given."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from twinserve.tables.formats import STANDARD_INPUT, ZIP, NoSuchTable, UnreadableTable, member

Open = Callable[[], BinaryIO]
"""Opens the bytes at their beginning."""
BLOCK: Final = 1 << 20


def source_of(location: str, standard_input: BinaryIO) -> Open:
    """How the bytes of a location are opened; raises `NoSuchTable`, and `UnreadableTable` where there are none."""
    if location == STANDARD_INPUT:
        content = standard_input.read()
        opening: Open = lambda: io.BytesIO(content)  # noqa: E731  # It has a type.
    else:
        unpack = UNPACKING.get(Path(location).suffix.lower(), _plain)
        opening = lambda: unpack(location)  # noqa: E731
    try:
        with unpacking(location), opening() as stream:
            while block := stream.read(BLOCK):
                if block.strip():
                    return opening
    except OSError as error:
        raise NoSuchTable(f"Cannot read {location!r}: {error.strerror or error}.") from None
    raise UnreadableTable(f"{location!r} is empty.")


@contextmanager
def unpacking(location: str) -> Iterator[None]:
    """Tell of a file that is damaged in one sentence, wherever in it a reader comes upon that."""
    try:
        yield
    except (gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableTable(f"{location!r} cannot be unpacked: {str(error).rstrip('.')}.") from None


def _plain(location: str) -> BinaryIO:
    return Path(location).open("rb")


def _xz(location: str) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(location))


def _zip(location: str) -> BinaryIO:
    return cast(BinaryIO, zipfile.ZipFile(location).open(member(location)))


def _zstandard(location: str) -> BinaryIO:
    import pyarrow as pa

    try:
        return cast(BinaryIO, io.BytesIO(pa.input_stream(location, compression="zstd").read()))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise NoSuchTable(f"Cannot read {location!r}: No such file or directory.") from None
        raise UnreadableTable(f"{location!r} cannot be unpacked: it is no Zstandard file.") from None


UNPACKING: Final[Mapping[str, Callable[[str], BinaryIO]]] = {
    ".gz": lambda location: cast(BinaryIO, gzip.GzipFile(location)),
    ".xz": _xz,
    ".bz2": lambda location: cast(BinaryIO, bz2.BZ2File(location)),
    ".zst": _zstandard,
    ZIP: _zip,
}
