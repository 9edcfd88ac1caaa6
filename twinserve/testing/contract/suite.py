"""The base of every part of the suite: the fixtures that a subclass provides, and those made from them."""

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
    """A part of the contract. It needs two fixtures, from the subclass, its module or a `conftest.py`:

    `door` returns a function that sends a request to the app under test (`twinserve.testing.answer.Send`);
    `instance` returns a valid instance of the served model, as a JSON value.
    """

    prefix: ClassVar[str] = ""
    """Below which the contract's paths are mounted."""

    @pytest.fixture
    def served(self, door: Send) -> Client:
        """The app under test, as its callers see it."""
        return Client(door, self.prefix)


class OpenedSuite(Suite):
    """A part that opens the door over services of its own, each with the model of cars (`twinserve.testing.fakes`) and
    with settings or faults that the test chooses. A subclass overrides `open`."""

    @classmethod
    def open(cls, service: Service) -> AbstractContextManager[Send]:
        """A context that gives a function which sends a request to the door; the suite closes the service."""
        raise NotImplementedError("Override the class method `open`: it returns a context that gives a `Send`.")

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
