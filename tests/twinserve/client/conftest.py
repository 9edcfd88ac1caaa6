"""One service in this process, asked by the client that blocks and by the one that awaits."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness import fruit
from serve_fastapi import create_app as create_fastapi_app
from serve_flask import create_app as create_flask_app
from tests.doors import as_on_a_server
from twinserve.client import AsyncClient, Client
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.store.registry import Registry


class Blocking:
    """A client whose methods may be called without `await`, whichever kind it is."""

    def __init__(self, client: Any, runner: asyncio.Runner) -> None:
        self.client, self._runner = client, runner

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The result of what the client that awaits is asked."""
        return self._runner.run(coroutine)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)

        def call(*given: Any, **named: Any) -> Any:
            done = method(*given, **named)
            return self._runner.run(done) if inspect.iscoroutine(done) else done

        return call


def rows(client: Blocking, given: Any, **options: Any) -> list[Any]:
    """All answers of `bulk`, whichever client gives them."""
    if not isinstance(client.client, AsyncClient):
        return list(client.client.bulk(given, **options))

    async def collected() -> list[Any]:
        return [answer async for answer in client.client.bulk(given, **options)]

    return list(client.run(collected()))


Open = Callable[..., Blocking]
"""Opens a client of either kind: of a service in this process, or of a URL."""


@pytest.fixture(scope="session")
def fruit_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the models `fruit` and `price`; not to be changed."""
    root = tmp_path_factory.mktemp("client")
    for recipe in (fruit.FRUIT, fruit.PRICE):
        fruit.registered(recipe, root)
        Registry(root, recipe.name).promote(1)
    return root


@pytest.fixture(scope="module")
def service(fruit_store: Path) -> Iterator[Service]:
    """The service of `fruit`, with `price` beside it, and small limits."""
    settings = Settings(artifacts=fruit_store, model="fruit", models="fruit,price", max_batch=50, max_explain=20)
    service = Service.open(settings)
    yield service
    service.close()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which client is asked."""
    return str(request.param)


@pytest.fixture
def opened(kind: str) -> Iterator[Open]:
    """Opens clients, which are closed at the end of the test."""
    clients: list[Blocking] = []
    with asyncio.Runner() as runner:

        def make(target: Service | str, url: str = "http://testserver", **options: Any) -> Blocking:
            if isinstance(target, str):
                url = target
                options.setdefault("verify", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # To read no authorities' files.
            else:
                options["transport"] = transport(kind, target)
            clients.append(Blocking((Client if kind == "sync" else AsyncClient)(url, **options), runner))
            return clients[-1]

        yield make
        for client in clients:
            client.close()


def transport(kind: str, service: Service) -> httpx2.WSGITransport | httpx2.ASGITransport:
    """The Flask door for a client that blocks, the FastAPI door for one that awaits."""
    if kind == "sync":
        return httpx2.WSGITransport(app=as_on_a_server(create_flask_app(service)))
    return httpx2.ASGITransport(app=create_fastapi_app(service))


@pytest.fixture
def client(opened: Open, service: Service) -> Blocking:
    """A client of the service of `fruit`."""
    return opened(service)
