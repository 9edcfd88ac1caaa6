"""What the service says of itself: schema, OpenAPI, its page, the model, health."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import pytest

from twinserve.service.http.routes import ROUTES
from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fakes import CLASSES, service_of

FETCHING: Final = frozenset(
    {"src", "href", "srcset", "action", "data", "poster", "background", "formaction", "http-equiv"}
)


class Assets(HTMLParser):
    """Collects whatever a browser would fetch or follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Addresses in attributes."""
        self._in = tag
        self.found += [value or "" for name, value in attrs if name in FETCHING]

    def handle_endtag(self, tag: str) -> None:
        """Behind a style sheet."""
        del tag
        self._in = None

    def handle_data(self, data: str) -> None:
        """Addresses in style sheets."""
        if self._in == "style":
            self.found += re.findall(r"url\(\s*[\"']?([^\"')]*)", data) + re.findall(r"@import\s+(\S+)", data)


class DocumentsContract(Suite):
    """For any model."""

    def test_the_schema_is_json_schema_2020_12(self, served: Client) -> None:
        """By its own word."""
        answer = served.send("GET", "/schema")
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"

    def test_openapi_holds_exactly_the_table_of_routes(self, served: Client) -> None:
        """Every path and method, and nothing else."""
        document = served.send("GET", "/openapi.json").json()
        assert document["openapi"].startswith("3.1.")
        assert {path: sorted(operations) for path, operations in document["paths"].items()} == {
            route.path: sorted(method.lower() for method in route.methods) for route in ROUTES
        }

    def test_the_page_fetches_nothing_from_elsewhere(self, served: Client) -> None:
        """All assets are in the page, and its policy forbids the browser to ask anyone else."""
        answer = served.send("GET", "/docs")
        page = Assets()
        page.feed(answer.body.decode())
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert [address for address in page.found if not address.startswith(("data:", "#"))] == []
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe-eval" not in policy

    def test_health_names_the_model_that_is_described(self, served: Client) -> None:
        """Alive is just alive; ready names the model and its version."""
        model = served.send("GET", "/model").json()
        assert served.send("GET", "/health/live").json() == {"status": "alive"}
        assert served.send("GET", "/health/ready").json() == {
            "status": "ready",
            "model": model["name"],
            "version": model["version"],
        }

    def test_metrics_are_prometheus_text(self, served: Client) -> None:
        """Each request is counted by its route, its method and its status."""
        served.send("GET", "/model")
        answer = served.send("GET", "/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert b'twinserve_requests_total{method="GET",route="model",status="200"}' in answer.body


class CarsDocumentsContract(OpenedSuite):
    """For the model of cars."""

    def test_the_schema_tells_what_is_declared_and_what_training_saw(self, served: Client) -> None:
        """Bounds for what is declared, annotations for what was seen, units and descriptions for people."""
        fields = served.send("GET", "/schema").json()["properties"]
        assert fields["engine"]["properties"]["power"] == {
            "type": "number",
            "minimum": 0,
            "maximum": 2000,
            "description": "At the shaft.",
            "x-unit": "kW",
            "x-seen-range": [40, 400],
        }
        assert fields["engine"]["description"] == "What drives it."
        assert fields["colour"]["enum"] == ["red", "green", "blue"]
        assert fields["fuel"]["type"] == ["string", "null"]
        assert fields["city"]["x-seen-categories"] == ["Berlin", "Oslo"]

    def test_under_reject_what_training_saw_is_a_rule(self, serve: Serve) -> None:
        """Bounds and enumerations, as the service enforces them."""
        fields = serve(service_of(out_of_range="reject")).send("GET", "/schema").json()["properties"]
        power = fields["engine"]["properties"]["power"]
        assert (power["minimum"], power["maximum"]) == (40, 400)
        assert (fields["colour"]["enum"], fields["city"]["enum"]) == (["red", "blue"], ["Berlin", "Oslo", None])

    def test_the_model_is_described(self, served: Client) -> None:
        """Name, version, task, classes, predictor, metrics and training facts."""
        model = served.send("GET", "/model").json()
        assert model["name"] == "cars"
        assert model["version"] == "7"
        assert model["classes"] == list(CLASSES)
        assert model["predictor"] == {"kind": "compiled", "reason": "Made by hand."}
        assert model["metrics"] == {"accuracy": 0.75}
        assert model["training"]["rows"] == 10

    @pytest.mark.parametrize("path", ["/schema", "/model", "/health/live", "/health/ready", "/openapi.json", "/"])
    def test_documents_hold_nothing_of_the_moment(self, serve: Serve, path: str) -> None:
        """Two services of the same model say the same, byte for byte."""
        first, second = serve(service_of()), serve(service_of())
        assert first.send("GET", path).body == second.send("GET", path).body == first.send("GET", path).body
