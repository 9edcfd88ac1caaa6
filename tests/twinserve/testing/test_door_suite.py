"""The suite runs for a door that no framework made, by its one method."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.twinserve.testing.third_door import ThirdDoor
from twinserve.service.service import Service
from twinserve.testing import DoorSuite, Send


class TestThirdDoor(DoorSuite):
    """Nothing is given but how to open it."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """Over this service."""
        yield ThirdDoor(service).send
