"""Pages of other origins: which may read the answers, and what they may send."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.credentials import write_keys
from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.http.routes import ROUTES, Route
from twinserve.testing.client import JSON
from twinserve.testing.contract.suite import example_path
from twinserve.testing.fakes import car, service_of

APP = "https://app.example"
OTHER = "https://other.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-api-key"}
SENT = (
    "Authorization, Content-Encoding, Content-Type, Inference-Header-Content-Length"
    ", Traceparent, X-API-Key, X-Request-Id"
)
"""Packed rows in bulk and binary tensors of V2 have a header of their own, as has a trace that begins in the page."""
READ = "Inference-Header-Content-Length, Retry-After, X-Prediction-Id, X-Request-Id"


@pytest.fixture
def doors(open_doors: OpenDoors) -> Both:
    """Both doors, for the pages of two origins."""
    return open_doors(service_of(cors_origins=f"http://localhost:5173,{APP}"))


def test_by_default_no_other_page_may_read(open_doors: OpenDoors) -> None:
    both = open_doors(service_of())
    for method, headers in (("POST", JSON), ("OPTIONS", ASKS)):
        answer = both.send(method, "/predict", b"{}" if method == "POST" else b"", {**headers, "Origin": APP})
        assert not [name for name, _ in answer.headers.pairs if name.startswith("access-control")]
        assert "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/predict", car(), 200),
        ("POST", "/predict", {}, 422),
        ("GET", "/model", None, 200),
        ("GET", "/nothing", None, 404),
        ("DELETE", "/predict", None, 405),
    ],
)
def test_a_page_of_a_named_origin_may_read_every_answer(
    doors: Both, method: str, path: str, body: object, status: int
) -> None:
    """Refusals, too: else the page could not tell what is wrong."""
    headers = {**(JSON if body is not None else {}), "Origin": APP}
    answer = doors.send(method, path, b"" if body is None else json.dumps(body).encode(), headers)
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Expose-Headers"] == READ
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER, "null", "http://app.example", f"{APP}:443", f"{APP}.evil.example", ""])
def test_no_other_origin_is_named(doors: Both, origin: str) -> None:
    for method, headers in (("POST", JSON), ("OPTIONS", ASKS)):
        body = json.dumps(car()).encode() if method == "POST" else b""
        answer = doors.send(method, "/predict", body, {**headers, "Origin": origin})
        assert answer.status == (200 if method == "POST" else 204)
        assert not [name for name, _ in answer.headers.pairs if name.startswith("access-control")]
        assert answer.headers["Vary"] == "Origin"


def test_an_answer_varies_also_without_an_origin(doors: Both) -> None:
    """Else a cache could give the answer to a page that may not read it, or the other way round."""
    assert doors.send("GET", "/model").headers["Vary"] == "Origin"


def test_an_answer_that_varies_otherwise_says_both(doors: Both) -> None:
    headers = doors.send("GET", "/docs").headers.pairs
    assert {value for name, value in headers if name == "vary"} == {"Origin", "Accept-Encoding"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_preflight_needs_no_credentials(open_doors: OpenDoors, tmp_path: Path, route: Route) -> None:
    """A browser sends none with it. The request that follows needs them, and its refusal can be read."""
    write_keys(tmp_path / "keys.json", alice="predict")
    both = open_doors(service_of(auth="keys", keys=tmp_path / "keys.json", cors_origins=APP))
    answer = both.send("OPTIONS", example_path(route), headers={**ASKS, "Origin": APP})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"] == route.allow
    assert answer.headers["Access-Control-Allow-Headers"] == SENT
    assert answer.headers["Access-Control-Max-Age"] == "600"
    refused = both.send("POST", "/predict", b"{}", {**JSON, "Origin": APP})
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, APP)


def test_options_that_is_no_preflight_is_as_without(doors: Both) -> None:
    answer = doors.send("OPTIONS", "/predict", headers={"Origin": APP})
    assert "Access-Control-Allow-Methods" not in answer.headers
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_any_origin(open_doors: OpenDoors) -> None:
    """With `*` every page may read, one without an origin of its own included."""
    both = open_doors(service_of(cors_origins="*"))
    for origin in (APP, "null"):
        assert both.send("GET", "/model", headers={"Origin": origin}).headers["Access-Control-Allow-Origin"] == "*"
    preflight = both.send("OPTIONS", "/predict", headers={**ASKS, "Origin": APP})
    assert preflight.headers["Access-Control-Allow-Methods"] == "OPTIONS, POST"
