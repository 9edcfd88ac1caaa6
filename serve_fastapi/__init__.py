"""The FastAPI door: `create_app()` makes a whole app, `router(service)` a router for an app of your own.

Both are imported at first use, so that `python -m serve_fastapi` can prepare its process before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serve_fastapi.app import create_app
    from serve_fastapi.routes import router

__all__ = ["create_app", "router"]

_HOMES = {"create_app": "serve_fastapi.app", "router": "serve_fastapi.routes"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
