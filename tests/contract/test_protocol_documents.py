"""The OpenAPI documents of other protocols: valid, of what is spoken alone, and found from our own.

All doors are held to these documents by `tests/documented.py` wherever a test asks them in a protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from openapi_spec_validator import validate

from harness.credentials import write_keys
from tests.contract.conftest import OpenDoors
from tests.documented import Documented
from tests.doors import Both, open_both
from tests.tensors import INFER, inputs_of
from twinserve.bulk.forms import READ
from twinserve.service.protocols.instances.mlflow import MLFLOW
from twinserve.service.protocols.instances.sagemaker import SAGEMAKER
from twinserve.service.protocols.instances.vertex import vertex
from twinserve.service.protocols.spoken import spoken
from twinserve.service.protocols.v2.dialect import V2
from twinserve.service.service import Service
from twinserve.testing.answer import Answer, Headers
from twinserve.testing.client import JSON
from twinserve.testing.fakes import car, service_of, settings_of

INSTANCES = {"instances": [car()]}
ASKED: list[tuple[str, str, Any]] = [
    ("GET", "/v2", None),
    ("GET", "/v2/", None),
    ("GET", "/v2/health/live", None),
    ("GET", "/v2/health/ready", None),
    ("GET", "/v2/models", None),
    ("POST", "/v2/repository/index", None),
    ("GET", "/v2/models/tumor", None),
    ("GET", "/v2/models/tumor/versions/7", None),
    ("GET", "/v2/models/tumor/ready", None),
    ("GET", "/v2/models/tumor/versions/7/ready", None),
    ("POST", INFER, {"inputs": inputs_of([car()])}),
    ("POST", "/v2/models/tumor/versions/7/infer", {"inputs": inputs_of([car()])}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/tumor", None),
    ("POST", "/v1/models/tumor:predict", INSTANCES),
    ("POST", "/v1/models/tumor:explain", INSTANCES),
    ("GET", "/ping", None),
    ("GET", "/health", None),
    ("GET", "/version", None),
    ("POST", "/invocations", INSTANCES | {"params": {"details": True}}),
    ("GET", "/vertex/health", None),
    ("POST", "/vertex/predict", INSTANCES),
]
NAMES = ("v2", "v1", "mlflow", "sagemaker", "vertex")


def speaking(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Service:
    """A service of all protocols."""
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "/vertex/health")
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/vertex/predict")
    return service_of(dialects=spoken(settings_of()), **settings)


def document_of(both: Both, name: str) -> Any:
    """The document of a protocol."""
    answer = both.send("GET", f"/openapi/{name}.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    return answer.json()


@pytest.mark.parametrize("auth", ["none", "keys", "oauth"])
def test_each_document_is_valid_and_says_what_tools_look_for(
    open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch, auth: str, tmp_path: Path
) -> None:
    """Open or not, with and without rates."""
    issuer = {"issuer": "https://issuer.example"} if auth == "oauth" else {}
    keys = {"keys": tmp_path / "keys.json"} if auth == "keys" else {}
    for file in keys.values():
        write_keys(file, reader="read")
    service = speaking(monkeypatch, auth=auth, rate=None if auth == "none" else 1000, public="docs", **issuer, **keys)
    both = open_doors(service)
    for name in NAMES:
        document = document_of(both, name)
        validate(document)
        operations = [operation for path in document["paths"].values() for operation in path.values()]
        assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
        assert {operation["tags"][0] for operation in operations} == {tag["name"] for tag in document["tags"]}
        assert ("security" in document) == (auth == "none")
        asked = {operation["operationId"] for operation in operations if operation.get("security")}
        refused = {operation["operationId"] for operation in operations if "401" in operation["responses"]}
        assert asked == refused
        assert bool(asked) == (auth != "none")


def test_each_operation_is_described_and_answers_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """All paths and methods of the protocols but HEAD; the doors check the answers by these documents."""
    service = speaking(monkeypatch)
    with open_both(service) as both:
        documented, seen = Documented(service), set()
        for method, path, value in ASKED:
            body, headers = (b"", {}) if value is None else (json.dumps(value).encode(), JSON)
            answer = both.send(method, path, body, headers)
            assert answer.status == 200
            assert documented.require(method, path, body, headers, answer)
            seen.add((method, path.replace("tumor", "{name}").replace("versions/7", "versions/{version}")))
        described = {
            (method.upper(), path)
            for name in NAMES
            for path, operations in document_of(both, name)["paths"].items()
            for method in operations
        }
        assert described == seen
        routes = {(route.methods[0], route.path) for dialect in spoken(settings_of()) for route in dialect.routes}
        assert routes - seen == {("GET", f"/openapi/{name}.json") for name in NAMES}


@pytest.mark.parametrize(
    ("status", "body"), [(200, b'{"model_name":"a","outputs":[]}'), (200, b"[]"), (418, b"{}"), (422, b'{"detail":""}')]
)
def test_an_answer_that_is_not_as_documented_is_found(status: int, body: bytes) -> None:
    """So that the check can fail."""
    service = service_of(dialects=[V2])
    headers = {"Content-Type": "application/json", "X-Request-Id": "a", "Server-Timing": "app;dur=1"}
    with pytest.raises((AssertionError, ValidationError)):
        Documented(service).require("POST", INFER, b"", {}, Answer(status, Headers(headers.items()), body))
    service.close()


def test_our_own_document_has_one_form_of_each_body(open_doors: OpenDoors) -> None:
    """Generators of clients skip a path, or lose its types, where there are several."""
    paths = open_doors(service_of()).send("GET", "/openapi.json").json()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    answers = [operation["responses"]["200"] for operation in operations if "text/css" not in str(operation)]
    assert {len(one["content"]) for one in (*bodies, *answers)} == {1}
    assert "pass" not in {one["name"] for operation in operations for one in operation.get("parameters", ())}


def test_the_document_of_bulk_has_every_form(open_doors: OpenDoors) -> None:
    document = open_doors(service_of()).send("GET", "/openapi/bulk.json").json()
    validate(document)
    predict = document["paths"]["/predict"]["post"]
    forms = {JSON["Content-Type"], *READ}
    assert predict["requestBody"]["content"].keys() == predict["responses"]["200"]["content"].keys() == forms
    assert [one["name"] for one in predict["parameters"]] == ["coverage", "pass"]
    assert document["paths"].keys() == {"/predict", "/models/{name}/predict"}


def test_our_own_document_links_those_of_the_protocols_that_are_spoken(
    open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only those; so does the index."""
    none, two = open_doors(service_of()), open_doors(service_of(dialects=[V2, MLFLOW]))
    assert "bulk.json)." in none.send("GET", "/openapi.json").json()["info"]["description"]
    assert (
        two.send("GET", "/openapi.json")
        .json()["info"]["description"]
        .endswith(
            "Requests in bulk and other protocols have documents of their own: "
            "[openapi/bulk.json](openapi/bulk.json), [openapi/v2.json](openapi/v2.json), "
            "[openapi/mlflow.json](openapi/mlflow.json)."
        )
    )
    assert two.send("GET", "/openapi/v1.json").status == 404
    listed = [entry["path"] for entry in two.send("GET", "/").json()["paths"]]
    assert [path for path in listed if path.startswith("openapi/")] == [
        "openapi/bulk.json",
        *("openapi/v2.json", "openapi/mlflow.json"),
    ]
    monkeypatch.delenv("AIP_PREDICT_ROUTE", raising=False)
    assert not vertex().routes


