"""The answers to each file of a folder, in a folder with files of the same names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from twinserve.bulk.files.job import Asking, Summary, Tell, to_file
from twinserve.bulk.files.places import NoSuchPlace, files_in
from twinserve.bulk.files.source import Source
from twinserve.bulk.forms import SUFFIXES, Form
from twinserve.store.file_lock import sync_folder

ENDINGS: Final = {"ndjson": ".ndjson", "csv": ".csv", "arrow": ".arrows", "parquet": ".parquet"}


def to_folder(
    asking: Asking,
    read: Path,
    target: Path,
    given: Form | None,
    open_file: Callable[[Path], Source],
    tell: Callable[[Source, int], Tell],
    *,
    goes_on: bool = False,
) -> Summary:
    """Write the answers to all tables of a folder; the folder appears whole or not at all.

    A file has the name of its table, with the ending of its form where that is another one. `tell` gives what is told
    of a file, before which so many rows were answered before."""
    partial, journals = (target.with_name(f"{target.name}.{ending}") for ending in ("partial", "journals"))
    is_whole = goes_on and journals.exists() and not partial.exists() and target.exists()
    if not is_whole:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise NoSuchPlace(f"{str(target)!r} is there already; remove it, or give the answers another name.")
        if not goes_on:
            for folder in (partial, journals):
                shutil.rmtree(folder, ignore_errors=True)
    rows = bad_rows = 0
    for path in files_in(read, given):
        name = _named(path.relative_to(read), asking.writes)
        written, journal = (target if is_whole else partial) / name, journals / f"{name}.journal"
        for folder in (written.parent, journal.parent):
            folder.mkdir(parents=True, exist_ok=True)
        source = open_file(path)
        summary = to_file(asking, source, path, written, tell(source, rows), goes_on=goes_on, journal_at=journal)
        rows, bad_rows = rows + summary.rows, bad_rows + summary.bad_rows
    if not is_whole:
        partial.replace(target)
        sync_folder(target.parent)
    shutil.rmtree(journals)
    return Summary(rows, bad_rows)


def _named(path: Path, form: Form) -> Path:
    return path if SUFFIXES.get(path.suffix.lower()) == form else path.with_name(path.name + ENDINGS[form])
