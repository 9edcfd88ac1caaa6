"""What this door takes from Django beyond its documented interface, in one place.

Any of these names may change with a release: `pyproject.toml` holds Django below the next one, and a test looks each
name up. Another test finds what is missing here, and says what it takes for documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {
    "django.core.handlers.wsgi:WSGIHandler": ("request_class",),
    "django.core.handlers.wsgi:WSGIRequest": (),
    "django.dispatch.dispatcher:Signal": ("receivers",),
}
"""By `module` or `module:Class`: methods that are called or replaced, and attributes that are read or set."""
