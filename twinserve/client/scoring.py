"""A file or a stream of bytes in one of the forms for many rows, sent as it is read and answered as it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import PurePath
from typing import IO, Any, Final, Literal

from twinserve.errors import AskedWrongly

Form = Literal["ndjson", "csv", "arrow", "parquet"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
SUFFIXES: Final[Mapping[str, Form]] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".parquet": "parquet",
}
PACKED: Final = {".gz": "gzip", ".zst": "zstd"}
PIECE: Final = 256 * 1024
Source = str | PathLike[str] | IO[bytes] | bytes | Iterable[bytes]
Destination = str | PathLike[str] | IO[bytes]


@dataclass(frozen=True)
class Upload:
    """What is sent: its headers, and how it is read from its beginning."""

    headers: Mapping[str, str]
    pieces: Callable[[], Iterator[bytes]]
    is_repeatable: bool
    """Can it be read once more, for another attempt?"""


def upload(source: Source, form: str | None, answer: str | None) -> Upload:
    """A source with its form, which a file's name says (`.csv`, `.csv.gz`); raises `AskedWrongly` for none."""
    path = PurePath(fspath(source)) if isinstance(source, (str, PathLike)) else None
    packing = None if path is None else PACKED.get(path.suffix.lower())
    named = path if path is None or packing is None else PurePath(path.stem)
    told = form or (None if named is None else SUFFIXES.get(named.suffix.lower()))
    if told is None or told not in MEDIA_TYPES:
        raise AskedWrongly(f"form is one of {', '.join(MEDIA_TYPES)}; the name of a file says it by its ending.")
    if answer is not None and answer not in MEDIA_TYPES:
        raise AskedWrongly(f"answer is one of {', '.join(MEDIA_TYPES)}.")
    if path is not None:
        with open(path, "rb"):  # noqa: PTH123  # A file that is not there is told before anything is asked.
            pass
    headers = {"Content-Type": MEDIA_TYPES[told], "Accept": MEDIA_TYPES[answer or told]}
    headers |= {"Content-Encoding": packing} if packing else {}
    return Upload(headers, lambda: _pieces(source), isinstance(source, (str, PathLike, bytes)))


def answer_form(destination: Destination | None, answer: str | None) -> str | None:
    """The form of the answer: what is asked for, or what the destination's name says."""
    if answer is not None or not isinstance(destination, (str, PathLike)):
        return answer
    suffix = PurePath(fspath(destination)).suffix.lower()
    if suffix not in SUFFIXES:
        raise AskedWrongly(f"The answer goes to a file named {', '.join(SUFFIXES)}, or say answer=.")
    return SUFFIXES[suffix]


def _pieces(source: Source) -> Iterator[bytes]:
    if isinstance(source, (str, PathLike)):
        with open(source, "rb") as file:  # noqa: PTH123  # It takes both.
            yield from _read(file)
    elif isinstance(source, bytes):
        for start in range(0, len(source), PIECE):
            yield source[start : start + PIECE]
    elif hasattr(source, "read"):
        yield from _read(source)
    else:
        for piece in source:
            if not isinstance(piece, bytes):
                raise AskedWrongly("A stream is bytes, piece by piece; rows go to bulk().")
            yield piece


def _read(file: Any) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


class Sink:
    """Where the answer goes: a file that appears when it is complete, or an open one."""

    def __init__(self, destination: Destination) -> None:
        self._path = None if hasattr(destination, "write") else fspath(destination)
        self._file: Any = destination if self._path is None else open(f"{self._path}.part", "wb")  # noqa: PTH123, SIM115
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Take a piece."""
        self._file.write(piece)
        self.size += len(piece)

    def close(self, *, is_complete: bool) -> None:
        """Give the file its name, or remove what is not complete. An open file stays open."""
        if self._path is None:
            return
        from pathlib import Path

        self._file.close()
        part = Path(f"{self._path}.part")
        if is_complete:
            part.replace(self._path)
        else:
            with suppress(OSError):
                part.unlink()
