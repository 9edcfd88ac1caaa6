"""The Django door: `create_app()` makes a whole app, `urls_of(service)` URL patterns for a project of your own, and
`include("serve_django.urls")` does so with the service that the settings name.

Both are imported at first use, so that `python -m serve_django` can prepare its process before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serve_django.app import create_app
    from serve_django.urls import urls_of

__all__ = ["create_app", "urls_of"]

_HOMES = {"create_app": "serve_django.app", "urls_of": "serve_django.urls"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
