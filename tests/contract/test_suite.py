"""Run the shipped contract suite on our doors: on both together, whose answers must be equal."""

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
    """Send each request to both doors, and compare the answers byte for byte."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """Both doors over this service."""
        with open_both(service) as doors:
            yield doors.send

    @pytest.fixture
    def door(self, both: Both) -> Send:
        """Both doors over the service of the session."""
        return both.send


class TestEachDoor(RepliesContract):
    """Test the parts that differ from answer to answer at each door alone."""

    @pytest.fixture
    def door(self, client: Door) -> Send:
        """One door."""
        return client.send

    @pytest.fixture
    def instance(self) -> Any:
        """A car."""
        return car()
