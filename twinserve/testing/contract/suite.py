"""`Suite` and `OpenedSuite`: the bases of all parts, with their fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar, Final

import pytest

from twinserve.service.http.routes import Route
from twinserve.service.service import Service
from twinserve.testing.answer import Send
from twinserve.testing.client import Client, Serve
from twinserve.testing.fakes import car, service_of, settings_of

MODEL: Final = settings_of().model
"""The name of the model that the services of the tests serve."""


def example_path(route: Route, model: str = MODEL) -> str:
    """A path of this route that there is, where this is the name of a model."""
    return route.path.replace("{name}", model if route.path.startswith("/models/") else "page.css")


class Suite:
    """A part of the contract. It needs two fixtures, from the subclass, its module or a `conftest.py`:

    `door` returns a function that sends a request to the app under test (`twinserve.testing.answer.Send`);
    `instance` returns a valid instance of the served model, as a JSON value.
    """

    prefix: ClassVar[str] = ""
    """The path under which the routes are mounted."""

    @pytest.fixture
    def model(self, served: Client) -> str:
        """The name of the default model."""
        return str(served.send("GET", "/models").json()["default"])

    @pytest.fixture
    def served(self, door: Send) -> Client:
        """A client of the app under test."""
        return Client(door, self.prefix)


class OpenedSuite(Suite):
    """A part that opens the door itself, on services with the model of cars (`twinserve.testing.fakes`) and with the
    settings or the broken predictor of each test. A subclass overrides `open`."""

    @classmethod
    def open(cls, service: Service) -> AbstractContextManager[Send]:
        """Open the door on a service: a context that yields a `Send`. The suite closes the service."""
        raise NotImplementedError("Override the class method `open`: it returns a context that yields a `Send`.")

    @pytest.fixture
    def serve(self) -> Iterator[Serve]:
        """Opens the door on a service that the test makes."""
        with ExitStack() as stack:

            def opened(service: Service) -> Client:
                stack.callback(service.close)
                return Client(stack.enter_context(self.open(service)), self.prefix)

            yield opened

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls) -> Iterator[Send]:
        """The door on a service of the model of cars."""
        service = service_of()
        with cls.open(service) as send:
            yield send
        service.close()

    @pytest.fixture
    def instance(self) -> Any:
        """A valid car."""
        return car()
