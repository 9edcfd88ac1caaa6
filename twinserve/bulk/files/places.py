"""Where rows come from and where answers go: files, folders, standard streams, databases."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twinserve.bulk.files.source import PACKED
from twinserve.bulk.forms import SUFFIXES, Form, form_of
from twinserve.errors import AskedWrongly

STANDARD: Final = "-"


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


def require_other(read: Path, written: Path) -> None:
    """Raise `NoSuchPlace` where answers would take the place of the rows."""
    if written.exists() and read.resolve() == written.resolve():
        raise NoSuchPlace(f"{str(written)!r} is the table itself; give the answers another name.")
    if not written.parent.is_dir():
        raise NoSuchPlace(f"There is no folder {str(written.parent)!r} for the answers.")
