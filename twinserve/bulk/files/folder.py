"""The answers to each file of a folder, in a folder with files of the same names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from twinserve.bulk.files.job import Summary
from twinserve.bulk.files.places import NoSuchPlace, files_in
from twinserve.bulk.forms import SUFFIXES, Form
from twinserve.store.file_lock import sync_folder

ENDINGS: Final = {"ndjson": ".ndjson", "csv": ".csv", "arrow": ".arrows", "parquet": ".parquet"}


class Table(NamedTuple):
    """A file of a folder."""

    read: Path
    written: Path
    """Its answers."""
    journal: Path


Answered = Callable[[Sequence[Table]], Iterator[Summary]]
"""Writes the answers to each of these files, in any order."""


def to_folder(
    read: Path, target: Path, given: Form | None, writes: Form, answered: Answered, *, goes_on: bool = False
) -> Summary:
    """Write the answers to all tables of a folder; the folder appears whole or not at all.

    A file has the name of its table, with the ending of its form where that is another one."""
    partial, journals = (target.with_name(f"{target.name}.{ending}") for ending in ("partial", "journals"))
    is_whole = goes_on and journals.exists() and not partial.exists() and target.exists()
    if not is_whole:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise NoSuchPlace(f"{str(target)!r} is there already; remove it, or give the answers another name.")
        if not goes_on:
            for folder in (partial, journals):
                shutil.rmtree(folder, ignore_errors=True)
    tables = [_table(path, read, target if is_whole else partial, journals, writes) for path in files_in(read, given)]
    rows = bad_rows = 0
    for summary in answered(tables):
        rows, bad_rows = rows + summary.rows, bad_rows + summary.bad_rows
    if not is_whole:
        partial.replace(target)
        sync_folder(target.parent)
    shutil.rmtree(journals)
    return Summary(rows, bad_rows)


def _table(path: Path, read: Path, target: Path, journals: Path, writes: Form) -> Table:
    name = _named(path.relative_to(read), writes)
    table = Table(path, target / name, journals / f"{name}.journal")
    for folder in (table.written.parent, table.journal.parent):
        folder.mkdir(parents=True, exist_ok=True)
    return table


def _named(path: Path, form: Form) -> Path:
    return path if SUFFIXES.get(path.suffix.lower()) == form else path.with_name(path.name + ENDINGS[form])
