"""Both doors in process, over one service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.doors import DOORS, Both, Door, open_both
from twinserve.service.service import Service
from twinserve.testing.fakes import service_of

OpenDoors = Callable[[Service], Both]


@pytest.fixture(scope="session")
def both() -> Iterator[Both]:
    """Both doors over a service of a fake model of cars; both must answer every request alike."""
    with open_both(service_of()) as doors:
        yield doors


@pytest.fixture
def open_doors() -> Iterator[OpenDoors]:
    """Opens both doors over a service that the test makes."""
    with ExitStack() as stack:
        yield lambda service: stack.enter_context(open_both(service))


@pytest.fixture(params=DOORS, scope="session")
def client(request: pytest.FixtureRequest) -> Iterator[Door]:
    """Each door by itself over the fake model, for replies that differ between doors."""
    service = service_of()
    door = DOORS[request.param](service)
    yield door
    door.close()
    service.close()