def test_two_that_speak_alike_are_each_described(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(dialects=[MLFLOW, SAGEMAKER]))
    assert document_of(both, "sagemaker")["paths"].keys() == {"/ping", "/invocations"}
    both = open_doors(service_of(dialects=[SAGEMAKER, MLFLOW]))
    assert document_of(both, "mlflow")["paths"].keys() == {"/ping", "/health", "/version", "/invocations"}


def test_a_path_that_a_platform_takes_over_is_its_own_in_every_document(
    open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "/ping")
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/predict")
    both = open_doors(service_of(dialects=[MLFLOW, vertex()]))
    assert document_of(both, "vertex")["paths"].keys() == {"/ping", "/predict"}
    assert "/ping" not in document_of(both, "mlflow")["paths"]
    assert "/predict" not in both.send("GET", "/openapi.json").json()["paths"]
    assert both.send("POST", "/predict", json.dumps(INSTANCES).encode(), JSON).json()["predictions"]


def test_parquet_is_described_where_pyarrow_is(open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch) -> None:
    both = open_doors(service_of(dialects=[MLFLOW]))
    taken = document_of(both, "mlflow")["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert set(taken) == {"application/json", "text/csv", "application/vnd.apache.parquet"}
    monkeypatch.setattr("twinserve.service.protocols.instances.document.has_pyarrow", lambda: False)
    taken = document_of(both, "mlflow")["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert set(taken) == {"application/json", "text/csv"}
