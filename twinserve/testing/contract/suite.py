"""What every part of the suite rests on: the fixtures that a subclass gives, and those made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar

import pytest

from twinserve.service.service import Service
from twinserve.testing.answer import Send
from twinserve.testing.client import Client, Serve
from twinserve.testing.fakes import car, service_of


class Suite:
    """A part of the contract. Who runs it gives two fixtures, in the subclass, its module or a `conftest.py`:

    `door` returns a function that sends a request to the app under test (`twinserve.testing.answer.Send`), and
    `instance` a valid instance of the served model, as a value of JSON.
    """

    prefix: ClassVar[str] = ""
    """Below which the contract's paths are mounted."""

    @pytest.fixture
    def served(self, door: Send) -> Client:
        """The app under test, as its callers see it."""
        return Client(door, self.prefix)


class OpenedSuite(Suite):
    """A part that opens the door over services of its own: their model is that of cars (`twinserve.testing.fakes`),
    their settings and faults are the test's. A subclass gives `open`."""

    @classmethod
    def open(cls, service: Service) -> AbstractContextManager[Send]:
        """The door over a service, for as long as the context lasts; the suite closes the service."""
        raise NotImplementedError("Give a class method `open` that returns a context of a function that sends")

    @pytest.fixture
    def serve(self) -> Iterator[Serve]:
        """Opens the door over a service of the test's own."""
        with ExitStack() as stack:

            def opened(service: Service) -> Client:
                stack.callback(service.close)
                return Client(stack.enter_context(self.open(service)), self.prefix)

            yield opened

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls) -> Iterator[Send]:
        """The door over the model of cars."""
        service = service_of()
        with cls.open(service) as send:
            yield send
        service.close()

    @pytest.fixture
    def instance(self) -> Any:
        """A car."""
        return car()
