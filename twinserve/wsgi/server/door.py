"""`Door`: what the server must know of the door that it runs, and how many threads it has for requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from twinserve.service.service import Service
from twinserve.service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SPARE_THREADS: Final = 8
"""Request threads beyond those that may wait for the prediction pool, so that health checks never wait for one."""


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


def request_threads(settings: Settings) -> int:
    """The most threads that a worker has for requests, and for streams."""
    return settings.max_queue + SPARE_THREADS
