"""What this folder takes from Python's own library beyond its documented interface: a test looks each name up, in each
release of Python that the tests run on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {"atexit": ("_run_exitfuncs",)}
"""By module: functions that are called."""
