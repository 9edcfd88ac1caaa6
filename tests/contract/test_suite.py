"""The suite that the library ships, for our own doors: at both together, whose answers must be the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.doors import Both, Door, open_both
from twinserve.service.service import Service
from twinserve.testing import DoorSuite, Send
from twinserve.testing.contract.problems import RepliesContract
from twinserve.testing.fakes import car


class TestBothDoors(DoorSuite):
    """Each request goes to every door, and each answer is compared byte for byte."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """Every door over this service."""
        with open_both(service) as doors:
            yield doors.send

    @pytest.fixture
    def door(self, both: Both) -> Send:
        """One service for the whole session."""
        return both.send


class TestEachDoor(RepliesContract):
    """What differs from answer to answer is looked at for each door alone."""

    @pytest.fixture
    def door(self, client: Door) -> Send:
        """One door."""
        return client.send

    @pytest.fixture
    def instance(self) -> Any:
        """A car."""
        return car()
