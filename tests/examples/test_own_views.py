"""The example apps that ask a model without HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import own_fastapi_operation, own_flask_view
from harness import ROOT
from tests.doors import Door, FastAPIDoor, FlaskDoor
from twinserve import open_model

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["flask", "fastapi"])
def app(request: pytest.FixtureRequest, artifacts: Path) -> Iterator[Door]:
    """Each of the apps."""
    if request.param == "flask":
        door: Door = FlaskDoor(own_flask_view.create_app(artifacts))
    else:
        host = own_fastapi_operation.create_app()
        host.dependency_overrides[own_fastapi_operation.model] = lambda: open_model(artifacts)
        door = FastAPIDoor(host)
    yield door
    door.close()


def test_the_app_answers_in_its_own_form(app: Door) -> None:
    body = (ROOT / "examples" / "tumor.json").read_bytes()
    answer = app.send("POST", "/triage", body, JSON)
    assert (answer.status, answer.json()) == (200, {"urgent": True, "version": "1"})


def test_the_app_tells_the_findings(app: Door) -> None:
    answer = app.send("POST", "/triage", json.dumps({"mean": {}, "error": {}, "worst": 1}).encode(), JSON)
    assert answer.status == 422
    errors = answer.json()["errors"]
    assert len(errors) == 21
    assert errors[-1] == {"pointer": "/worst", "code": "type", "detail": "Must be an object."}
