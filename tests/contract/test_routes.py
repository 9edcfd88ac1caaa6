"""The table of routes: what each path takes, what it refuses, and how alike both doors are about it."""

from __future__ import annotations

import json

import pytest

from tests.doors import JSON, Both
from tests.fakes import car
from twinserve.service.http.routes import ROUTES, Route

by_path = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
READABLE = [route for route in ROUTES if "GET" in route.methods]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FOO", "M-SEARCH")


def test_the_table_is_the_contracts() -> None:
    """Exactly the paths that the contract names."""
    assert {route.path for route in ROUTES} == {
        "/predict",
        "/schema",
        "/openapi.json",
        "/docs",
        "/model",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/",
    }


@pytest.mark.parametrize(
    "route", [route for route in READABLE if route.name != "metrics"], ids=lambda route: route.path
)
def test_what_can_be_read_is_the_same_at_both_doors(both: Both, route: Route) -> None:
    """GET is 200 with the same bytes."""
    answer = both.send("GET", route.path)
    assert answer.status == 200
    assert answer.body
    assert answer.headers["Content-Length"] == str(len(answer.body))


@pytest.mark.parametrize(
    "route", [route for route in READABLE if route.name != "metrics"], ids=lambda route: route.path
)
def test_head_is_get_without_the_body(both: Both, route: Route) -> None:
    """HEAD has GET's status and headers, the length included."""
    got, headed = both.send("GET", route.path), both.send("HEAD", route.path)
    assert headed.comparable() == (got.status, got.comparable()[1], b"")


@by_path
def test_options_is_204_with_a_sorted_allow(both: Both, route: Route) -> None:
    """OPTIONS has no body, no type and no length."""
    answer = both.send("OPTIONS", route.path)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Allow"] == ("OPTIONS, POST" if route.name == "predict" else "GET, HEAD, OPTIONS")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    ("route", "method"),
    [(route, method) for route in ROUTES for method in METHODS if method not in route.methods],
    ids=lambda part: part.path if isinstance(part, Route) else part,
)
def test_any_other_method_is_405_with_allow(both: Both, route: Route, method: str) -> None:
    """Known or made up: 405 and what the path takes."""
    answer = both.send(method, route.path)
    assert answer.status == 405
    assert answer.headers["Allow"] == route.allow
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":method-not-allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/predict/",
        "/Predict",
        "/predict/x",
        "//predict",
        "/schema/",
        "/health",
        "/health/",
        "/health/live/",
        "/metrics/",
        "/docs/",
        "/nothing",
        "/static/x.js",
        "/favicon.ico",
        "/openapi.yaml",
        "/redoc",
        "/docs/oauth2-redirect",
        "/%00",
        "/%ff",
        "/pr%C3%A9dict",
        "/predict%2F",
        "/predict;a=b",
        "/predict%20",
        "/predict%0A",
        "/a/../predict%",
        "/" + "a" * 3000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "FOO"])
def test_every_other_path_is_404(both: Both, path: str, method: str) -> None:
    """Paths match exactly: no redirect, no trailing slash, whatever the method."""
    answer = both.send(method, path, b"{}" if method == "POST" else b"")
    assert answer.status == 404
    assert "Location" not in answer.headers
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":not-found")


def test_an_escaped_path_is_the_path(both: Both) -> None:
    """`/%70redict` is `/predict`, as URLs have it."""
    assert both.send("POST", "/%70redict", b"{", JSON).status == 400


def test_a_query_changes_nothing(both: Both) -> None:
    """No route reads a query."""
    assert both.send("GET", "/schema?a=1&a=2&%ff").body == both.send("GET", "/schema").body
    plain = both.predict(car())
    assert both.send("POST", "/predict?version=3", _bytes(), JSON).body == plain.body


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "", "\x7f"])
def test_accept_is_ignored(both: Both, accept: str) -> None:
    """A caller who accepts something else gets JSON all the same."""
    assert both.send("POST", "/predict", _bytes(), {**JSON, "Accept": accept}).status == 200
    assert both.send("GET", "/nothing", headers={"Accept": accept}).headers["Content-Type"].endswith("problem+json")


def test_a_body_on_a_get_is_ignored(both: Both) -> None:
    """GET reads no body, whatever it is."""
    assert both.send("GET", "/model", b"\xff" * 100).status == 200


def test_the_index_lists_every_path(both: Both) -> None:
    """Relative to the index itself, so that it holds under a prefix."""
    listed = {entry["path"]: entry["methods"] for entry in both.send("GET", "/").json()["paths"]}
    assert listed == {route.path.removeprefix("/") or ".": list(route.methods) for route in ROUTES}


def _bytes() -> bytes:
    return json.dumps(car()).encode()
