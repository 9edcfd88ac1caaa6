"""The suite runs on both doors through `wsgi` and `asgi`, without a client library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import serve_fastapi
import serve_flask
from twinserve.service.service import Service
from twinserve.testing import DoorSuite, Send
from twinserve.testing.in_process import asgi, wsgi


class TestFlask(DoorSuite):
    """The Flask door."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """The door on this service."""
        yield wsgi(serve_flask.create_app(service))


class TestFastAPI(DoorSuite):
    """The FastAPI door."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """The door on this service."""
        yield asgi(serve_fastapi.create_app(service))
