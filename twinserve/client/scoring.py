"""A file or a stream of bytes in one of the forms for many rows, sent as it is read and answered as it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import PurePath
from typing import IO, Any, Final

from twinserve.bulk.forms import MEDIA_TYPES, SUFFIXES, Answer, Form, form_of
from twinserve.errors import AskedWrongly

READ: Final[Mapping[str, Form]] = {form: form for form in SUFFIXES.values()}
FILES: Final = (".arrow", ".feather")
"""Endings of Arrow's file format, which `twinserve score` reads and writes; the service takes and gives a stream."""
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
    told = READ.get(form) if form is not None else None if named is None else stream_form(named.name, "form")
    if told is None:
        raise AskedWrongly(f"form is one of {', '.join(READ)}; the name of a file says it by its ending.")
    wanted = told if answer is None else READ.get(answer)
    if wanted is None:
        raise AskedWrongly(f"answer is one of {', '.join(READ)}.")
    if path is not None:
        with open(path, "rb"):  # noqa: PTH123  # A file that is not there is told before anything is asked.
            pass
    headers = {"Content-Type": media_type(told), "Accept": media_type(wanted)}
    headers |= {"Content-Encoding": packing} if packing else {}
    return Upload(headers, lambda: _pieces(source), isinstance(source, (str, PathLike, bytes)))


def answer_form(destination: Destination | None, answer: str | None) -> str | None:
    """The form of the answer: what is asked for, or what the destination's name says."""
    if answer is not None or not isinstance(destination, (str, PathLike)):
        return answer
    told = stream_form(fspath(destination), "answer")
    if told is None:
        known = ", ".join(suffix for suffix in SUFFIXES if suffix not in FILES)
        raise AskedWrongly(f"The answer goes to a file named {known}, or say answer=.")
    return told


def stream_form(name: str, argument: str) -> Form | None:
    """The form that a file's name says; raises `AskedWrongly` for one of Arrow's file format."""
    if name.lower().endswith(FILES):
        raise AskedWrongly(
            f"By {' and '.join(FILES)} Arrow's file format is known, and the service's is its stream: name the file "
            f".arrows, or say {argument}='arrow' if it is one."
        )
    return form_of(name)


def media_type(form: Answer) -> str:
    """The media type of a form, without parameters."""
    return MEDIA_TYPES[form].partition(";")[0]


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
