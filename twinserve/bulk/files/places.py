"""Where rows come from and where answers go: files, folders, standard streams, databases."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from twinserve.bulk.files.source import PACKED
from twinserve.bulk.forms import SUFFIXES, Form, form_of
from twinserve.errors import AskedWrongly

STANDARD: Final = "-"
BESIDE: Final = ("partial", "journal", "journals", "turned")
"""Endings of what stands beside the answers until they are whole."""
SQLITE: Final = re.compile(r"sqlite(?:\+\w+)?:///([^?]+)")


class NoSuchPlace(AskedWrongly):
    """A file, a folder or a name cannot be used; the message says how to correct it."""


def is_database(place: str) -> bool:
    """Is this the URL of a database (`postgresql://...`) and no file?"""
    return "://" in place


def input_form(path: str, given: Form | None) -> Form:
    """The form of the rows; raises `NoSuchPlace` where nothing says it."""
    return _form(_without_packing(path), given, path, "--format")


def output_form(path: str, given: Form | None, of_input: Form | None) -> Form:
    """The form of the answers: on standard output that of the rows unless another is given."""
    if given is None and path == STANDARD and of_input is not None:
        return of_input
    if path.lower().endswith(PACKED):
        raise NoSuchPlace(
            f"Answers are not packed: leave out the last ending of {path!r}, or pack what - as OUT gives."
        )
    return _form(path, given, path, "--to")


def _form(name: str, given: Form | None, path: str, option: str) -> Form:
    form = given or form_of(name)
    if form is None:
        known = ", ".join(dict.fromkeys(SUFFIXES.values()))
        said = "Standard input" if path == STANDARD else f"The ending of {path!r}"
        raise NoSuchPlace(f"{said} names no form; give {option} with one of: {known}.")
    return form


def _without_packing(path: str) -> str:
    return next((path[: -len(ending)] for ending in PACKED if path.lower().endswith(ending)), path)


def files_in(folder: Path, given: Form | None) -> list[Path]:
    """The tables of a folder and of those in it, in the order of their names; what has another ending is left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path, folder))
    tables = [path for path in found if given or form_of(_without_packing(path.name))]
    if not tables:
        raise NoSuchPlace(f"There is no table in {str(folder)!r}.")
    return tables


def _is_hidden(path: Path, folder: Path) -> bool:
    """Does its name, or that of a folder on the way, say that it is no table? Spark leaves `_SUCCESS` behind."""
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def require_readable(path: Path) -> None:
    """Raise `NoSuchPlace` where there is nothing to read."""
    if not path.exists():
        raise NoSuchPlace(f"Cannot read {str(path)!r}: No such file or directory.")


def file_of(place: str) -> Path | None:
    """The file or folder that is read or written there: of a database that of SQLite; None: another kind of place."""
    if is_database(place):
        return Path(found[1]) if (found := SQLITE.match(place)) else None
    return None if place == STANDARD else Path(place)


def followed(path: Path) -> Path:
    """Where a symbolic link leads: that is written, and the link stays."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def require_writable(written: Path, *, is_folder: bool) -> None:
    """Raise `NoSuchPlace` where no file, or no folder, can get this name."""
    if written.is_dir() and not is_folder:
        raise NoSuchPlace(f"{str(written)!r} is a folder; name a file in it for the answers.")
    if written.exists() and not written.is_dir() and not written.is_file():
        raise NoSuchPlace(f"{str(written)!r} is no file; to write to a device, a pipe or a socket, give - as OUT.")
    if not followed(written).parent.is_dir():
        raise NoSuchPlace(f"There is no folder {str(followed(written).parent)!r} for the answers.")


def require_other(tables: Iterable[Path], written: Path) -> None:
    """Raise `NoSuchPlace` where the answers, or what stands beside them until they are whole, would take the place of
    a table, or of a folder of tables, or would stand in it."""
    target = followed(written)
    beside = (target.with_name(f"{target.name}.{ending}") for ending in BESIDE)
    places = {place: Path(os.path.realpath(place)) for place in (target, *beside)}
    there = {_identity(place): place for place in places if place.exists()}
    for read in tables:
        real = Path(os.path.realpath(read))
        within = (place for place, followed in places.items() if real.is_relative_to(followed))
        place = next(within, None) or (there.get(_identity(read)) if there else None)
        if place is not None:
            raise NoSuchPlace(_taken(read, written, is_itself=place == target, is_within=real != places[place]))
        if places[target].is_relative_to(real):
            raise NoSuchPlace(f"{str(written)!r} is in the folder of the tables; write the answers elsewhere.")


def _identity(path: Path) -> tuple[int, int]:
    """That of the file: hard links have the same one."""
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def _taken(read: Path, written: Path, *, is_itself: bool, is_within: bool) -> str:
    if not is_itself:
        said = f"{str(read)!r} would be written over on the way to {str(written)!r}"
    elif is_within and written.is_dir():
        said = f"{str(read)!r} is in {str(written)!r}, which would be written over"
    else:
        said = f"{str(written)!r} is the table itself"
    return f"{said}; give the answers another name."
