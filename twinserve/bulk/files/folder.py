"""The answers to each file of a folder, in a folder with files of the same names."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from twinserve.bulk.files.in_use import InUse, locked
from twinserve.bulk.files.job import Summary
from twinserve.bulk.files.journal import OtherRun
from twinserve.bulk.files.places import NoSuchPlace, files_in, followed, require_other
from twinserve.bulk.forms import SUFFIXES, Form
from twinserve.store.file_lock import sync_folder

ENDINGS: Final = {"ndjson": ".ndjson", "csv": ".csv", "arrow": ".arrows", "parquet": ".parquet"}
LOCK: Final = ".lock"
"""Among the journals; held as long as a run writes the folder."""
LISTED: Final = ".tables"
"""Among the journals: the names of the tables that the run answers, each with that of its answers."""


class Table(NamedTuple):
    """A file of a folder."""

    read: Path
    written: Path
    """Its answers."""
    journal: Path


AnswerTables = Callable[[Sequence[Table]], Iterator[Summary]]
"""Writes the answers to each of these files, in any order."""


def to_folder(
    read: Path, target: Path, given: Form | None, writes: Form, answer_tables: AnswerTables, *, goes_on: bool = False
) -> Summary:
    """Write the answers to all tables of a folder; the folder appears whole or not at all.

    A file has the name of its table, with the ending of its form where that is another one."""
    target = followed(target)
    partial, journals = (target.with_name(f"{target.name}.{ending}") for ending in ("partial", "journals"))
    found = files_in(read, given)
    require_other(found, target)  # They may be links.
    _require_names(found, read, writes)
    _is_whole(target, partial, journals, goes_on=goes_on)  # What is refused leaves nothing behind.
    with _alone(journals, target):
        return _written(read, found, target, writes, answer_tables, (partial, journals), goes_on=goes_on)


def _written(
    read: Path,
    found: Sequence[Path],
    target: Path,
    writes: Form,
    answer_tables: AnswerTables,
    beside: tuple[Path, Path],
    *,
    goes_on: bool,
) -> Summary:
    partial, journals = beside
    is_whole = _is_whole(target, partial, journals, goes_on=goes_on)
    if not goes_on:
        shutil.rmtree(partial, ignore_errors=True)
        _clear(journals)
    names = [[str(name := path.relative_to(read)), str(_named(name, writes))] for path in found]
    _require_listed(journals, names, is_new=not is_whole and not _held(journals))
    tables = [_table(path, read, target if is_whole else partial, journals, writes) for path in found]
    rows = bad_rows = 0
    for summary in answer_tables(tables):
        rows, bad_rows = rows + summary.rows, bad_rows + summary.bad_rows
    if not is_whole:
        partial.replace(target)
        sync_folder(target.parent)
    _clear(journals)  # The names last: with them alone a run that goes on knows a whole folder as its own.
    shutil.rmtree(journals)
    return Summary(rows, bad_rows)


def _is_whole(target: Path, partial: Path, journals: Path, *, goes_on: bool) -> bool:
    """Was the last run killed when the folder had its name? Raises `NoSuchPlace` where it has what is not of a run."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    if not goes_on or partial.exists() or not (journals / LISTED).exists():
        raise NoSuchPlace(f"{str(target)!r} is there already; remove it, or give the answers another name.")
    return True


def _held(journals: Path) -> list[Path]:
    return [path for path in journals.iterdir() if path.name not in (LOCK, LISTED)] if journals.exists() else []


def _clear(journals: Path) -> None:
    for path in _held(journals):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _require_names(found: Sequence[Path], read: Path, writes: Form) -> None:
    """Raise `NoSuchPlace` where two tables would have the same file of answers."""
    named: dict[Path, Path] = {}
    for path in found:
        name = _named(path.relative_to(read), writes)
        if (other := named.setdefault(name, path)) != path:
            raise NoSuchPlace(
                f"The answers to {str(other)!r} and {str(path)!r} would have one name, {str(name)!r}; rename a table."
            )


def _require_listed(journals: Path, names: Sequence[Sequence[str]], *, is_new: bool) -> None:
    """Keep the names of the tables and of their answers; raises `OtherRun` where a run goes on that had others."""
    listed = journals / LISTED
    content = json.dumps(names).encode()
    if is_new:
        listed.write_bytes(content)
    elif not listed.exists() or listed.read_bytes() != content:
        raise OtherRun(f"{journals} is of a run with other tables, or another form. Leave out --resume to begin anew.")


@contextmanager
def _alone(journals: Path, target: Path) -> Iterator[None]:
    """No other process writes the folder meanwhile; raises `InUse`."""
    journals.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = locked(journals / LOCK, target)
    except FileNotFoundError:  # Its last run ended just now, and took the folder of the lock with it.
        raise InUse(f"Another process writes {target}; nothing was changed.") from None
    try:
        yield
    finally:
        os.close(descriptor)


def _table(path: Path, read: Path, target: Path, journals: Path, writes: Form) -> Table:
    name = _named(path.relative_to(read), writes)
    table = Table(path, target / name, journals / f"{name}.journal")
    for folder in (table.written.parent, table.journal.parent):
        folder.mkdir(parents=True, exist_ok=True)
    return table


def _named(path: Path, form: Form) -> Path:
    return path if SUFFIXES.get(path.suffix.lower()) == form else path.with_name(path.name + ENDINGS[form])
