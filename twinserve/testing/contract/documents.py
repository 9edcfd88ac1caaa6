"""The documents: schema, OpenAPI, documentation page, model, health and metrics."""

from __future__ import annotations

import gzip
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


LINKS: Final = ("./", "card", "live")
"""What the page links, which nobody fetches for it."""


class Assets(HTMLParser):
    """Collects every address that a browser would fetch or follow."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses in attributes."""
        self._in = tag
        self.addresses += [value or "" for name, value in attrs if name in FETCHING]

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        del tag
        self._in = None

    def handle_data(self, data: str) -> None:
        """Collect the addresses in style sheets."""
        if self._in == "style":
            self.addresses += re.findall(r"url\(\s*[\"']?([^\"')]*)", data) + re.findall(r"@import\s+(\S+)", data)


class DocumentsContract(Suite):
    """The documents of any model."""

    def test_the_schema_declares_json_schema_2020_12(self, served: Client) -> None:
        """`/schema` is `application/schema+json` and its `$schema` is JSON Schema 2020-12."""
        answer = served.send("GET", "/schema")
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"

    def test_openapi_holds_exactly_the_table_of_routes(self, served: Client) -> None:
        """`/openapi.json` lists every path and method of the route table, but for HEAD, and no other."""
        document = served.send("GET", "/openapi.json").json()
        assert document["openapi"].startswith("3.1.")
        described = {(path, method) for path, operations in document["paths"].items() for method in operations}
        assert described == {
            (route.path, method.lower()) for route in ROUTES for method in route.methods if method != "HEAD"
        }

    def test_the_page_fetches_nothing_from_elsewhere(self, served: Client) -> None:
        """All assets of `/docs` are in the page; its Content-Security-Policy forbids requests to other hosts."""
        answer = served.send("GET", "/docs")
        page = Assets()
        page.feed(answer.body.decode())
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert [address for address in page.addresses if not address.startswith(("data:", "#", *LINKS))] == []
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe-eval" not in policy

    def test_the_page_is_sent_compressed_and_only_once(self, served: Client) -> None:
        """`/docs` is compressed for a caller that takes gzip, and 304 for one that has it already, either way."""
        whole = served.send("GET", "/docs")
        small = served.send("GET", "/docs", headers={"Accept-Encoding": "br, gzip"})
        # A client library may have unpacked it.
        assert small.body == whole.body or gzip.decompress(small.body) == whole.body
        assert small.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in whole.headers
        assert small.headers["ETag"] != whole.headers["ETag"]
        for encoding, answer in (("identity", whole), ("br, gzip", small)):
            assert answer.headers["Vary"] == "Accept-Encoding"
            asked = {"Accept-Encoding": encoding, "If-None-Match": answer.headers["ETag"]}
            again = served.send("GET", "/docs", headers=asked)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])

    @pytest.mark.parametrize(
        ("other", "path"), [("/healthz", "/health/live"), ("/livez", "/health/live"), ("/readyz", "/health/ready")]
    )
    def test_health_has_the_names_that_platforms_ask(self, served: Client, other: str, path: str) -> None:
        """The same answer under either name."""
        assert served.send("GET", other).comparable() == served.send("GET", path).comparable()

    def test_health_names_the_model_that_is_described(self, served: Client) -> None:
        """`/health/live` is constant; `/health/ready` has the name and version that `/model` has."""
        model = served.send("GET", "/model").json()
        assert served.send("GET", "/health/live").json() == {"status": "alive"}
        assert served.send("GET", "/health/ready").json() == {
            "status": "ready",
            "model": model["name"],
            "version": model["version"],
        }

    def test_the_examples_of_the_documents_are_predicted_without_warnings(self, served: Client) -> None:
        """Each example of `/schema` is an example of a request in `/openapi.json`, and is valid and usual."""
        shown = served.send("GET", "/schema").json()["examples"]
        paths = served.send("GET", "/openapi.json").json()["paths"]
        for path in ("/predict", "/explain"):
            named = paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"]
            assert [example["value"] for example in named.values()] == shown
        assert 1 <= len(shown) <= 21
        for instance in shown:
            answer = served.predict(instance)
            assert (answer.status, answer.json()["warnings"]) == (200, [])

    def test_metrics_are_prometheus_text(self, served: Client) -> None:
        """`/metrics` is Prometheus text and counts each request by route, method and status."""
        served.send("GET", "/model")
        answer = served.send("GET", "/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert b'twinserve_requests_total{method="GET",route="model",status="200"}' in answer.body


class CarsDocumentsContract(OpenedSuite):
    """The documents of the model of cars."""

    def test_the_schema_has_declared_bounds_and_seen_ranges(self, served: Client) -> None:
        """Declared bounds are keywords; ranges and categories of the training data are annotations."""
        fields = served.send("GET", "/schema").json()["properties"]
        assert fields["engine"]["properties"]["power"] == {
            "type": "number",
            "minimum": 0,
            "maximum": 2000,
            "description": "At the shaft. Unit: kW. Training saw 40 to 400.",
            "x-unit": "kW",
            "x-seen-range": [40, 400],
        }
        assert fields["engine"]["description"] == "What drives it."
        assert fields["colour"]["enum"] == ["red", "green", "blue"]
        assert fields["fuel"]["type"] == ["string", "null"]
        assert fields["city"]["x-seen-categories"] == ["Berlin", "Oslo"]

    def test_under_reject_the_seen_ranges_are_bounds(self, serve: Serve) -> None:
        """With `out_of_range=reject`, seen ranges are bounds in the schema and seen categories are enumerations."""
        fields = serve(service_of(out_of_range="reject")).send("GET", "/schema").json()["properties"]
        power = fields["engine"]["properties"]["power"]
        assert (power["minimum"], power["maximum"]) == (40, 400)
        assert (fields["colour"]["enum"], fields["city"]["enum"]) == (["red", "blue"], ["Berlin", "Oslo", None])

    def test_the_model_document_has_its_members(self, served: Client) -> None:
        """`/model` has name, version, classes, predictor, metrics and training facts."""
        model = served.send("GET", "/model").json()
        assert model["name"] == "cars"
        assert model["version"] == "7"
        assert model["classes"] == list(CLASSES)
        assert model["predictor"] == {"kind": "compiled", "reason": "Made by hand."}
        assert model["metrics"] == {"accuracy": 0.75}
        assert model["training"]["rows"] == 10

    @pytest.mark.parametrize("path", ["/schema", "/model", "/health/live", "/health/ready", "/openapi.json", "/"])
    def test_documents_depend_on_the_model_alone(self, serve: Serve, path: str) -> None:
        """Two services of the same model send the same documents, byte for byte."""
        first, second = serve(service_of()), serve(service_of())
        assert first.send("GET", path).body == second.send("GET", path).body == first.send("GET", path).body
