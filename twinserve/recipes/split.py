"""A choice of split: which rows of a table are held out, and how cross-validation divides the others."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.errors import AskedWrongly


@dataclass(frozen=True)
class Split:
    """By class (the default), by time or by group; at most one of them may be chosen.

    Rows of one's own are no choice of this kind: `Table.held_out` names them."""

    time: str | None = None
    """A column of dates or numbers: the last fifth of the rows is held out, and cross-validation goes forward."""
    group: str | None = None
    """A column that names the subject of a row: all rows of a subject are on one side, in every fold as well."""
    stratify: bool = False
    """Is the default asked for by name, so that no other split is measured beside it?"""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` for two splits at once."""
        chosen = [f"--{name}" for name in ("time", "group", "stratify") if getattr(self, name)]
        if len(chosen) > 1:
            raise AskedWrongly(f"{chosen[0]} and {chosen[1]} exclude each other; give one.")

    @property
    def column(self) -> str | None:
        """The column that divides the rows, if one does."""
        return self.time or self.group


BY_CLASS = Split()
"""The default: a hash of each row's content decides, within its class."""
