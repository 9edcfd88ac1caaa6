"""Where a table may be and which formats it may have, by the ending of its file; and the errors of reading one."""

from __future__ import annotations

import glob
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from twinserve.errors import AskedWrongly

Form = Literal["csv", "parquet", "jsonl", "json", "excel"]
FORMS: Final[tuple[Form, ...]] = ("csv", "parquet", "jsonl", "json", "excel")
ENDINGS: Final[Mapping[str, Form]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".data": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
SQLITE: Final = "a SQLite database is --data sqlite:///{} --query 'select * from TABLE'"
OTHERS: Final[Mapping[str, str]] = {
    ".db": SQLITE,
    ".sqlite": SQLITE,
    ".sqlite3": SQLITE,
    ".xls": "save an old Excel file as .xlsx, or give --format csv if it is one",
}
"""By the ending of a file that cannot be read, what can be."""
ZIP: Final = ".zip"
PACKED: Final = (".gz", ".xz", ".bz2", ".zst", ZIP)
STANDARD_INPUT: Final = "-"


class NoSuchTable(AskedWrongly):
    """The file does not exist, cannot be read, or has an unknown ending."""


class UnreadableTable(AskedWrongly):
    """The content of the file is no table."""


@dataclass(frozen=True)
class Reading:
    """What a person says of how a table is to be read; nothing of it need be said."""

    form: Form | None = None
    """None: the ending of the file says it."""
    header: bool | None = None
    """Does the first line of a CSV file name the columns? None: its cells decide."""
    null_values: tuple[str, ...] = ()
    """Texts that are null in every column."""
    query: str | None = None
    """What to ask a database."""
    sheet: str | None = None
    """The sheet of an Excel file; None: the first."""


AS_IT_IS: Final = Reading()
"""Nothing was said."""


def is_database(location: str) -> bool:
    """Is this the URL of a database (`postgresql://...`) and no file?"""
    return "://" in location


def files_of(location: str) -> Sequence[str]:
    """The files that a pattern such as `data/*.parquet` means, or the location itself; raises `NoSuchTable`."""
    if is_database(location) or not glob.has_magic(location) or Path(location).exists():
        return [location]
    matched = sorted(path for path in glob.glob(location, recursive=True) if Path(path).is_file())  # noqa: PTH207  # A pattern may be absolute.
    if not matched:
        raise NoSuchTable(f"No file matches {location!r}.")
    return matched


def require_known(location: str, reading: Reading) -> None:
    """Raise `NoSuchTable` for what cannot be read whatever it holds, before anything heavy is imported."""
    if is_database(location) != (reading.query is not None):
        raise NoSuchTable(
            f"{shown(location)!r} is a database; --query says which rows of it."
            if is_database(location)
            else "--query belongs to a database, whose URL --data is, such as sqlite:///loans.db."
        )
    forms = [reading.form or form_of(path) for path in ([] if is_database(location) else files_of(location))]
    if reading.sheet is not None and forms != ["excel"] * len(forms or [None]):
        raise NoSuchTable(f"--sheet belongs to an Excel file, and {shown(location)!r} is none.")


def form_of(location: str) -> Form:
    """The format by the file's ending; raises `NoSuchTable` for an unknown one."""
    if location == STANDARD_INPUT:
        return "csv"
    path = Path(location)
    if path.suffix.lower() == ZIP and path.with_suffix("").suffix.lower() not in ENDINGS:
        path = Path(member(location))
    ending = _unpacked(path).suffix.lower()
    if ending not in ENDINGS:
        cure = OTHERS.get(ending, f"give --format {', '.join(FORMS[:-1])} or {FORMS[-1]}").format(location)
        raise NoSuchTable(f"The ending of {location!r} names no known format; {cure}.")
    return ENDINGS[ending]


def member(location: str) -> str:
    """The name of the only file in a zip archive; raises `NoSuchTable` or `UnreadableTable`."""
    try:
        with zipfile.ZipFile(location) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
    except OSError as error:
        raise NoSuchTable(f"Cannot read {location!r}: {error.strerror}.") from None
    except zipfile.BadZipFile:
        raise UnreadableTable(f"{location!r} is no zip archive.") from None
    if len(names) != 1:
        raise UnreadableTable(f"{location!r} holds {len(names)} files; a table is one.")
    return names[0]


def stem(location: str) -> str:
    """The name of a file without what says its format, `loans` of `data/loans.csv.gz`."""
    path = urlsplit(location).path if is_database(location) else location
    return _unpacked(Path(path)).stem


def source_name(*locations: str) -> str:
    """What the model card calls a file, of whose name bytes that are no UTF-8 are replaced."""
    location, *more = locations
    if location == STANDARD_INPUT:
        return "standard input"
    if is_database(location):
        return f"a query of the database {Path(urlsplit(location).path).name or 'at its host'}"
    name = os.fsencode(Path(location).name).decode(errors="replace")
    return f"{name} and {len(more)} more" if more else name


def shown(location: str) -> str:
    """A location for a message: of a URL neither user nor password."""
    if not is_database(location):
        return location
    scheme, _, rest = location.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def first_line(error: BaseException) -> str:
    """What a library says of an error, for a sentence."""
    return str(error).strip().split("\n")[0].removeprefix("Error tokenizing data. C error: ").rstrip(".")


def _unpacked(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in PACKED else path
