"""The FastAPI door apart from its routes: lifespan, and SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from serve_fastapi.app import create_app, draining
from twinserve.service.http.problem import Problem
from twinserve.testing.fakes import car, service_of

PATIENCE = 20.0


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    """Set when the server's own handler of SIGTERM is called."""
    reached = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: reached.set())
    yield reached
    signal.signal(signal.SIGTERM, before)


def live(app: FastAPI) -> None:
    """Run the lifespan of an app, and check in between that it serves."""

    async def run() -> None:
        async with app.router.lifespan_context(app) as state:
            assert state is not None
            assert state["service"].ready().status == 200

    asyncio.run(run())


def test_the_lifespan_offers_a_service_that_was_given_and_leaves_it_open() -> None:
    """The state has the service, for the limits of the protocol; a second lifespan finds the service open."""
    service = service_of()
    app = create_app(service)
    for _ in range(2):
        live(app)
        with TestClient(app) as client:
            assert client.post("/predict", json=car()).status_code == 200
    service.close()


def test_the_lifespan_closes_a_service_that_the_app_opened(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the lifespan predictions are refused."""
    monkeypatch.setenv("TWINSERVE_ARTIFACTS", str(artifacts))
    app = create_app()
    live(app)
    with pytest.raises(Problem, match="shutting down"):
        app.state.twinserve.quick_version(b"")


def test_sigterm_drains_before_it_stops(stopped: threading.Event) -> None:
    """SIGTERM ends readiness at once; the server's own handler is called after the delay."""
    service = service_of(drain_delay=0.1)

    async def live() -> None:
        with draining(service):
            loop = asyncio.get_running_loop()
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(Problem, match="shutting down"):
                service.ready()
            assert not stopped.is_set()
            assert await loop.run_in_executor(None, stopped.wait, PATIENCE)

    asyncio.run(live())
    service.close()


@pytest.mark.usefixtures("stopped")
def test_the_signal_is_given_back() -> None:
    """The previous handler of the signal is restored."""
    before = signal.getsignal(signal.SIGTERM)
    service = service_of()

    async def live() -> None:
        with draining(service):
            assert signal.getsignal(signal.SIGTERM) is not before

    asyncio.run(live())
    assert signal.getsignal(signal.SIGTERM) is before
    service.close()


def test_in_another_thread_signals_are_left_alone() -> None:
    """Outside the main thread, as in a test client, signals are not handled."""
    service = service_of()
    failures: list[BaseException] = []

    async def live() -> None:
        with draining(service):
            service.ready()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as failure:  # Whatever it is, the test must hear of it.
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert failures == []
    service.close()


def test_layers_that_a_host_adds_see_every_request() -> None:
    """With added middleware the shortcut to `/predict` is off."""
    seen = []

    class Layer:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["path"])
            await self.app(scope, receive, send)

    app = create_app(service_of())
    app.add_middleware(Layer)
    plain, layered = (TestClient(app).post("/predict", json={}) for app in (create_app(service_of()), app))
    assert (layered.status_code, layered.json()["errors"]) == (plain.status_code, plain.json()["errors"])
    assert seen == ["/predict"]


def test_a_route_that_a_host_puts_before_ours_is_its_own() -> None:
    """A host's route before ours answers, not the shortcut."""

    async def mine(_: Request) -> Response:
        return PlainTextResponse("mine")

    app = create_app(service_of())
    app.router.routes.insert(0, Route("/predict", mine, methods=["POST"]))
    assert TestClient(app).post("/predict", json={}).text == "mine"


def test_a_path_below_a_root_is_looked_for_by_the_framework() -> None:
    """Below the root path `/predict` the shortcut is off: the framework looks the path up."""
    client = TestClient(create_app(service_of()), root_path="/predict")
    assert client.post("/predict", json={}).status_code == 404
