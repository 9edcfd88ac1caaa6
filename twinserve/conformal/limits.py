"""The coverages that may be asked for."""

from __future__ import annotations

from typing import Final

LOWEST: Final = 0.5
HIGHEST: Final = 0.99
RANGE: Final = f"Must be from {LOWEST} to {HIGHEST}."
