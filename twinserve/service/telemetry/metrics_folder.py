"""The variable that names the folder in which several workers count together.

Apart from `metrics.py`, as it must be set before the metrics library is imported.
"""

from __future__ import annotations

from typing import Final

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
