"""What the Open Inference Protocol V2 says of the server and its models, at all doors alike."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.contract.conftest import OpenDoors
from tests.contract.v2 import CARS, infer, require
from tests.doors import Both, open_both
from tests.tensors import INFER
from twinserve.service.protocols.v2.dialect import V2
from twinserve.testing.fakes import CLASSES, service_of, signature


@pytest.fixture(scope="module")
def doors() -> Iterator[Both]:
    """All doors over the fake model of cars, which is named `tumor` on the shelf."""
    with open_both(service_of(dialects=[V2])) as both:
        yield both


@pytest.mark.parametrize(
    ("path", "schema", "expected"),
    [
        ("/v2", "metadata_server_response", {"name": "twinserve", "extensions": ["binary_tensor_data"]}),
        ("/v2/", "metadata_server_response", {"name": "twinserve"}),
        ("/v2/health/live", "object", {"live": True}),
        ("/v2/health/ready", "object", {"ready": True}),
        ("/v2/models", "object", {"models": ["tumor"]}),
        ("/v2/models/tumor", "metadata_model_response", {"name": "cars", "versions": ["7"]}),
        ("/v2/models/tumor/versions/7", "metadata_model_response", {"platform": "twinserve_compiled"}),
        ("/v2/models/tumor/ready", "object", {"name": "tumor", "ready": True}),
        ("/v2/models/tumor/versions/7/ready", "object", {"ready": True}),
    ],
)
def test_what_is_read_has_the_form_of_the_protocol(
    doors: Both, path: str, schema: str, expected: dict[str, Any]
) -> None:
    found = require(doors.send("GET", path), schema)
    assert {name: found[name] for name in expected} == expected
    head = doors.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")


def test_the_index_of_the_repository_tells_the_state_of_each_model(doors: Both) -> None:
    found = doors.send("POST", "/v2/repository/index").json()
    assert found == [{"name": "tumor", "version": "7", "state": "READY", "reason": ""}]


def test_the_metadata_have_an_input_for_each_field_and_every_output(doors: Both) -> None:
    found = doors.send("GET", "/v2/models/tumor").json()
    assert [tensor["name"] for tensor in found["inputs"]] == [feature.name for feature in signature().features]
    assert {tensor["datatype"] for tensor in found["inputs"]} == {"FP64", "INT64", "BOOL", "BYTES"}
    outputs = {tensor["name"]: tensor for tensor in found["outputs"]}
    assert outputs["probabilities"]["shape"] == [-1, 3]
    assert outputs["probabilities"]["parameters"]["classes"] == list(CLASSES)
    asked = infer(doors, CARS, outputs=[{"name": name} for name in outputs])
    assert list(asked) == list(outputs)  # All of them can be asked for, without parameters.


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/other/ready", 404),
        ("GET", "/v2/models/tumor/versions/8", 404),
        ("GET", "/v2/models/tumor/versions/07/ready", 404),
        ("POST", "/v2/models/other/infer", 404),
        ("POST", "/v2/models/tumor/versions/6/infer", 404),
        ("POST", "/v2/models/tumor", 405),
        ("GET", INFER, 405),
        ("DELETE", "/v2/health/live", 405),
    ],
)
def test_refusals_are_one_sentence(doors: Both, method: str, path: str, status: int) -> None:
    """In the protocol's own form, with the headers of any refusal."""
    answer = doors.send(method, path, b"{}" if method == "POST" else b"")
    require(answer, "inference_error_response", status)
    assert answer.headers["x-request-id"]
    assert ("allow" in answer.headers) == (status == HTTPStatus.METHOD_NOT_ALLOWED)


def test_a_service_that_drains_is_not_ready(open_doors: OpenDoors) -> None:
    service = service_of(dialects=[V2])
    both = open_doors(service)
    service.drain()
    for path in ("/v2/health/ready", "/v2/models/tumor/ready"):
        require(both.send("GET", path), "inference_error_response", 503)
    assert both.send("GET", "/v2/health/live").status == 200
