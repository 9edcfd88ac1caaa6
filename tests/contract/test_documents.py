"""What the service says of itself: schema, OpenAPI, its page, the model, metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.conftest import OpenDoors
from tests.doors import DOORS, Both, Door
from twinserve.testing.client import JSON
from twinserve.testing.contract.spellings import REFUSED, TAKEN
from twinserve.testing.fakes import ValuePredictor, car, opened, service_of


def test_the_schema_is_json_schema_2020_12(both: Both) -> None:
    """By its own word and by the validator's."""
    answer = both.send("GET", "/schema")
    schema = answer.json()
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("policy", ["warn", "reject"])
def test_openapi_is_valid(open_doors: OpenDoors, policy: str) -> None:
    """OpenAPI 3.1, for a classification and for a regression."""
    for version in (opened(ValuePredictor(), classes=None), None):
        document = open_doors(service_of(version, out_of_range=policy)).send("GET", "/openapi.json").json()
        assert document["openapi"].startswith("3.1.")
        validate(document)


def test_openapi_describes_what_is_answered(both: Both) -> None:
    """The schemas of replies and problems hold for real ones; each status that a prediction met is listed."""
    document = both.send("GET", "/openapi.json").json()
    listed = document["paths"]["/predict"]["post"]["responses"]
    bodies: list[object] = [car(), [car(), car(age=99)], {}, [], 5]
    for body in bodies:
        answer = both.predict(body)
        media_type = answer.headers["Content-Type"]
        schema = listed[str(int(answer.status))]["content"][media_type]["schema"]
        assert is_valid(answer.json(), schema, document)


@pytest.mark.parametrize(
    "path", ["/model", "/models", "/models/tumor", "/", "/health/live", "/health/ready", "/schema", "/livez", "/readyz"]
)
def test_openapi_describes_what_is_read(both: Both, path: str) -> None:
    """With all members: a generated client has types for them."""
    document = both.send("GET", "/openapi.json").json()
    template = "/models/{name}" if path.startswith("/models/") else path
    content = document["paths"][template]["get"]["responses"]["200"]["content"]
    answer = both.send("GET", path)
    schema = content[answer.headers["Content-Type"]]["schema"]
    assert is_valid(answer.json(), schema, document)
    assert not is_valid([], schema, document)
    assert path == "/schema" or not is_valid({}, schema, document)


def test_openapi_says_what_tools_look_for(both: Both) -> None:
    """A licence, tags, ids for operations, and that nothing is asked where nothing is."""
    document = both.send("GET", "/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert document["security"] == []
    assert {tag for operation in operations for tag in operation["tags"]} <= {tag["name"] for tag in document["tags"]}
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_openapi_takes_the_instances_that_the_service_takes(both: Both) -> None:
    """One or a batch, and no empty batch."""
    document = both.send("GET", "/openapi.json").json()
    schema = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    bodies: list[object] = [car(), [car()], [car(), car()], {}, [], [{}], 5, None, car(age="x")]
    for body in bodies:
        assert is_valid(body, schema, document) == (both.predict(body).status == 200)


@pytest.mark.parametrize("instance", [instance for instance, _ in [*TAKEN, *REFUSED]])
def test_the_schema_takes_the_spellings_that_the_service_takes(both: Both, instance: dict[str, Any]) -> None:
    """Flat names and columns left out; the OpenAPI document, of which programs make clients, has nested ones only."""
    taken = both.predict(instance).status == 200
    assert Draft202012Validator(both.send("GET", "/schema").json()).is_valid(instance) == taken


def is_valid(instance: object, schema: dict[str, Any], document: dict[str, Any]) -> bool:
    """Does a value fit a schema whose references point into a document?"""
    return bool(Draft202012Validator({**schema, "components": document["components"]}).is_valid(instance))


@pytest.mark.parametrize("name", DOORS)
def test_metrics_count_requests(name: str) -> None:
    """By route, method and status; odd methods and paths get no label of their own."""
    service = service_of()
    door = DOORS[name](service)
    door.send("POST", "/predict", json.dumps([car(), car(age=99, city="x")]).encode(), JSON)
    door.send("POST", "/predict", b"{", JSON)
    door.send("GET", "/model")
    door.send("HEAD", "/model")
    door.send("OPTIONS", "/model")
    door.send("FOO", "/model")
    door.send("BAR", "/model")
    door.send("GET", "/no/1")
    door.send("GET", "/no/2")
    figures = samples(door)
    door.close()
    service.close()
    assert {key: value for key, value in figures.items() if key[0] == "twinserve_requests_total"} == {
        ("twinserve_requests_total", "predict", "POST", "200"): 1,
        ("twinserve_requests_total", "predict", "POST", "400"): 1,
        ("twinserve_requests_total", "model", "GET", "200"): 1,
        ("twinserve_requests_total", "model", "HEAD", "200"): 1,
        ("twinserve_requests_total", "model", "OPTIONS", "204"): 1,
        ("twinserve_requests_total", "model", "OTHER", "405"): 2,
        ("twinserve_requests_total", "unknown", "GET", "404"): 2,
    }
    assert figures["twinserve_predictions_total", "cars", "7"] == 2
    assert figures["twinserve_warnings_total", "cars", "/age", "out-of-range"] == 1
    assert figures["twinserve_warnings_total", "cars", "/city", "unseen-category"] == 1
    kinds = {"malformed-json": 1, "method-not-allowed": 2, "not-found": 2}
    assert {kind: figures["twinserve_problems_total", kind] for kind in kinds} == kinds
    assert figures["twinserve_request_seconds_count", "model"] == 5
    assert figures["twinserve_faults_total",] == 0


def samples(door: Door) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, in the order in which the service declares the labels."""
    answer = door.send("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    order = ("model", "version", "route", "method", "status", "pointer", "code", "kind", "le")
    values = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            values[sample.name, *(sample.labels[label] for label in order if label in sample.labels)] = sample.value
    return values
