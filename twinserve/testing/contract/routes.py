"""The table of routes: what each path takes and what it refuses."""

from __future__ import annotations

from typing import Any, Final

import pytest

from twinserve.service.http.routes import ROUTES, Route
from twinserve.testing.client import JSON, Client
from twinserve.testing.contract.suite import OpenedSuite, Suite

READABLE: Final = [route for route in ROUTES if "GET" in route.methods]
STEADY: Final = [route for route in READABLE if route.name != "metrics"]
"""Those whose answer does not change with each request."""
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FOO", "M-SEARCH")
each_steady = pytest.mark.parametrize("route", STEADY, ids=lambda route: route.path)


class RoutesContract(Suite):
    """Every path of the table, with every method."""

    @each_steady
    def test_what_can_be_read_is_200(self, served: Client, route: Route) -> None:
        """GET, with a body and its length."""
        answer = served.send("GET", route.path)
        assert answer.status == 200
        assert answer.body
        assert answer.headers["Content-Length"] == str(len(answer.body))

    @each_steady
    def test_head_is_get_without_the_body(self, served: Client, route: Route) -> None:
        """HEAD has GET's status and headers, the length included."""
        got, headed = served.send("GET", route.path), served.send("HEAD", route.path)
        assert headed.comparable() == (got.status, got.comparable()[1], b"")

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
    def test_options_is_204_with_a_sorted_allow(self, served: Client, route: Route) -> None:
        """OPTIONS has no body, no type and no length."""
        answer = served.send("OPTIONS", route.path)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["Allow"] == ("OPTIONS, POST" if route.name == "predict" else "GET, HEAD, OPTIONS")
        assert "Content-Type" not in answer.headers

    @pytest.mark.parametrize(
        ("route", "method"),
        [(route, method) for route in ROUTES for method in METHODS if method not in route.methods],
        ids=lambda part: part.path if isinstance(part, Route) else part,
    )
    def test_any_other_method_is_405_with_allow(self, served: Client, route: Route, method: str) -> None:
        """Known or made up: 405 and what the path takes."""
        answer = served.send(method, route.path)
        assert answer.status == 405
        assert answer.headers["Allow"] == route.allow
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":method-not-allowed")

    def test_an_escaped_path_is_the_path(self, served: Client) -> None:
        """`/%70redict` is `/predict`, as URLs have it."""
        assert served.send("POST", "/%70redict", b"{", JSON).status == 400

    def test_a_query_changes_nothing(self, served: Client, instance: Any) -> None:
        """No route reads a query."""
        assert served.send("GET", "/schema?a=1&a=2&%ff").body == served.send("GET", "/schema").body
        body = served.predict(instance).body
        assert served.predict(instance, path="/predict?version=3").body == body

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "", "\x7f"])
    def test_accept_is_ignored(self, served: Client, instance: Any, accept: str) -> None:
        """A caller who accepts something else gets JSON all the same."""
        assert served.predict(instance, {**JSON, "Accept": accept}).status == 200
        refused = served.send("PUT", "/model", headers={"Accept": accept})
        assert refused.headers["Content-Type"] == "application/problem+json"

    def test_a_body_on_a_get_is_ignored(self, served: Client) -> None:
        """GET reads no body, whatever it is."""
        assert served.send("GET", "/model", b"\xff" * 100).status == 200

    def test_the_index_lists_every_path(self, served: Client) -> None:
        """Relative to the index itself, so that it holds under a prefix."""
        listed = {entry["path"]: entry["methods"] for entry in served.send("GET", "/").json()["paths"]}
        assert listed == {route.path.removeprefix("/") or ".": list(route.methods) for route in ROUTES}


class OtherPathsContract(OpenedSuite):
    """What a whole door says of the paths that are not in the table; in somebody's app they are that app's."""

    @pytest.mark.parametrize(
        "path",
        [
            *("/predict/", "/Predict", "/predict/x", "//predict", "/schema/", "/health", "/health/", "/health/live/"),
            *("/metrics/", "/docs/", "/nothing", "/static/x.js", "/favicon.ico", "/openapi.yaml", "/redoc"),
            *("/docs/oauth2-redirect", "/%00", "/%ff", "/pr%C3%A9dict", "/predict%2F", "/predict;a=b", "/predict%20"),
            *("/predict%0A", "/a/../predict%", "/" + "a" * 3000),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "FOO"])
    def test_every_other_path_is_404(self, served: Client, path: str, method: str) -> None:
        """Paths match exactly: no redirect, no trailing slash, whatever the method."""
        answer = served.send(method, path, b"{}" if method == "POST" else b"")
        assert answer.status == 404
        assert "Location" not in answer.headers
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":not-found")

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "", "\x7f"])
    def test_such_a_path_is_a_problem_whatever_is_accepted(self, served: Client, accept: str) -> None:
        """A browser, too, gets JSON."""
        answer = served.send("GET", "/nothing", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/problem+json"
