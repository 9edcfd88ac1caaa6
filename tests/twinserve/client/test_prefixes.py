"""Our paths in somebody's own app, below any prefix."""

from __future__ import annotations

from typing import Any

import flask
import httpx2
import pytest
from fastapi import FastAPI

import serve_fastapi
import serve_flask
from tests.doors import as_on_a_server
from tests.twinserve.client.conftest import Blocking, Open
from tests.twinserve.client.test_client import PEAR, orchard
from twinserve.client import InvalidInput, UnexpectedAnswer
from twinserve.service.service import Service

PREFIX = "/team/ml"


@pytest.fixture
def mounted(kind: str, opened: Open, service: Service) -> Any:
    """A function that opens a client of a host app, at an address below its root."""
    app: Any
    if kind == "sync":
        app = flask.Flask("host")
        app.register_blueprint(serve_flask.blueprint(service), url_prefix=PREFIX)
        transport: Any = httpx2.WSGITransport(app=as_on_a_server(app))
    else:
        app = FastAPI()
        app.include_router(serve_fastapi.router(service), prefix=PREFIX)
        transport = httpx2.ASGITransport(app=app)

    def make(path: str, **options: Any) -> Blocking:
        return opened(f"http://testserver{path}", transport=transport, **options)

    return make


def test_every_question_goes_below_the_prefix(mounted: Any) -> None:
    for path in (PREFIX, f"{PREFIX}/"):
        client = mounted(path)
        assert client.predict(PEAR)["label"] == "apple"
        assert len(client.predict(orchard(120))) == 120
        assert (client.model()["name"], client.ready(), len(client.models())) == ("fruit", True, 2)
        assert list(mounted(path, model="price").predict(orchard(3)).columns) == ["value", "warnings"]
        with pytest.raises(InvalidInput):
            client.predict({})


def test_elsewhere_the_host_answers(mounted: Any) -> None:
    """With a page of its own, which is no answer of a service."""
    with pytest.raises(UnexpectedAnswer, match="404"):
        mounted("").predict(PEAR)
    assert mounted("").ready() is False
