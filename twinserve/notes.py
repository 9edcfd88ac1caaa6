"""What is told about a table while a model is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Note:
    """One thing about a table that a person should know."""

    kind: Literal["dropped", "leak", "warning", "fact"]
    column: str | None
    sentence: str
