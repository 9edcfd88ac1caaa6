"""The suite runs on a door without a framework, which provides `open` alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.twinserve.testing.third_door import ThirdDoor
from twinserve.service.service import Service
from twinserve.testing import DoorSuite, Send


class TestThirdDoor(DoorSuite):
    """The third door."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """The third door on this service."""
        yield ThirdDoor(service).send
