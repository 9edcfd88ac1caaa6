"""Notes on a training table, for the person who trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Note:
    """One remark about a table or one of its columns."""

    kind: Literal["dropped", "leak", "warning", "fact"]
    column: str | None
    sentence: str

    def __str__(self) -> str:
        """The whole remark as one sentence."""
        about = "" if self.column is None else f"{self.column}: "
        return f"{about}{'left out, ' if self.kind == 'dropped' else ''}{self.sentence}."
