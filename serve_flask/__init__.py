"""The Flask door: `create_app()` makes a whole app, `blueprint(service)` a blueprint for an app of your own.

Both are imported at first use, so that `python -m serve_flask` can prepare its process before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serve_flask.app import create_app
    from serve_flask.routes import blueprint

__all__ = ["blueprint", "create_app"]

_HOMES = {"create_app": "serve_flask.app", "blueprint": "serve_flask.routes"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
