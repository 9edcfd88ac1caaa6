"""`Journal`: a file that appears under its name once it is whole, and what is needed to go on after a kill.

Beside OUT there are OUT.partial, which becomes OUT, and OUT.journal, a line for each group of rows in it. A line is
written when its group is on disk, so what the last line says is there. Whatever is behind that was written by a run
that was killed, and is cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from twinserve.bulk.files.in_use import locked
from twinserve.bulk.files.places import followed
from twinserve.bulk.writing.sinks import Group
from twinserve.errors import AskedWrongly
from twinserve.store.file_lock import sync_folder

DONE: Final = "done"
KEYS: Final = ("place", "rows", "bad_rows", "size")
BEGINS: Final = b'{"run":'


class OtherRun(AskedWrongly):
    """What was left behind is of a run with another input, model or other options."""


class Journal:
    """The unfinished answer to one file."""

    def __init__(self, target: Path, run: Mapping[str, Any], head: bytes, path: Path | None = None) -> None:
        """`run` says which run it is: what it reads, by which version, how. `head` begins each answer. `path` is
        a place of its own for the journal, where it stays when the file is whole."""
        self._target = target = followed(target)
        self._run, self._head, self._stays = json.loads(json.dumps(run)), head, path is not None
        self._partial = target.with_name(f"{target.name}.partial")
        self._path = path or target.with_name(f"{target.name}.journal")
        self._file: BinaryIO | None = None
        self._lines: BinaryIO | None = None
        self.place = self.rows = self.bad_rows = self.size = 0
        """Where the rows begin that are still to be answered; the rows so far, those with errors, the bytes."""
        self.notes: list[str] = []
        self.is_done = False

    def begin(self, *, goes_on: bool) -> None:
        """Open the files; with `goes_on` after the last group that is on disk.

        Raises `OtherRun` where another run left them behind, and `InUse`."""
        self._file = os.fdopen(locked(self._partial, self._target), "r+b")
        there = os.fstat(self._file.fileno()).st_size
        try:
            lines = self._read() if goes_on else []
        except OtherRun:
            if not there:
                self._partial.unlink()  # Opening it made it.
            self.close()
            raise
        if lines and DONE in lines[-1] and (there == lines[-1][DONE] or self._target.exists()):
            self._all_there(lines[-1], there)
        elif lines and there >= len(self._head):
            self._go_on(lines, there)
        else:
            with naming(self._path):
                self._anew()

    def _anew(self) -> None:
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)
        self._opened.truncate(0)
        self._put(self._head)
        self._lines = self._path.open("wb")
        self._line({"run": self._run})
        sync_folder(self._path.parent)

    def _read(self) -> list[dict[str, Any]]:
        """The lines of the last run that were written as a whole; raises `OtherRun` where they are not of this one."""
        try:
            held = self._path.read_bytes()
        except FileNotFoundError:
            return []
        try:
            lines = [json.loads(line) for line in held[: held.rfind(b"\n") + 1].splitlines()]
            is_ours = all({"run"} <= line.keys() for line in lines[:1]) and all(map(_is_line, lines[1:]))
        except (ValueError, AttributeError):  # No JSON, or no object.
            is_ours, lines = False, []
        is_torn = not lines and held[: len(BEGINS)] == BEGINS[: len(held)]  # In its first line: there are no rows.
        if not is_ours or not (lines or is_torn):
            raise OtherRun(f"{self._path} is no journal of a run, or is damaged. Leave out --resume to begin anew.")
        if lines and lines[0]["run"] != self._run:
            raise OtherRun(
                f"{self._path} is of another run: of another table, version or form, or with other options. "
                "Leave out --resume to begin anew."
            )
        return lines

    def _all_there(self, last: Mapping[str, Any], there: int) -> None:
        """The last run was killed when it had written all, maybe before the file had its name."""
        self.is_done = True
        self.rows, self.bad_rows, self.size = last["rows"], last["bad_rows"], last[DONE]
        if there != self.size:
            self._partial.unlink()  # Opening it made it.

    def _go_on(self, lines: Sequence[Mapping[str, Any]], there: int) -> None:
        run, *groups = [line for line in lines if line.get("size", 0) <= there and DONE not in line]
        self.size = len(self._head)
        for group in groups:
            self.place, self.rows, self.bad_rows, self.size = (group[key] for key in KEYS)
            self.notes.append(group["note"])
        self._opened.truncate(self.size)
        self._opened.seek(self.size)
        self._lines = self._path.open("r+b")
        kept = sum(len(_as_line(line)) for line in (run, *groups))
        self._lines.truncate(kept)  # A line that was not written as a whole would spoil the next one.
        self._lines.seek(kept)

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise TypeError("The journal was not begun.")
        return self._file

    def add(self, group: Group, place: int, rows: int, bad_rows: int) -> None:
        """Keep a group of so many rows, so many of them with errors; the next row is at `place`."""
        self._put(group.content)
        self.place, self.rows, self.bad_rows = place, self.rows + rows, self.bad_rows + bad_rows
        self.notes.append(group.note)
        self._line({**{key: getattr(self, key) for key in KEYS}, "note": group.note})

    def _put(self, content: bytes) -> None:
        with naming(self._partial):
            self._opened.write(content)
            self._opened.flush()
            os.fsync(self._opened.fileno())
        self.size += len(content)

    def _line(self, line: Mapping[str, Any]) -> None:
        if self._lines is None:
            raise TypeError("The journal was not begun.")
        with naming(self._path):
            self._lines.write(_as_line(line))
            self._lines.flush()
            os.fsync(self._lines.fileno())

    def finish(self, tail: bytes, turn: Callable[[Path, Path], None] | None = None) -> None:
        """End the file, and give it its name. `turn` makes another file of it, which then has the name."""
        if not self.is_done:
            self._put(tail)
            self._line({DONE: self.size, "rows": self.rows, "bad_rows": self.bad_rows})
        if self._partial.exists():
            whole = self._partial if turn is None else self._turned(turn)
            whole.replace(self._target)
            sync_folder(self._target.parent)
        self._partial.unlink(missing_ok=True)
        if not self._stays:
            self._path.unlink(missing_ok=True)
        self.close()

    def _turned(self, turn: Callable[[Path, Path], None]) -> Path:
        made = self._target.with_name(f"{self._target.name}.turned")
        with naming(made):
            turn(self._partial, made)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        return made

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, self._lines):
            if file is not None:
                with suppress(OSError):  # What a full disk did not take was told when it was written.
                    file.close()


def _is_line(line: Mapping[str, Any]) -> bool:
    numbers = (DONE, "rows", "bad_rows") if DONE in line else KEYS
    return all(type(line.get(key)) is int for key in numbers) and (DONE in line or isinstance(line.get("note"), str))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An error of the disk names the file: that of a write does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _as_line(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
