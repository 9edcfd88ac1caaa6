"""`Door`: what the server must know of the door that it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from twinserve.service.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Door(NamedTuple):
    """A door that speaks WSGI."""

    name: str
    """Its name in the log."""
    port: int
    """The port that it listens on if the settings name none."""
    create_app: Callable[[], WSGIApplication]
    """Makes the app with the service that the settings name; called in each worker, after the fork."""
    service_of: Callable[[Any], Service]
    """The service of an app that `create_app` has made."""
