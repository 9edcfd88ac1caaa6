"""The forms in which many rows are sent, and the media types and file names by which they are known."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import PurePath
from typing import Final, Literal

from twinserve.errors import AskedWrongly

Form = Literal["ndjson", "csv", "arrow", "parquet"]
Answer = Literal["ndjson", "csv", "arrow", "parquet", "json"]
"""The forms of answers: `json` is the object that `POST /predict` answers to an array."""

MEDIA_TYPES: Final[Mapping[Answer, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
"""The media type of an answer."""
SUFFIXES: Final[Mapping[str, Form]] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".parquet": "parquet",
    ".pq": "parquet",
}
READ: Final[Mapping[str, Form]] = {
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
}


class NeedsPyarrow(AskedWrongly):
    """Arrow and Parquet are read and written by pyarrow, which is not installed."""


def form_of(path: str) -> Form | None:
    """The form that a file's name says; None for a name that says none."""
    return SUFFIXES.get(PurePath(path).suffix.lower())


def form_of_media_type(media_type: str) -> Form | None:
    """The form of a media type, whatever its parameters are; None for one that is not read in bulk."""
    return READ.get(media_type.partition(";")[0].strip().lower())


def has_pyarrow() -> bool:
    """Is pyarrow there?"""
    return find_spec("pyarrow") is not None


def require_pyarrow(*forms: Answer) -> None:
    """Raise `NeedsPyarrow` where one of these forms needs it, and it is not there."""
    if not {"arrow", "parquet"}.isdisjoint(forms) and not has_pyarrow():
        raise NeedsPyarrow("Arrow and Parquet need pyarrow: pip install 'twinserve[train]'.")
