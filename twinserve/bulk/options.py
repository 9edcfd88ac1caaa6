"""`Options`: what is asked for beside the predictions of many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twinserve.errors import AskedWrongly


class WrongOption(AskedWrongly):
    """An option that the version cannot give, or that does not fit the table."""

    def __init__(self, parameter: str, sentence: str, detail: str | None = None) -> None:
        """`parameter`: its name in a query. `detail`: the sentence for who must not see the caller's values."""
        super().__init__(f"{parameter}: {sentence}")
        self.parameter, self.detail = parameter, sentence if detail is None else detail


@dataclass(frozen=True)
class Options:
    """What each answer holds beside the prediction."""

    coverage: float | None = None
    """The coverage of the intervals or sets, from 0.5 to 0.99; None: there are none."""
    passed: tuple[str, ...] = ()
    """The names of columns that come back beside the answers, in this order."""
    explains: bool = False
    """Is each prediction explained?"""
    label: str | None = None
    """The class that is explained; None: each row's own label."""
    top: int | None = None
    """How many contributions are listed; None: all."""


GROUP: Final = 262_144
"""Rows of answers that are written together, as a group of Parquet: 10 MB of three columns, and 40 waits for the disk
in 10 million."""


@dataclass(frozen=True)
class Bounds:
    """How much is held and answered together. Larger is a little faster, smaller lets others have their turn."""

    rows: int = 65_536
    """Rows at most: of a table of 30 columns 16 MB."""
    message: int = 256 << 20
    """Bytes of a message of an Arrow stream at most, which is held several times while it is read."""
    cells: int = 1 << 60
    """Cells of a Parquet file at most, however few bytes they take; and unpacked bytes of the columns that are read."""
    chunk: int = 1 << 60
    """Bytes, unpacked, of a column in a group of rows of a Parquet file at most: a dictionary is held as a whole."""


ALONE: Final = Bounds()
"""Of who has nobody beside it to wait."""
