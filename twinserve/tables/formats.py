"""Which formats a table may have, by the ending of its file, and the errors of reading one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from twinserve.errors import AskedWrongly

Form = Literal["csv", "parquet", "jsonl"]
ENDINGS: Final[Mapping[str, Form]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
STANDARD_INPUT: Final = "-"


class NoSuchTable(AskedWrongly):
    """The file does not exist, cannot be read, or has an unknown ending."""


class UnreadableTable(AskedWrongly):
    """The content of the file is no table."""


def form_of(location: str) -> Form:
    """The format by the file's ending; raises `NoSuchTable` for an unknown one."""
    if location == STANDARD_INPUT:
        return "csv"
    ending = Path(location).suffix.lower()
    if ending not in ENDINGS:
        raise NoSuchTable(f"The ending of {location!r} names no known format; give --format csv, parquet or jsonl.")
    return ENDINGS[ending]


def source_name(location: str) -> str:
    """What the model card calls a file, of whose name bytes that are no UTF-8 are replaced."""
    if location == STANDARD_INPUT:
        return "standard input"
    return os.fsencode(Path(location).name).decode(errors="replace")


def first_line(error: BaseException) -> str:
    """What a library says of an error, for a sentence."""
    return str(error).strip().split("\n")[0].removeprefix("Error tokenizing data. C error: ").rstrip(".")
