"""A table as its file has it, and what is known of how its cells are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twinserve.notes import Note


@dataclass(frozen=True)
class Cells:
    """How the cells of a table are written."""

    typed: bool = True
    """Can a text be told from a number? In a CSV file it cannot: `12` may be either."""
    loose_digits: bool = False
    """Do programs read a text of digits as a number though the file tells them apart, as pandas does of Excel?"""
    decimal_comma: bool = False
    """Is a comma in a number its decimal point, as where the separator is a semicolon?"""
    null_values: tuple[str, ...] = ()
    """Texts that are null in every column."""
    notes: tuple[Note, ...] = ()
    """What was decided while the file was read."""


TYPED: Final = Cells()
"""Those of a table whose columns have types."""
