"""What the server of `twinserve.wsgi` must know of this door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinserve.wsgi.server.door import Door

if TYPE_CHECKING:
    from serve_django.app import DoorApp


def create_app() -> DoorApp:
    """The app; its module is loaded in each worker."""
    from serve_django import app

    return app.create_app()


DOOR: Final = Door("django", 8002, create_app, lambda app: app.service)
