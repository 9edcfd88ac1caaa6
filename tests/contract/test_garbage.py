"""What a request leaves behind: nothing that waits for the garbage collector, whose turn may come a long time later."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator

import flask
import pytest

import serve_flask
from tests.doors import DOORS, Door, FlaskDoor
from twinserve.service.exchange import Exchange
from twinserve.service.protocols.spoken import spoken
from twinserve.service.service import Service
from twinserve.testing.client import JSON
from twinserve.testing.fakes import PATIENCE, car, service_of, settings_of

CAR = json.dumps(car()).encode()
INSTANCES = json.dumps({"instances": [car()]}).encode()
LINES = {"Content-Type": "application/x-ndjson"}
REQUESTS = {
    "predict": ("POST", "/predict", CAR, JSON, 200),
    "by name": ("POST", "/models/cars/predict", CAR, JSON, 200),
    "KServe V1": ("POST", "/v1/models/cars:predict", INSTANCES, JSON, 200),
    "malformed": ("POST", "/models/cars/predict", b"{", JSON, 400),
    "MLflow": ("POST", "/invocations", json.dumps({"dataframe_records": [car()]}).encode(), JSON, 200),
    "V2": ("POST", "/v2/models/cars/infer", b"{}", JSON, 400),
    "bulk": ("POST", "/models/cars/predict", CAR + b"\n", LINES, 200),
    "read": ("GET", "/models/cars", b"", {}, 200),
    "nowhere": ("GET", "/nowhere", b"", {}, 404),
}


def flask_host(service: Service) -> Door:
    """Flask's own request and context, which the door's app does without."""
    app = flask.Flask(__name__)
    app.register_blueprint(serve_flask.blueprint(service, protocols=None))
    return FlaskDoor(app)


@pytest.fixture(params={**DOORS, "flask-host": flask_host}.items(), ids=lambda param: param[0])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """Each door."""
    make: Callable[[Service], Door] = request.param[1]
    known = settings_of(model="cars", protocols="v2,v1,mlflow")
    service = service_of(model="cars", dialects=spoken(known))
    made = make(service)
    yield made
    made.close()
    service.close()


def exchanges() -> int:
    """How many there are in this process: by their types, as `isinstance` asks Django's lazy objects what they are."""
    return sum(issubclass(type(one), Exchange) for one in gc.get_objects())


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_gone_when_it_has_been_answered(door: Door, name: str) -> None:
    """A cycle would hold its body until the garbage collector comes, which took a tenth of the Flask door's rate."""
    method, path, body, headers, status = REQUESTS[name]
    assert door.send(method, path, body, headers).status == status
    gc.collect()
    before = exchanges()
    gc.disable()
    try:
        for _ in range(5):
            door.send(method, path, body, headers)
        end = time.monotonic() + PATIENCE
        while exchanges() > before and time.monotonic() < end:
            time.sleep(0.01)  # A thread or a loop may be about to let go of the last.
        assert exchanges() <= before
    finally:
        gc.enable()
