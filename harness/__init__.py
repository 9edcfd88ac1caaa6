"""Running servers, stores and fakes that the tests, the measurements and the faults share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""The checkout."""
