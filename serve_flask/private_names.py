"""What this door takes from Flask beyond its documented interface, in one place.

Any of these names may change with a release: `pyproject.toml` holds Flask below the next one, and a test looks each
name up. Another test finds what is missing here, and says what it takes for documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {"flask:Flask": ("_got_first_request",)}
"""By `module` or `module:Class`: methods that are called or replaced, and attributes that are read or set."""
