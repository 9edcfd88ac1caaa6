"""What the server of `twinserve.wsgi` must know of this door."""

from __future__ import annotations

from typing import Final

from flask import Flask

from twinserve.wsgi.server.door import Door


def create_app() -> Flask:
    """The app; its module is loaded in each worker."""
    from serve_flask import app

    return app.create_app()


DOOR: Final = Door("flask", 8001, create_app, lambda app: app.extensions["twinserve"])
