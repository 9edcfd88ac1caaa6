"""What the FastAPI door does besides its routes: whose service it closes, and what a host may add to the app."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from serve_fastapi.app import app_of, create_app
from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.http.problem import Problem
from twinserve.service.pages import frame
from twinserve.service.pages.rendering import document
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.protocols.reads import READS
from twinserve.testing.fakes import car, service_of


def live(app: FastAPI) -> None:
    """Run the lifespan of an app, and check in between that it serves."""

    async def run() -> None:
        async with app.router.lifespan_context(app) as state:
            assert state is not None
            assert READS["ready"](state["service"], NOTHING).status == 200

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
        app.state.twinserve.quick_version(b"", "/predict")


def test_the_service_is_closed_when_the_lifespan_fails() -> None:
    """A server that ends with an error leaves no service open."""
    service = service_of()
    app = app_of(service, at_the_end=service.close)

    async def fail() -> None:
        async with app.router.lifespan_context(app):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(fail())
    with pytest.raises(Problem, match="shutting down"):
        service.quick_version(b"", "/predict")


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


def test_others_are_answered_while_a_page_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page of a version takes long, and its rendering is not what the event loop waits for."""
    is_rendering, is_answered = threading.Event(), threading.Event()
    waited = []

    def slow(*names: Any, **context: Any) -> CacheableDocument:
        is_rendering.set()
        waited.append(is_answered.wait(20.0))
        return document(*names, **context)

    monkeypatch.setattr(frame, "document", slow)

    with TestClient(create_app(service_of())) as client, ThreadPoolExecutor(1) as other:
        page = other.submit(client.get, "/", headers={"Accept": "text/html"})
        assert is_rendering.wait(20.0)
        assert client.get("/health/live").status_code == 200
        is_answered.set()
        assert page.result().status_code == 200
    assert waited == [True]
