"""What this folder takes from prometheus-client beyond its documented interface: a test looks each name up, and
`pyproject.toml` holds it below the next release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {
    "prometheus_client.mmap_dict:MmapedDict": ("close", "read_all_values_from_file", "write_value")
}
"""By `module:Class`: methods that are called."""
